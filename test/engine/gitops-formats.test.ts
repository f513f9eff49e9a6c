import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { Ajv, type Schema } from "ajv";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { pluginHost } from "../../scripts/engine/hosts";
import { createReporter } from "../../scripts/pulumi/progress";
import { countSteps, repositoryRoot } from "../support/engine";
import { engineCli } from "../support/engine-cli";
import { exampleFolder } from "../support/gitops/repository";
import { useHarness } from "../support/harness";
import { missingPython, pythonWithCiSchemas } from "../support/python";

const read = (...path: string[]) => readFileSync(join(exampleFolder, ...path), "utf8");
const documentsIn = (name: string) =>
  parseAllDocuments(read("kubernetes", name)).map((document) => document.toJS() as { kind: string } & object);

const workflowsOf = (folder: string) => join(folder, ".github", "workflows");

describe("the files of templates/onvera-gitops, and our own workflows, against the published schemas", () => {
  let schemas = "";

  before(async function () {
    this.timeout(30 * 60_000);
    const lacking = await missingPython();
    if (lacking !== undefined) {
      process.stderr.write(`    not run: ${lacking}\n`);
      this.skip();
    }
    const python = await pythonWithCiSchemas(createReporter({ stream: process.stderr }));
    schemas = join(await python.sitePackages(), "check_jsonschema", "builtin_schemas", "vendor");
  });

  it("include the manifest's schema, which Python's jsonschema applies like our validator", async () => {
    const python = await pythonWithCiSchemas(createReporter({ stream: process.stderr }));
    const checker = `
import json, sys, jsonschema
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
print(json.dumps([validator.is_valid(each) for each in json.loads(sys.argv[2])]))`;
    const withKey = (key: string, more: object = {}) => ({ deployments: { [key]: { appType: "airflow", ...more } } });
    const documents = [
      ...[withKey("etl", { timeouts: { create: "1h30m" } }), withKey("k".repeat(247))],
      ...[withKey("k".repeat(248)), withKey("a::b"), withKey("a\u0085b"), withKey("a\n"), withKey("")],
      withKey("etl", { timeouts: { create: "0s" } }),
    ];
    const schema = join(repositoryRoot, "sdk", "manifest", "deployments.schema.json");
    const args = ["-c", checker, schema, JSON.stringify(documents)];
    const { stdout } = await promisify(execFile)(join(python.bin, "python"), args);
    expect(JSON.parse(stdout)).to.deep.equal(documents.map((_, index) => index < 2));
  });

  it("match the schema of GitHub workflows, which rejects a wrong key", () => {
    const mistakesIn = validatorOf(readJson(join(schemas, "github-workflows.json")));
    const files = [exampleFolder, repositoryRoot].flatMap((folder) =>
      readdirSync(workflowsOf(folder)).map((name) => join(workflowsOf(folder), name)),
    );
    expect(files).to.have.length(7);
    for (const name of files) {
      const text = readFileSync(name, "utf8");
      expect(mistakesIn(parse(text)), name).to.equal("");
      expect(mistakesIn(parse(text.replace("runs-on:", "run-on:"))), name).to.not.equal("");
    }
  });

  it("match the schema of GitLab pipelines, which rejects a wrong key", () => {
    const mistakesIn = validatorOf(readJson(join(schemas, "gitlab-ci.json")));
    const text = read(".gitlab-ci.yml");
    expect(mistakesIn(parse(text))).to.equal("");
    expect(mistakesIn(parse(text.replace("after_script:", "afterscript:")))).to.not.equal("");
  });
});

/** Folders with the definitions of the operator (deploy/crds) and of KEDA (config/crd/bases), as on PATH. */
const definitionFolders = (process.env["KUBERNETES_CRDS"] ?? "").split(delimiter).filter((folder) => folder !== "");

describe("the custom resources for Kubernetes, in templates/onvera-gitops and examples/fleet", () => {
  it("match the definitions of the Pulumi Kubernetes Operator and of KEDA, if KUBERNETES_CRDS names folders with them", function () {
    if (definitionFolders.length === 0) {
      process.stderr.write("    not run: KUBERNETES_CRDS names no folder; the CI workflow fetches the definitions\n");
      this.skip();
    }
    const definitions = definitionFolders
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((file) => /\.ya?ml$/.test(file))
      .flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")).map((each) => each.toJS()))
      .filter((definition): definition is CustomResourceDefinition => definition?.spec?.names?.kind !== undefined);
    const folders = [exampleFolder, join(repositoryRoot, "examples", "fleet")].map((folder) =>
      join(folder, "kubernetes"),
    );
    const resources = folders
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((file) => file.endsWith(".yaml"))
      .flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")).map((each) => each.toJS() as Resource))
      .filter(({ apiVersion }) => /^(pulumi\.com|keda\.sh)\//.test(apiVersion));
    expect(new Set(resources.map(({ kind }) => kind))).to.deep.equal(new Set(["Program", "Stack", "ScaledObject"]));
    for (const resource of resources) {
      const [group, name] = resource.apiVersion.split("/");
      const version = definitions
        .find(({ spec }) => spec.group === group && spec.names.kind === resource.kind)
        ?.spec.versions.find((each) => each.name === name);
      if (version === undefined) throw new Error(`there is no definition of ${resource.kind} in ${definitionFolders}`);
      const mistakesIn = validatorOf(withoutUnknownFields(version.schema.openAPIV3Schema));
      const { metadata: _, ...ours } = resource;
      expect(mistakesIn({ ...ours, metadata: {} }), resource.metadata.name).to.equal("");
      const wrong = resource.kind === "Program" ? { program: { resource: {} } } : { spec: { stacks: "dev" } };
      expect(mistakesIn({ ...ours, metadata: {}, ...wrong }), resource.metadata.name).to.not.equal("");
    }
  });
});

describe("the resources for the Pulumi Kubernetes Operator, in templates/onvera-gitops", () => {
  const start = useHarness();

  it("contain a program that the engine runs, with the plugin on PATH like in the Dockerfile's image", async () => {
    const [program] = documentsIn("program.yaml").filter(({ kind }) => kind === "Program");
    expect(read("kubernetes", "Dockerfile")).to.match(/^RUN npm install --global .*pulumi-onvera@/m);
    const { directory } = await engineCli();
    const path = [join(repositoryRoot, "bin"), directory, dirname(process.execPath), process.env["PATH"] ?? ""];
    const harness = await start({
      host: { ...pluginHost, project: {} },
      yaml: (program as { program?: Record<string, unknown> }).program ?? {},
      env: { PATH: path.join(delimiter) },
    });
    await harness.project.up();
    await harness.expectAgreement();
    expect(harness.platformIds()).to.have.length(2);
    expect(countSteps((await harness.project.up()).events)).to.deep.equal({ same: 2 });
    await harness.project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
  });
});

interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

interface CustomResourceDefinition {
  spec: {
    group: string;
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

/** A cluster drops fields that the definition does not have. Here they are mistakes. */
function withoutUnknownFields(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    const isClosed =
      value?.type === "object" &&
      value.properties !== undefined &&
      value.additionalProperties === undefined &&
      value["x-kubernetes-preserve-unknown-fields"] !== true;
    return isClosed ? { ...value, additionalProperties: false } : value;
  });
}

/** Returns all mistakes, or an empty text. */
function validatorOf(schema: Schema): (value: unknown) => string {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const isValid = ajv.compile(schema);
  return (value) => (isValid(value) ? "" : ajv.errorsText(isValid.errors));
}

function readJson(file: string): Schema {
  return JSON.parse(readFileSync(file, "utf8"));
}
