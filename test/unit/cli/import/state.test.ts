import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { ImportEntry } from "../../../../cli/import/program";
import { adoptingProject, importWithDynamicProvider, urnOf } from "../../../../cli/import/state";
import { UndoStack } from "../../../../cli/import/undo";
import { PulumiCli } from "../../../../cli/pulumi";
import { dynamicType } from "../../../../provider/deployment/properties";

const entry = (key: string, id = `dep_${key}`): ImportEntry => ({ key, id, appType: "airflow", name: key });

describe("the import with the dynamic provider", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "import-state-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const stateImport = (entries: readonly ImportEntry[]) => ({
    pulumi: new PulumiCli({ command: join(folder, "pulumi"), cwd: folder, env: process.env }),
    env: process.env,
    project: {
      file: join(folder, "Pulumi.yaml"),
      folder,
      name: "shop",
      runtime: "nodejs",
      programFolder: folder,
      pluginFolder: undefined,
    },
    stackName: "dev",
    entries,
    undo: new UndoStack(),
  });
  const filesFor = (entries: readonly ImportEntry[], backendUrl?: string) =>
    new Map(adoptingProject(stateImport(entries), backendUrl));

  it("writes settings whose names Pulumi's YAML 1.1 reads as they are", () => {
    writeFileSync(join(folder, "Pulumi.dev.yaml"), "config:\n  aws:region: eu-west-1\n");
    const entries = ["2024-01-01", "1_000", "0b11", "yes", "12.5", "etl"].map((key) => entry(key));
    const text = filesFor([...entries, entry("odd", "1_0")]).get("Pulumi.dev.yaml") ?? "";
    // In a `Map`, a key that is no text stays one.
    const config = parse(text, { version: "1.1", mapAsMap: true }).get("config");
    expect([...config.get("onvera:adopt")]).to.deep.equal([...entries.map(({ key, id }) => [key, id]), ["odd", "1_0"]]);
    expect(config.get("aws:region")).to.equal("eu-west-1");
  });

  it("reads the stack's file with the extension of the project's", () => {
    const options = stateImport([entry("etl")]);
    for (const extension of ["yml", "json"]) {
      const file = join(folder, `Pulumi.${extension}`);
      writeFileSync(file, '{"name": "shop", "runtime": "nodejs"}');
      writeFileSync(join(folder, `Pulumi.dev.${extension}`), '{"config": {"aws:region": "eu-west-1"}}');
      const files = new Map(adoptingProject({ ...options, project: { ...options.project, file } }, undefined));
      expect(parse(files.get("Pulumi.dev.yaml") ?? "").config["aws:region"], extension).to.equal("eu-west-1");
    }
  });

  it("takes an empty key of the project's and the stack's file for a missing one", () => {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\nbackend:\n");
    for (const text of ["config:\n", "config: ~\n", "config: {}\n", "# none\n", "---\n"]) {
      writeFileSync(join(folder, "Pulumi.dev.yaml"), text);
      const files = filesFor([entry("etl")], "file:///states");
      const read = (name: string) => parse(files.get(name) ?? "");
      expect(read("Pulumi.dev.yaml"), text).to.deep.equal({ config: { "onvera:adopt": { etl: "dep_etl" } } });
      expect(read("Pulumi.yaml").backend).to.deep.equal({ url: "file:///states" });
    }
  });

  it("creates no resource if the settings do not arrive as they were written", () => {
    const files = filesFor([entry("etl"), entry("constructor")]);
    const run = (adopt: unknown) => {
      const created: unknown[] = [];
      class Config {
        getObject = () => adopt;
      }
      class Deployment {
        constructor(...args: unknown[]) {
          created.push(args);
        }
      }
      const modules: Record<string, unknown> = {
        "@pulumi/pulumi": { Config, RunError: Error },
        "pulumi-onvera": { Deployment },
        "./resources.json": JSON.parse(files.get("resources.json") ?? ""),
      };
      try {
        new Function("require", files.get("index.js") ?? "")((name: string) => modules[name]);
      } catch (error) {
        return { created, error: (error as Error).message };
      }
      return { created };
    };
    const args = (name: string) => [name, { appType: "airflow", name }, { protect: true }];
    expect(run({ etl: "dep_etl", constructor: "dep_constructor" })).to.deep.equal({
      created: [args("etl"), args("constructor")],
    });
    expect(run({ etl: "dep_etl" })).to.deep.equal({
      created: [],
      error: 'onvera:adopt does not name the deployment of "constructor", so nothing was imported; please report this',
    });
    expect(run(undefined)).to.deep.include({ created: [] });
  });

  const stateFile = () => join(folder, "state.json");
  const write = (path: string, ...resources: unknown[]) =>
    writeFileSync(path, JSON.stringify({ version: 3, deployment: { resources } }));
  const stored = () => JSON.parse(readFileSync(stateFile(), "utf8")).deployment.resources;
  const resource = (key: string, id: string) => ({
    urn: urnOf({ project: stateImport([]).project, stackName: "dev", key, type: dynamicType }),
    type: dynamicType,
    id,
  });

  /** A Pulumi CLI whose `up` leaves these resources in the state, which is empty before. */
  function writeCli(...afterUp: unknown[]): void {
    write(stateFile());
    write(join(folder, "after-up"), ...afterUp);
    writeFileSync(
      join(folder, "pulumi"),
      `#!/usr/bin/env node
      const { copyFileSync, readFileSync } = require("node:fs");
      const args = process.argv.slice(2);
      const state = ${JSON.stringify(stateFile())};
      if (args[0] === "up") copyFileSync(${JSON.stringify(join(folder, "after-up"))}, state);
      if (args[1] === "export") process.stdout.write(readFileSync(state));
      if (args[1] === "import") copyFileSync(args[3], state);`,
    );
    chmodSync(join(folder, "pulumi"), 0o755);
  }

  it("fails, and reverts the state, if the state has another deployment than the one to adopt", async () => {
    writeCli(resource("etl", "dep_etl"), resource("2024-01-01", "dep_new"));
    const options = stateImport([entry("etl"), entry("2024-01-01")]);
    const error = await importWithDynamicProvider(options).catch((reason: unknown) => reason);
    expect(error)
      .to.be.an("error")
      .with.property("message", '"2024-01-01" has dep_new in the state, expected dep_2024-01-01');
    expect(await options.undo.run()).to.deep.equal([
      "deployment dep_new on Onvera, which this run may have created (check it, and destroy it if nobody needs it)",
    ]);
    expect(stored()).to.deep.equal([]);
  });

  it("reverts the state, but keeps what another run has created in the meantime", async () => {
    const type = "pulumi:providers:pulumi-nodejs";
    const provider = { urn: `urn:pulumi:dev::shop::${type}::default`, type, id: "p", inputs: {}, outputs: {} };
    const options = stateImport([entry("etl")]);
    writeCli(provider, resource("etl", "dep_etl"));
    await importWithDynamicProvider(options);
    write(stateFile(), provider, resource("etl", "dep_etl"), resource("other", "dep_other"));
    expect(await options.undo.run()).to.deep.equal([]);
    expect(stored()).to.deep.equal([provider, resource("other", "dep_other")]);

    const alone = stateImport([entry("etl")]);
    writeCli(provider, resource("etl", "dep_etl"));
    await importWithDynamicProvider(alone);
    await alone.undo.run();
    expect(stored()).to.deep.equal([]);
  });
});
