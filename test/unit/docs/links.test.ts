import { existsSync } from "node:fs";
import { posix } from "node:path";
import { expect } from "chai";
import { repositoryUrl } from "../../../provider/plugin/home";
import { anchors, documents, headings, links, readDocument, root } from "../../support/documents";

describe("the links in the documents", () => {
  it("are found, but not in code", () => {
    const markdown =
      '[a](b.md#c) `[no](no.md)`\n```\n[no](no.md)\n# no\n```\n![d](e.png)\n<img src="f.png">\n[g]: h.md\n';
    expect(links(markdown).map(({ target, line }) => `${line} ${target}`)).to.deep.equal([
      "1 b.md#c",
      "6 e.png",
      "7 f.png",
      "8 h.md",
    ]);
    expect(headings(markdown)).to.deep.equal([]);
  });

  it("can point to headings by their GitHub anchors", () => {
    const markdown = "# One, `two` & [three](x.md)\n## Same\n## Same\n## `401 MISSING_API_KEY`\n";
    expect([...anchors(markdown)]).to.deep.equal(["one-two--three", "same", "same-1", "401-missing_api_key"]);
  });

  it("point to existing files and headings", () => {
    const broken = documents().flatMap((document) =>
      links(readDocument(document))
        // Pages that are copied or published elsewhere name this repository in full.
        .map(({ target, line }) => ({ line, target: target.replace(`${repositoryUrl}/blob/main/`, inRoot(document)) }))
        .filter(({ target }) => !/^\w+:/.test(target))
        .filter(({ target }) => !isExisting(document, target))
        .map(({ target, line }) => `${document}:${line}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it("connect the README with each page of docs/", () => {
    const visited = new Set<string>();
    const queue = ["README.md"];
    for (let document = queue.pop(); document !== undefined; document = queue.pop()) {
      if (visited.has(document)) continue;
      visited.add(document);
      const from = document;
      queue.push(
        ...links(readDocument(from))
          .map(({ target }) => posix.join(posix.dirname(from), target.replace(/#.*/, "")))
          .filter((target) => target.endsWith(".md") && existsSync(posix.join(root, target))),
      );
    }
    expect(documents().filter((document) => document.startsWith("docs/") && !visited.has(document))).to.deep.equal([]);
  });
});

/** The way from a document to the root of the repository. */
function inRoot(document: string): string {
  return "../".repeat(document.split("/").length - 1);
}

function isExisting(document: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? document : posix.join(posix.dirname(document), decodeURI(path));
  if (file.startsWith("..") || !existsSync(posix.join(root, file))) return false;
  return anchor === undefined || !file.endsWith(".md") || anchors(readDocument(file)).has(decodeURI(anchor));
}
