import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { parse } from "yaml";
import { packageSchema } from "../../provider/plugin/schema";
import { readSnippets, type Snippet } from "../../scripts/readme-snippets";
import { readManifest } from "../../sdk/manifest";
import { documents as allDocuments } from "../support/documents";

const root = resolve(__dirname, "..", "..");
const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: object;
  exports: Record<string, string | { default: string }>;
};
const documents = allDocuments().filter((name) => name !== "docs/api.md");

describe("readSnippets", () => {
  it("finds the fenced blocks, with their languages and lines", () => {
    const markdown = [
      "# Title",
      '```ts title="index.ts"',
      "const a = 1;",
      "```",
      "- item",
      "  ~~~YAML",
      "  a:",
      "    - ```",
      "",
      "  ~~~",
      "````",
      "```",
      "````",
      "`` ```no block``` ``",
    ].join("\r\n");
    expect(readSnippets(markdown)).to.deep.equal([
      { language: "ts", line: 3, code: "const a = 1;\n", title: "index.ts" },
      { language: "yaml", line: 7, code: "a:\n  - ```\n\n" },
      { language: "", line: 12, code: "```\n" },
    ]);
  });

  it("takes a block that is not closed for one that goes on to the end", () => {
    expect(readSnippets("```sh\nls")).to.deep.equal([{ language: "sh", line: 2, code: "ls\n" }]);
  });
});

describe("what the documents show", () => {
  const snippets = documents.flatMap((document) =>
    readSnippets(readFileSync(join(root, document), "utf8")).map((snippet) => ({ ...snippet, document })),
  );
  const schema = packageSchema();
  const examples = Object.entries({ ...schema.resources, ...schema.functions }).flatMap(([document, { description }]) =>
    readSnippets(description).map((snippet) => ({ ...snippet, document })),
  );
  snippets.push(...examples);
  const inLanguage = (...languages: string[]) => snippets.filter(({ language }) => languages.includes(language));

  it("compiles, where it is TypeScript", function () {
    this.timeout(300_000);
    const shown = inLanguage("ts", "typescript", "js", "javascript");
    // test/engine/templates.test.ts runs the tests that docs/testing.md shows, beside the program that they import.
    const isProgram = ({ title = "" }: Snippet) => !title.endsWith(".test.ts");
    expect(compile(shown.filter(isProgram))).to.deep.equal([]);
  });

  for (const { document, line, code } of inLanguage("yaml", "yml")) {
    it(`can be read, where it is YAML (${document}:${line})`, () => {
      const content: unknown = parse(code);
      // Anything else is of Pulumi's, or of another tool.
      if (typeof content === "object" && content !== null && "deployments" in content) {
        expect(readManifest({ file: document, text: code }).deployments).to.not.deep.equal([]);
      }
    });
  }

  it("runs scripts that there are", () => {
    const text = documents.map((document) => readFileSync(join(root, document), "utf8")).join("\n");
    const shown = [...text.matchAll(/\bnpm run (?:-\S+ )*([\w:]+)/g)].map(([, name]) => name);
    expect([...Object.keys(own.scripts), "build"]).to.include.members(shown);
  });
});

describe("examples/README.md", () => {
  it("lists each example", () => {
    const folders = readdirSync(join(root, "examples"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const text = readFileSync(join(root, "examples", "README.md"), "utf8");
    const listed = [...text.matchAll(/^\| \[(\w[\w-]*)\]\(/gm)].map(([, name]) => name);
    expect(listed.sort()).to.deep.equal(folders.map(({ name }) => name).sort());
  });
});

/** `pulumi-onvera/manifest`, with the source that is built to what it exports. */
function sourceOfExport([name, target]: [string, string | { default: string }]): [string, string[]][] {
  if (typeof target === "string") return [];
  const source = target.default.replace("./dist/", "").replace(/\.js$/, ".ts");
  return [[name.replace(".", "pulumi-onvera"), [join(root, source)]]];
}

/** Each as an ES module of a project that has installed this package; answers with `README.md:12: what is wrong`. */
function compile(snippets: readonly (Snippet & { document: string })[]): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowJs: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    esModuleInterop: true,
    types: ["node"],
    paths: {
      ...Object.fromEntries(Object.entries(own.exports).flatMap(sourceOfExport)),
      "onvera-emulator": [join(root, "emulator", "src", "index.ts")],
    },
  };
  const byFile = new Map(snippets.map((snippet, index) => [join(root, `snippet-${index}.mts`), snippet]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => byFile.has(file) || fileExists(file);
  host.readFile = (file) => byFile.get(file)?.code ?? readFile(file);
  host.getSourceFile = (file, settings, ...rest) => {
    const snippet = byFile.get(file);
    return snippet === undefined
      ? getSourceFile(file, settings, ...rest)
      : ts.createSourceFile(file, asModule(snippet.code), settings);
  };
  const program = ts.createProgram([...byFile.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).flatMap(({ file, start = 0, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    const snippet = file && byFile.get(file.fileName);
    if (file === undefined) return [text];
    const line = file.getLineAndCharacterOfPosition(start).line;
    return snippet === undefined
      ? [`${file.fileName}:${line + 1}: ${text}`]
      : [`${snippet.document}:${snippet.line + line}: ${text}`];
  });
}

/** What a later snippet of a document leaves out because an earlier one has shown it: the usual imports. */
function asModule(code: string): string {
  const usual = { onvera: "pulumi-onvera", pulumi: "@pulumi/pulumi" };
  const missing = Object.entries(usual)
    .filter(([name]) => code.includes(`${name}.`) && !code.includes(`* as ${name} `))
    .map(([name, from]) => `import * as ${name} from "${from}"; `);
  return `${missing.join("")}export {}; ${code}`;
}
