import { existsSync } from "node:fs";
import { posix } from "node:path";
import { expect } from "chai";
import { repositoryUrl } from "../../../provider/plugin/home";
import { anchors, documents, headings, links, readDocument, root } from "../../support/documents";

describe("the links of the documents", () => {
  it("are found where they are, and not in code", () => {
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

  it("may go to headings by the names that GitHub gives them", () => {
    const markdown = "# One, `two` & [three](x.md)\n## Same\n## Same\n## `401 MISSING_API_KEY`\n";
    expect([...anchors(markdown)]).to.deep.equal(["one-two--three", "same", "same-1", "401-missing_api_key"]);
  });

  it("lead to files and headings that there are", () => {
    const broken = documents().flatMap((document) =>
      links(readDocument(document))
        // Pages that are copied or published elsewhere name this repository in full.
        .map(({ target, line }) => ({ line, target: target.replace(`${repositoryUrl}/blob/main/`, inRoot(document)) }))
        .filter(({ target }) => !/^\w+:/.test(target))
        .filter(({ target }) => !leadsSomewhere(document, target))
        .map(({ target, line }) => `${document}:${line}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it("reach each page of docs/ from the README, over other pages perhaps", () => {
    const seen = new Set<string>();
    const queue = ["README.md"];
    for (let document = queue.pop(); document !== undefined; document = queue.pop()) {
      if (seen.has(document)) continue;
      seen.add(document);
      const from = document;
      queue.push(
        ...links(readDocument(from))
          .map(({ target }) => posix.join(posix.dirname(from), target.replace(/#.*/, "")))
          .filter((target) => target.endsWith(".md") && existsSync(posix.join(root, target))),
      );
    }
    expect(documents().filter((document) => document.startsWith("docs/") && !seen.has(document))).to.deep.equal([]);
  });
});

/** The way from a document to the root of the repository. */
function inRoot(document: string): string {
  return "../".repeat(document.split("/").length - 1);
}

function leadsSomewhere(document: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? document : posix.join(posix.dirname(document), decodeURI(path));
  if (file.startsWith("..") || !existsSync(posix.join(root, file))) return false;
  return anchor === undefined || !file.endsWith(".md") || anchors(readDocument(file)).has(decodeURI(anchor));
}
