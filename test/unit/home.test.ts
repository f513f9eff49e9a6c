import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { goModule, home, logoUrl, pluginDownloadUrl, repositoryUrl } from "../../provider/plugin/home";
import { documents, readDocument, root } from "../support/documents";

const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const own = readJson("package.json");
const emulator = readJson("emulator/package.json");

describe("the home of the package (provider/plugin/home.ts)", () => {
  it("is the repository that both npm packages name", () => {
    const common = {
      author: home.publisher,
      bugs: `${repositoryUrl}/issues`,
      homepage: `${repositoryUrl}#readme`,
    };
    const repository = { type: "git", url: `git+${repositoryUrl}.git` };
    expect(own).to.deep.include({ name: home.npmPackage, ...common, repository });
    expect(emulator).to.deep.include({ ...common, repository: { ...repository, directory: "emulator" } });
  });

  it("is where every document sends its readers", () => {
    const texts = documents()
      .filter((name) => name !== "CHANGELOG.md")
      .map((name) => [name, readDocument(name)] as const);
    const slug = `${home.owner}/${home.repository}`;
    const elsewhere = texts.flatMap(([name, text]) =>
      [...text.matchAll(/(?:[\w-]+\.)?(?:github|githubusercontent)\.com\/(?:repos\/)?([\w.-]+\/pulumi-onvera\b)/g)]
        .filter(([, found]) => found !== slug)
        .map(([found]) => `${name}: ${found}`),
    );
    expect(elsewhere).to.deep.equal([]);
    const all = texts.map(([, text]) => text).join("\n");
    for (const needed of [pluginDownloadUrl, goModule]) expect(all).to.include(needed);
  });

  it("has the logo that the Registry shows: a PNG of 100 by 100 pixels", () => {
    const [, file = ""] = /\/main\/(.+)$/.exec(logoUrl) ?? [];
    const png = readFileSync(join(root, file));
    expect(png.subarray(1, 4).toString()).to.equal("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).to.deep.equal([100, 100]);
  });
});
