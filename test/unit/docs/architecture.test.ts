import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readSnippets } from "../../../scripts/readme-snippets";
import { readDocument, root } from "../../support/documents";

const page = readDocument("docs/internals/architecture.md");

describe("docs/internals/architecture.md", () => {
  it("names files and folders that there are", () => {
    const paths = [...page.matchAll(/`((?:bin|cli|emulator|provider|sdk|test)\/[\w./-]*)`/g)].map(
      ([, path = ""]) => path,
    );
    expect(paths.length).to.be.greaterThan(25);
    expect(paths.filter((path) => !existsSync(join(root, path)))).to.deep.equal([]);
  });

  describe("has a diagram", () => {
    const [diagram] = readSnippets(page).filter(({ language }) => language === "mermaid");
    const lines = (diagram?.code ?? "").split("\n").map((line) => line.trim());
    const [, ...subgraphs] = (diagram?.code ?? "").split("subgraph ");
    const declared = lines.flatMap((line) => /^(\w+)(?:\[\(?|\(\[)"/.exec(line)?.[1] ?? []);

    it("whose arrows join boxes that it has, and leave none alone", () => {
      const joined = lines.filter((line) => line.includes("-->")).flatMap((line) => line.split(" --> "));
      expect(declared).to.not.deep.equal([]);
      expect([...new Set(joined)].sort()).to.deep.equal([...declared].sort());
    });

    it("that closes each of its groups", () => {
      expect(lines.filter((line) => line === "end")).to.have.length(subgraphs.length);
    });

    it("that names folders and files which are there", () => {
      for (const group of subgraphs) {
        const [, folder] = /^\w+\["((?:sdk|provider)\/[\w/]*):/.exec(group) ?? [];
        if (folder === undefined) continue;
        for (const [, box = ""] of group.slice(0, group.indexOf("\n  end")).matchAll(/^ {4}\w+\["([^"]+)"\]/gm)) {
          const parts = box.split(/[:,] */).filter((part) => /\/$|\.ts$/.test(part));
          const isThere = (part: string) => ["", "onvera"].some((inner) => existsSync(join(root, folder, inner, part)));
          expect(
            parts.filter((part) => !isThere(part)),
            folder,
          ).to.deep.equal([]);
        }
      }
    });
  });
});
