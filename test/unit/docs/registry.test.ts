import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import semver from "semver";
import { packageSchema } from "../../../provider/plugin/schema";
import { readSnippets } from "../../../scripts/readme-snippets";
import { frontMatter, headings, links, readDocument, root } from "../../support/documents";

/*
 * What the Pulumi Registry requires of a package and of the two pages that it publishes. Sources, in github.com/pulumi/registry:
 * tools/resourcedocsgen/cmd/metadata.go, scripts/ci/community-package, scripts/ci/validate-packages.sh and the pull request template.
 */
const pages = ["docs/_index.md", "docs/installation-configuration.md"];
const languages = ["typescript", "python", "go", "csharp", "java", "yaml"];
const categories = ["cloud", "database", "infrastructure", "monitoring", "network", "utility", "vcs"];

const schema = packageSchema();
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

describe("the Pulumi Registry", () => {
  it("accepts the metadata of the schema", () => {
    const [, repository] = /^https:\/\/github\.com\/[\w.-]+\/([\w.-]+)$/.exec(schema.repository) ?? [];
    expect(repository?.replaceAll("pulumi-", "")).to.equal(schema.name);
    expect(semver.valid(version)).to.equal(version);
    expect(schema.publisher).to.not.equal("");
    expect(schema.displayName).to.not.equal("");
    expect(schema.description).to.not.equal("");
    expect(schema.logoUrl).to.match(/^https:\/\/.*\.png$/);
    expect(schema.keywords).to.include("kind/native");
    const [category, ...others] = schema.keywords.filter((keyword) => keyword.startsWith("category/"));
    expect(categories).to.include(category?.replace("category/", ""));
    expect(others).to.deep.equal([]);
  });

  it("can install the plugin and the SDKs that the schema names", () => {
    expect(schema.pluginDownloadURL).to.match(/^(https|github|gitlab):\/\/[A-Za-z0-9._~:/?#@!$&()*+,;=-]+$/);
    const { nodejs, python, go, csharp, java } = schema.language;
    for (const name of [nodejs.packageName, python.packageName, go.importBasePath]) {
      expect(name).to.match(/^[A-Za-z0-9._@/-]+$/);
    }
    expect(nodejs.packageName).to.equal(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).name);
    expect(csharp.rootNamespace).to.match(/^[A-Z]\w*$/);
    expect(java.basePackage).to.match(/^[a-z]\w*(\.[a-z]\w*)+$/);
  });

  it("finds the schema in the repository, with every description that its pages show", () => {
    const committed = readFileSync(join(root, "provider", "plugin", "schema.json"), "utf8");
    expect(JSON.parse(committed)).to.deep.equal(JSON.parse(JSON.stringify(schema)));
    expect(propertiesWithoutDescription(schema)).to.deep.equal([]);
  });

  it("shows an example of the resource in each language", () => {
    const { description } = schema.resources["onvera:index:Deployment"];
    const [, example = ""] = /\{\{% example %\}\}\n([\s\S]*)\{\{% \/example %\}\}/.exec(description) ?? [];
    expect(readSnippets(example).map(({ language }) => language)).to.deep.equal(languages);
    expect(description.trimEnd()).to.match(/\{\{% examples %\}\}[\s\S]*\{\{% \/examples %\}\}$/);
  });

  it("takes a status that Onvera has not documented: outputs are plain strings", () => {
    const outputs = [
      schema.resources["onvera:index:Deployment"].properties.status,
      schema.types["onvera:index:DeploymentInfo"].properties.status,
      schema.types["onvera:index:Operation"].properties.status,
      schema.functions["onvera:index:getDeployment"].outputs.properties.status,
      schema.functions["onvera:index:getOperation"].outputs.properties.status,
    ];
    for (const output of outputs) expect(output).to.include({ type: "string" }).and.to.not.have.property("$ref");
  });

  for (const page of pages) {
    describe(page, () => {
      const text = readDocument(page);

      it("begins with a title, a description for search engines and the layout, and has no title of its own", () => {
        expect(text.startsWith("---\n")).to.equal(true);
        const fields = frontMatter(text);
        expect(Object.keys(fields)).to.deep.equal(["title", "meta_desc", "layout"]);
        expect(fields["layout"]).to.equal("package");
        expect(String(fields["meta_desc"]).length).to.be.within(40, 160);
        expect(headings(text).filter(({ level }) => level === 1)).to.deep.equal([]);
        expect(text.replace(/^---\n[\s\S]*?\n---\n/, "").length).to.be.greaterThan(250);
      });

      it("has links and pictures that resolve when only the two pages are published", () => {
        const relative = links(text).filter(({ target }) => !/^https:\/\//.test(target));
        expect(relative).to.deep.equal([]);
        // Links to this repository lead to files that it has.
        const inRepository = new RegExp(`^${schema.repository}/(?:blob|tree)/main/([^#]*)`);
        for (const { target } of links(text)) {
          const [, path] = inRepository.exec(target) ?? [];
          if (path !== undefined) expect(() => readFileOrFolder(path), target).to.not.throw();
        }
      });

      it("closes each shortcode, and writes it in the form that Hugo reads", () => {
        expect(text).to.not.match(/\{\{[\t\p{Zs}]+[<%]/u);
        const opened = [...text.matchAll(/\{\{[<%] (\w+)/g)].map(([, name]) => name).sort();
        const closed = [...text.matchAll(/\{\{[<%] \/(\w+)/g)].map(([, name]) => name).sort();
        expect(opened).to.deep.equal(closed);
      });
    });
  }

  it("shows the same deployments in each language on the overview", () => {
    const overview = readDocument("docs/_index.md");
    expect(overview).to.include(`{{< chooser language "${languages.join(",")}" >}}`);
    expect([...overview.matchAll(/\{\{% choosable language (\w+) %\}\}/g)].map(([, name]) => name)).to.deep.equal(
      languages,
    );
    const examples = readSnippets(overview);
    expect(examples.map(({ language }) => language)).to.deep.equal(languages);
    for (const { language, code } of examples) {
      for (const word of ["etl", "dashboards-production", "airflow", "superset", "protect"]) {
        expect(code.toLowerCase(), `${word} in ${language}`).to.include(word);
      }
    }
  });

  it("finds how to install and to configure it: SDKs, the plugin, `pulumi config set`, environment variables", () => {
    const text = readDocument("docs/installation-configuration.md");
    for (const language of ["TypeScript", "Python", "Go", "C#", "Java"]) expect(text).to.include(language);
    expect(text).to.include(
      `pulumi plugin install resource ${schema.name} ${version} --server ${schema.pluginDownloadURL}`,
    );
    expect(text).to.include("pulumi config set --secret onvera:apiKey").and.to.include("export ONVERA_API_KEY=");
  });
});

function readFileOrFolder(path: string): void {
  const file = path === "docs" ? "docs/README.md" : path;
  if (file !== "") readFileSync(join(root, file));
}

/** Paths of properties, types, resources and functions without a description. */
function propertiesWithoutDescription(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const here = `${path}/${key}`;
    const isDescribed = /\/(properties|inputProperties|resources|functions|types)\/[^/]+$/.test(here);
    const isMissing = isDescribed && !/listInputs/.test(here) && !(child as { description?: string }).description;
    return [...(isMissing ? [here] : []), ...propertiesWithoutDescription(child, here)];
  });
}
