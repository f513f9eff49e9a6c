import { expect } from "chai";
import { readSnippets } from "../../../scripts/readme-snippets";
import { documents, frontMatter, headings, readDocument } from "../../support/documents";

/** The pages that Pulumi's Registry shows. Source: https://www.pulumi.com/docs/iac/extending-pulumi/publishing-packages/ */
const pages = documents().filter((name) => /^docs\/(_index|installation-configuration|how-to-.*)\.md$/.test(name));

describe("the pages for Pulumi's Registry", () => {
  it("are an index, the installation with the configuration, and guides", () => {
    expect(pages).to.include.members(["docs/_index.md", "docs/installation-configuration.md"]);
    expect(pages.length).to.be.greaterThan(2);
  });

  for (const page of pages) {
    it(`have a title, a description for search engines and the layout, and no title of their own (${page})`, () => {
      const fields = frontMatter(readDocument(page));
      expect(Object.keys(fields)).to.deep.equal(["title", "meta_desc", "layout"]);
      expect(fields["layout"]).to.equal("package");
      expect(fields["title"]).to.be.a("string").and.not.equal("");
      expect(fields["meta_desc"]).to.be.a("string");
      expect(String(fields["meta_desc"]).length).to.be.within(40, 160);
      expect(headings(readDocument(page)).filter(({ level }) => level === 1)).to.deep.equal([]);
    });

    it(`offer each language of a chooser once, and close what they open (${page})`, () => {
      for (const [, languages = "", body = ""] of readDocument(page).matchAll(
        /\{\{< chooser language "([^"]+)" >\}\}([\s\S]*?)\{\{< \/chooser >\}\}/g,
      )) {
        const offered = [...body.matchAll(/\{\{% choosable language (\w+) %\}\}/g)].map(([, language]) => language);
        expect(offered).to.deep.equal(languages.split(","));
        expect([...body.matchAll(/\{\{% \/choosable %\}\}/g)]).to.have.length(offered.length);
      }
      const count = (pattern: RegExp) => [...readDocument(page).matchAll(pattern)].length;
      expect(count(/\{\{< chooser /g)).to.equal(count(/\{\{< \/chooser >\}\}/g));
      expect(count(/\{\{% choosable /g)).to.equal(count(/\{\{% \/choosable %\}\}/g));
    });
  }

  it("show the same deployments in each language", () => {
    const examples = readSnippets(readDocument("docs/_index.md"));
    expect(examples.map(({ language }) => language)).to.deep.equal(["typescript", "python", "go", "yaml"]);
    for (const { language, code } of examples) {
      for (const word of ["etl", "dashboards-production", "airflow", "superset"]) {
        expect(code.toLowerCase(), `${word} in ${language}`).to.include(word);
      }
    }
  });
});
