import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { writeFiles } from "../../../../cli/import/files";
import { nodeProgramFiles } from "../../../../cli/import/node-program";
import {
  addPlugin,
  addToManifest,
  addToYamlProgram,
  deploymentsModule,
  type ImportEntry,
  keysInManifest,
  namesInYamlProgram,
} from "../../../../cli/import/program";
import { UndoStack } from "../../../../cli/import/undo";
import { findProject } from "../../../../cli/project";
import { readManifest } from "../../../../sdk/manifest/read";

const entry = (key: string, name = key): ImportEntry => ({ key, id: `dep_${key}`, appType: "airflow", name });

describe("the program that pulumi-onvera import writes", () => {
  it("adds resources to a YAML program, and keeps the rest with its comments", () => {
    const text = "# ours\nname: shop # the shop\nruntime: yaml\nresources:\n  old:\n    type: aws:s3:Bucket\n";
    const result = addToYamlProgram(text, [entry("etl"), entry("odd", "a $" + '{b} "c"')]);
    expect(result).to.match(/^# ours\nname: shop # the shop\nruntime: yaml\nresources:\n {2}old:\n/);
    const { resources } = parse(result);
    expect(Object.keys(resources)).to.deep.equal(["old", "etl", "odd"]);
    expect(resources.etl).to.deep.equal({
      type: "onvera:Deployment",
      properties: { appType: "airflow", name: "etl" },
      options: { protect: true },
    });
    expect(resources.odd.properties.name, "`$${` stands for `${` in a YAML program").to.equal("a $$" + '{b} "c"');
    for (const empty of ["name: a\nruntime: yaml\n", "name: a\nresources:\n", "name: a\nresources: {}\n"]) {
      expect(Object.keys(parse(addToYamlProgram(empty, [entry("etl")])).resources)).to.deep.equal(["etl"]);
    }
    const odd = ["2024-01-01", "1_000", "0b11", "yes", "007"];
    const read = parse(
      addToYamlProgram(
        "",
        odd.map((key) => entry(key)),
      ),
      { version: "1.1", mapAsMap: true },
    );
    expect([...read.get("resources").keys()], "as Pulumi reads it").to.deep.equal(odd);
    expect(() => addToYamlProgram("a: [", [])).to.throw(/^Pulumi\.yaml cannot be read: /);
  });

  it("writes every other value as it was, and overwrites nothing", () => {
    const values = [
      "012",
      "12345678901234567890",
      "9007199254740993",
      "1.0e+10",
      "+5",
      ".5",
      "1_000",
      "~",
      "Null",
      "0x1F",
    ];
    const config = values.map((value, index) => `  k${index}: { default: ${value} }\n`).join("");
    const text = `name: shop\nruntime: yaml\nconfig:\n${config}`;
    expect(addToYamlProgram(text, [entry("etl")]).slice(0, text.length)).to.equal(text);
    expect(addToYamlProgram("name: a\nresources: # none yet\n", [entry("etl")])).to.include("# none yet\n");
    expect(() => addToYamlProgram("outputs: &o {}\nresources: *o\n", [entry("etl")])).to.throw(
      '"resources" is not a mapping of its own; write it out, so that it can be extended',
    );
  });

  it("takes no name that a YAML program has for something else", () => {
    const text = "config:\n  a: {}\n  shop:b: {}\nvariables: {c: 1}\nresources: {d: {}}\noutputs: {e: 1}\n";
    expect(namesInYamlProgram(text).sort()).to.deep.equal(["a", "b", "c", "d", "pulumi"]);
  });

  it("adds the plugin's folder to the plugins of a project", () => {
    const providers = (text: string) => parse(addPlugin(text, "bin")).plugins.providers;
    for (const empty of ["name: a\n", "name: a\nplugins:\n", "name: a\nplugins:\n  providers:\n"]) {
      expect(providers(empty)).to.deep.equal([{ name: "onvera", path: "bin" }]);
    }
    expect(providers("plugins: {providers: [{name: b, path: c}]}\n")).to.have.length(2);
  });

  it("writes a manifest that the package reads, whatever the names look like", () => {
    const entries = [entry("etl"), entry("yes", "yes"), entry("n", "007"), entry("colon", "a: b # c")];
    const { deployments } = readManifest({ file: "deployments.yaml", text: addToManifest(undefined, entries) });
    expect(deployments.map(({ key, name, protect }) => [key, name, protect])).to.deep.equal(
      entries.map(({ key, name }) => [key, name, true]),
    );
    for (const empty of ["", "---\n", "# none yet\n"]) {
      expect(keysInManifest(empty)).to.deep.equal([]);
      expect(keysInManifest(addToManifest(empty, entries))).to.have.length(entries.length);
    }
    const existing = "defaults:\n  appType: superset # ours\ndeployments:\n  old: {}\n";
    const extended = addToManifest(existing, [entry("etl")]);
    expect(extended).to.include("appType: superset # ours");
    expect(readManifest({ file: "deployments.yaml", text: extended }).deployments.map(({ key }) => key)).to.deep.equal([
      "old",
      "etl",
    ]);
  });

  it("is JavaScript in which a name is never code", () => {
    const source = deploymentsModule([entry("a", '"}); process.exit(); ("\u2028\n')], {
      syntax: "require",
      from: "onvera",
    });
    const created: unknown[] = [];
    class Deployment {
      constructor(...args: unknown[]) {
        created.push(args);
      }
    }
    new Function("require", "exports", source)(() => ({ Deployment }), {});
    expect(created).to.deep.equal([
      ["a", { appType: "airflow", name: '"}); process.exit(); ("\u2028\n' }, { protect: true }],
    ]);
  });
});

describe("the files that pulumi-onvera import changes in a Node.js project", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "import-files-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  };
  const changes = (form: "typescript" | "manifest" = "typescript") =>
    nodeProgramFiles({ folder, projectFolder: folder, form, entries: [entry("etl")] });
  const names = (form?: "typescript" | "manifest") =>
    changes(form).map(({ path, previous }) => `${previous === undefined ? "+" : "~"}${basename(path)}`);
  const lastLine = () => changes().at(-1)?.text.trimEnd().split("\n").at(-1);

  it("are a program, and its place in package.json, if there is none", () => {
    // Some editors write a byte order mark.
    write({ "package.json": '\uFEFF{"name":"a","main":"index.js"}' });
    expect(names()).to.deep.equal(["+index.ts", "~package.json"]);
    expect(JSON.parse(changes().at(-1)?.text ?? "")).to.deep.equal({ name: "a", main: "index.ts" });
    expect(names("manifest")).to.deep.equal(["+deployments.yaml", "+index.ts", "~package.json"]);
  });

  it("are a module, and one line in the program that loads it", () => {
    write({ "index.ts": "export {};\n" });
    expect(names()).to.deep.equal(["+onvera-deployments.ts", "~index.ts"]);
    expect(lastLine()).to.equal('import "./onvera-deployments";');
    write({ "package.json": '{"type":"module"}' });
    expect(lastLine()).to.equal('import "./onvera-deployments.js";');
    write({ "onvera-deployments.ts": "" });
    expect(lastLine()).to.equal('import "./onvera-deployments-2.js";');
  });

  it("follow the syntax of a JavaScript program", () => {
    write({ "main.js": "x()", "package.json": '{"main":"main.js"}' });
    expect(changes().at(-1)?.text).to.equal('x()\nrequire("./onvera-deployments");\n');
    write({ "package.json": '{"main":"main.js","type":"module"}' });
    expect(lastLine()).to.equal('import "./onvera-deployments.js";');
  });

  it("keep a program that package.json names without an extension, or by its folder", () => {
    mkdirSync(join(folder, "src"));
    write({ "package.json": '{"main":"./src"}' });
    expect(() => changes(), "a new program would replace this one").to.throw(
      /names \.\/src, in which no program was found/,
    );
    write({ "src/index.ts": "export {};\n" });
    for (const main of ["./src", "src/", "src/index"]) {
      write({ "package.json": JSON.stringify({ main }) });
      expect(names(), main).to.deep.equal(["+onvera-deployments.ts", "~index.ts"]);
      expect(changes().at(-1)?.path, main).to.equal(join(folder, "src", "index.ts"));
    }
  });

  it("extend the file that Pulumi.yaml names", () => {
    mkdirSync(join(folder, "src"));
    write({ "src/app.js": "x()\n", "index.ts": "" });
    const changesOf = (main: string) => {
      write({ "Pulumi.yaml": `name: a\nruntime: nodejs\nmain: ${main}\n` });
      const { programFolder = "", programFile } = findProject(folder) ?? {};
      const options = { folder: programFolder, mainFile: programFile, projectFolder: folder };
      return nodeProgramFiles({ ...options, form: "typescript", entries: [entry("etl")] });
    };
    expect(changesOf("src/app.js").map(({ path }) => path)).to.deep.equal([
      join(folder, "src", "onvera-deployments.js"),
      join(folder, "src", "app.js"),
    ]);
    write({ "package.json": '{"type":"module"}' });
    expect(changesOf("src/app.js").at(-1)?.text).to.equal('x()\nimport "./onvera-deployments.js";\n');
    expect(() => changesOf("dist/app.js")).to.throw(/app\.js is the output of a compiler/);
  });

  it("are the manifest alone, if there is one", () => {
    write({ "index.ts": "", "deployments.yaml": "deployments: {}\n" });
    expect(names("manifest")).to.deep.equal(["~deployments.yaml"]);
  });

  it("are not the output of a compiler", () => {
    write({ "package.json": '{"main":"bin/index.js"}' });
    expect(() => changes()).to.throw(/the program in .* is compiled to bin\/index\.js/);
    write({ "index.ts": "" });
    expect(names(), "if the source is known").to.deep.equal(["+onvera-deployments.ts", "~index.ts"]);
  });

  it("are written all or none, and can be restored", async () => {
    write({ "index.ts": "before\n" });
    const planned = changes();
    const undo = new UndoStack();
    writeFiles(planned, undo);
    expect(readFileSync(join(folder, "index.ts"), "utf8")).to.include("onvera-deployments");
    expect(await undo.run()).to.deep.equal([]);
    expect(names(), "as before").to.deep.equal(["+onvera-deployments.ts", "~index.ts"]);
    expect(readFileSync(join(folder, "index.ts"), "utf8")).to.equal("before\n");

    write({ "index.ts": "edited by someone\n" });
    expect(() => writeFiles(planned, undo)).to.throw(/index\.ts was changed by someone else in the meantime/);
    expect(readFileSync(join(folder, "index.ts"), "utf8")).to.equal("edited by someone\n");
  });

  it("keep their mode, and links to them stay links", async () => {
    write({ "shared.ts": "before\n" });
    chmodSync(join(folder, "shared.ts"), 0o660);
    symlinkSync("shared.ts", join(folder, "index.ts"));
    const undo = new UndoStack();
    writeFiles(changes(), undo);
    expect(lstatSync(join(folder, "index.ts")).isSymbolicLink()).to.equal(true);
    expect(readFileSync(join(folder, "shared.ts"), "utf8")).to.include("onvera-deployments");
    expect(statSync(join(folder, "shared.ts")).mode & 0o777).to.equal(0o660);
    await undo.run();
    expect(readFileSync(join(folder, "shared.ts"), "utf8")).to.equal("before\n");
  });

  it("are named if they cannot be restored", async () => {
    const undo = new UndoStack();
    const reverted: string[] = [];
    undo.add("first", () => {
      reverted.push("first");
    });
    undo.add("second", () => Promise.reject(new Error("no")));
    expect(await undo.run()).to.deep.equal(["second (no)"]);
    expect(reverted).to.deep.equal(["first"]);
  });
});
