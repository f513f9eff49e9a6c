import { createHash } from "node:crypto";
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { expect } from "chai";
import semver from "semver";
import { parse } from "yaml";
import { readSnippets } from "../../scripts/readme-snippets";
import { readDocument } from "../support/documents";
import { type Job, type JobResult, problemsIn, runJob, type Workflow } from "../support/gitops/github";

const root = resolve(__dirname, "..", "..");
const folder = join(root, ".github", "workflows");
const read = (file: string) => readFileSync(join(folder, file), "utf8");

/** What mocharc.full.cjs selects for one part. */
function specOf(shard: string): string[] {
  const config = require.resolve("../mocharc.full.cjs");
  delete require.cache[config];
  process.env["SHARD"] = shard;
  try {
    return (require(config) as { spec: string[] }).spec;
  } finally {
    delete process.env["SHARD"];
  }
}

describe("the other files of .github", () => {
  const github = join(root, ".github");
  const forms = readdirSync(join(github, "ISSUE_TEMPLATE")).map(
    (name) => [name, parse(readFileSync(join(github, "ISSUE_TEMPLATE", name), "utf8"))] as const,
  );

  it("ask in each issue form for what it takes to act, and send security problems elsewhere", () => {
    const { config, ...others } = Object.fromEntries(forms.map(([name, form]) => [name.replace(".yml", ""), form]));
    expect(config.blank_issues_enabled).to.equal(false);
    expect(config.contact_links[0].url).to.match(/\/security\/advisories\/new$/);
    for (const [name, form] of Object.entries(others)) {
      expect(form, name).to.include.keys("name", "description", "labels", "body");
      const fields = (form.body as { type: string; id?: string }[]).filter(({ type }) => type !== "markdown");
      const ids = fields.map(({ id }) => id);
      expect(new Set(ids).size, name).to.equal(fields.length);
    }
  });

  it("give each path of CODEOWNERS to someone, and name paths that exist", () => {
    const lines = readFileSync(join(github, "CODEOWNERS"), "utf8").split("\n");
    const rules = lines.filter((line) => /^[^#]/.test(line)).map((line) => line.split(/\s+/));
    for (const [path = "", ...owners] of rules) {
      expect(owners.every((owner) => /^@[\w-]+\/[\w-]+$/.test(owner)) && owners.length > 0, path).to.equal(true);
      if (path !== "*") expect(existsSync(join(root, path)), path).to.equal(true);
    }
    expect(rules[0]?.[0]).to.equal("*");
  });

  it("let Dependabot update packages and actions, in folders that have some", () => {
    const { version, updates } = parse(readFileSync(join(github, "dependabot.yml"), "utf8"));
    expect(version).to.equal(2);
    const [npm, actions] = updates;
    expect(npm).to.include({ "package-ecosystem": "npm", directory: "/" });
    expect(actions["package-ecosystem"]).to.equal("github-actions");
    for (const directory of actions.directories) expect(existsSync(join(root, directory)), directory).to.equal(true);
  });
});

describe("our own workflows", () => {
  const files = readdirSync(folder).sort();
  const workflows = files.map((file) => parse(read(file)) as Workflow);
  const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs));
  const steps = jobs.flatMap((job) => job.steps);
  const [ci, nightly, release] = workflows as [Workflow, Workflow, Workflow];

  for (const file of files) {
    it(`are understood by GitHub's own parser, which a wrong key would not be (${file})`, async () => {
      expect(await problemsIn(file, read(file))).to.deep.equal([]);
      expect(await problemsIn(file, read(file).replace("runs-on:", "run-on:"))).to.not.deep.equal([]);
    });
  }

  it("are the pattern of the workflow in docs/ci.md, which the parser understands as well", async () => {
    const [shown] = readSnippets(readDocument("docs/ci.md")).filter(({ language }) => language === "yml");
    expect(await problemsIn("up.yml", shown?.code ?? "")).to.deep.equal([]);
    const used = shown?.code.match(/uses: .*/g) ?? [];
    expect(used.length).to.be.greaterThan(2);
    const template = join(root, "templates", "onvera-gitops", ".github", "workflows");
    const ours = [
      ...files.map(read),
      ...readdirSync(template).map((name) => readFileSync(join(template, name), "utf8")),
    ];
    for (const action of used) expect(ours.join("")).to.include(action);
  });

  it("name every action by its commit, with the version beside it", () => {
    const lines = files.flatMap((file) => read(file).match(/^.*\buses:.*$/gm) ?? []);
    expect(lines.filter((line) => !/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).to.deep.equal([]);
    const commits = new Map(lines.map((line) => [line.replace(/.*uses: (.*)@.*/, "$1"), line.replace(/.*@/, "")]));
    for (const line of lines) expect(line).to.include(commits.get(line.replace(/.*uses: (.*)@.*/, "$1")));
  });

  it("put no expression into a script, keep no credentials in a checkout, and end at some time", () => {
    expect(steps.filter(({ run }) => run?.includes("${{"))).to.deep.equal([]);
    for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
      expect(step).to.have.nested.property("with.persist-credentials", false);
    }
    for (const job of jobs) expect(job["timeout-minutes"]).to.be.a("number");
  });

  it("test on every supported Node.js version, from the oldest that package.json allows", () => {
    const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const job of [ci.jobs["test"], nightly.jobs["all"]]) {
      const versions = job?.strategy?.matrix?.["node"] ?? [];
      expect(versions[0]).to.equal(String(semver.minVersion(engines.node)?.major));
      expect(versions).to.deep.equal(["20", "22", "24"]);
    }
    accessSync(join(root, ".ci", "run"), constants.X_OK);
  });

  it("compare our Kubernetes resources with the definitions of their owners, at a commit", () => {
    const steps = ci.jobs["full"]?.steps ?? [];
    const fetched = steps.flatMap(({ with: inputs }) => (inputs?.["repository"] === undefined ? [] : [inputs]));
    expect(fetched.map(({ repository }) => repository)).to.deep.equal([
      "pulumi/pulumi-kubernetes-operator",
      "kedacore/keda",
    ]);
    const folders = fetched.map(({ path, "sparse-checkout": folder }) => `${path}/${folder}`);
    expect(steps.at(-1)?.env).to.deep.equal({ KUBERNETES_CRDS: folders.join(":") });
    for (const { ref } of fetched) expect(ref).to.match(/^[0-9a-f]{40}$/);
  });

  it("try the packages on macOS and Windows", () => {
    const { matrix } = ci.jobs["platforms"]?.strategy ?? {};
    expect(matrix?.["os"]?.map((name) => name.replace(/-.*/, ""))).to.deep.equal(["macos", "windows"]);
    expect(ci.jobs["platforms"]?.steps.at(-1)?.run).to.equal("npm run smoke");
  });

  it("run every engine test in one of the parallel jobs", () => {
    const shards = ci.jobs["full"]?.strategy?.matrix?.["shard"] ?? [];
    const { others } = require("../mocharc.engine.cjs") as { others: { spec: string[] } };
    expect(shards.flatMap(specOf).sort()).to.deep.equal([...others.spec].sort());
    expect(() => specOf("4/3")).to.throw('SHARD: expected a part such as 2/3, got "4/3"');
  });

  it("ask for no more than they need", () => {
    expect(ci.permissions).to.deep.equal({ contents: "read" });
    expect(nightly.permissions).to.deep.equal({ contents: "read" });
    expect(release.permissions).to.deep.equal({});
    const permissions = Object.entries(release.jobs).map(([name, job]) => [name, job.permissions]);
    expect(Object.fromEntries(permissions)).to.deep.equal({
      test: { contents: "read" },
      build: { contents: "read" },
      attest: { "id-token": "write", attestations: "write" },
      npm: { "id-token": "write" },
      github: { contents: "write" },
    });
    expect(files.map(read).join("")).to.not.include("secrets.");
  });

  it("publish nothing that was not tested, and run nothing of the repository where they may write", () => {
    const { test, build, ...writing } = release.jobs;
    expect(test?.steps.at(-1)?.run).to.equal(".ci/run");
    const scripts = build?.steps.flatMap(({ run }) => run ?? []) ?? [];
    const at = (text: string) => scripts.findIndex((script) => script.includes(text));
    const steps = ["merge-base --is-ancestor", "npm ci --ignore-scripts", "release:tag", "release:build"];
    expect(steps.map(at)).to.deep.equal([0, 1, 2, 3]);
    expect([build, ...Object.values(writing)].map((job) => job?.needs)).to.deep.equal([
      "test",
      "build",
      "attest",
      "npm",
    ]);
    for (const { steps: own } of Object.values(writing)) {
      expect(own.filter(({ uses }) => uses?.startsWith("actions/checkout@"))).to.deep.equal([]);
      expect(own[1]?.run).to.equal("cd dist/release && sha256sum --check SHA256SUMS");
    }
  });

  describe("publishing", () => {
    let checkout: string;
    beforeEach(() => {
      checkout = mkdtempSync(join(tmpdir(), "publishing-"));
      mkdirSync(join(checkout, "dist", "release"), { recursive: true });
      writeFileSync(join(checkout, "dist", "notes.md"), "- New\n");
      writeFileSync(tarball(), "the package");
      const sum = createHash("sha256").update("the package").digest("hex");
      writeFileSync(join(checkout, "dist", "release", "SHA256SUMS"), `${sum}  pulumi-onvera-1.0.0.tgz\n`);
      mkdirSync(join(checkout, "bin"));
      for (const tool of ["npm", "gh"]) {
        writeFileSync(join(checkout, "bin", tool), `#!/bin/sh\necho "${tool} $*" >> called\n`, { mode: 0o755 });
      }
    });
    afterEach(() => rmSync(checkout, { recursive: true, force: true }));

    it("gives npm each package and GitHub all files, and says of both which version comes before a release", async () => {
      const files = "dist/release/SHA256SUMS dist/release/pulumi-onvera-1.0.0.tgz";
      const created = (tag: string, more: string) =>
        `gh release create ${tag} ${files} --verify-tag --title ${tag} --notes-file dist/notes.md${more}`;
      const publish = (file: string, tag: string) =>
        `npm publish ./dist/release/${file}.tgz --provenance --access public --tag ${tag}`;
      const packages = release.jobs["npm"]?.strategy?.matrix?.["package"] ?? [];
      for (const name of packages) {
        expect(await run("npm", "v1.0.0", { package: name })).to.include({ status: "success" });
      }
      expect(await run("npm", "v1.0.0-rc.1", { package: "pulumi-onvera" })).to.include({ status: "success" });
      for (const tag of ["v1.0.0", "v1.0.0-rc.1"]) expect(await run("github", tag)).to.include({ status: "success" });
      expect(readFileSync(join(checkout, "called"), "utf8").trim().split("\n")).to.deep.equal([
        publish("pulumi-onvera-1.0.0", "latest"),
        publish("onvera-emulator-1.0.0", "latest"),
        publish("pulumi-onvera-1.0.0-rc.1", "next"),
        created("v1.0.0", ""),
        created("v1.0.0-rc.1", " --prerelease"),
      ]);
    });

    it("stops at a file that is not what was built", async () => {
      appendFileSync(tarball(), "!");
      for (const name of ["npm", "github"]) {
        const { status, output } = await run(name, "v1.0.0");
        expect(status).to.equal("failure");
        expect(output).to.include("pulumi-onvera-1.0.0.tgz: FAILED");
      }
      expect(readdirSync(checkout)).to.not.include("called");
    });

    const tarball = () => join(checkout, "dist", "release", "pulumi-onvera-1.0.0.tgz");

    async function run(name: string, tag: string, matrix: Record<string, string> = {}): Promise<JobResult> {
      return runJob({
        matrix,
        folder: checkout,
        workflow: release,
        job: release.jobs[name] as Job,
        github: { repository: "acme/pulumi-onvera", token: "token-of-the-job" },
        secretsOf: () => ({}),
        machine: {
          PATH: [join(checkout, "bin"), process.env["PATH"] ?? ""].join(delimiter),
          LC_ALL: "C",
          GITHUB_REF_NAME: tag,
        },
      });
    }
  });
});
