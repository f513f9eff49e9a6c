import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { Host } from "../../scripts/engine/hosts";
import { type BuiltArchive, buildArchives } from "../../scripts/plugin/build-archives";
import { hostPlatform } from "../../scripts/plugin/platforms";
import { repositoryRoot, stepsByResource } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";

const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };

/** Only what the engine finds by itself: the project names no plugin. */
const installedDoor: Host = { name: "the installed plugin", type: "onvera:index:Deployment", prelude: "" };

describe("installing the plugin", () => {
  const start = useHarness();
  const started: (ChildProcess | Server)[] = [];
  let scratch: string;
  let needingNode: BuiltArchive;
  let alone: BuiltArchive;

  before(async function () {
    const platform = hostPlatform();
    if (platform === undefined) return this.skip();
    scratch = mkdtempSync(join(tmpdir(), "plugin-archives-"));
    const only = [platform];
    [needingNode, alone] = (await Promise.all([
      buildArchives({ folder: join(scratch, "scripts"), only, scriptsOnly: true }).then(([built]) => built),
      buildArchives({ folder: join(scratch, "executables"), only }).then(([built]) => built),
    ])) as [BuiltArchive, BuiltArchive];
  });

  afterEach(() => {
    for (const one of started.splice(0)) {
      if ("close" in one) one.close();
      else one.kill("SIGKILL");
    }
  });

  after(() => rmSync(scratch ?? "", { recursive: true, force: true }));

  it("from a file: the archive runs the example with Node.js, and without any npm package", async () => {
    const world = await example();
    const install = ["plugin", "install", "resource", "onvera", version];
    await world.project.run([...install, "--file", needingNode.file]);
    const installed = join(world.project.root, "pulumi-home", "plugins", `resource-onvera-v${version}`);
    expect(readdirSync(installed)).to.include("pulumi-resource-onvera").and.to.not.include("node_modules");
    await expectExampleToRun(world);
    expect(readdirSync(installed), "compiled code for the next start").to.include("cache");
  });

  it("from a server: the archive for this platform runs the example without Node.js, too", async function () {
    if (alone.needs !== "nothing") return this.skip();
    const { url, asked } = await serve(join(scratch, "executables"));
    const empty = mkdtempSync(join(scratch, "empty-"));
    const world = await example({ PATH: empty });
    await world.project.run(["plugin", "install", "resource", "onvera", version, "--server", url]);
    expect(asked).to.deep.equal([basename(alone.file)]);
    await expectExampleToRun(world);
  });

  it("from the repository: what Pulumi's Node.js host starts in its folder is the plugin", async () => {
    // As the host does for PulumiPlugin.yaml's `runtime: nodejs`; the host that builds from public Go modules cannot yet.
    expect(parse(readFileSync(join(repositoryRoot, "PulumiPlugin.yaml"), "utf8"))).to.deep.equal({ runtime: "nodejs" });
    await expectExampleToStart(await example(), await hosted());
  });

  /** Starts the repository as the host would, for one command: at its end the engine cancels the plugin for good. */
  async function hosted(): Promise<Record<string, string>> {
    const runPlugin = join(repositoryRoot, "node_modules", "@pulumi", "pulumi", "cmd", "run-plugin");
    const plugin = spawn(process.execPath, [runPlugin, repositoryRoot, "127.0.0.1:1"], {
      cwd: tmpdir(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    started.push(plugin);
    const port = await new Promise<string>((resolve, reject) => {
      plugin.stdout.once("data", (text: Buffer) => resolve(text.toString().trim()));
      plugin.once("close", () => reject(new Error("the plugin told no port")));
    });
    return { PULUMI_DEBUG_PROVIDERS: `onvera:${port}` };
  }

  /** `examples/yaml` as it is, but for where its plugin lies. */
  function example(env: Record<string, string> = {}): Promise<Harness> {
    const { plugins: _, ...yaml } = parse(
      readFileSync(join(repositoryRoot, "examples", "yaml", "Pulumi.yaml"), "utf8"),
    );
    return start({ host: installedDoor, yaml, env });
  }

  async function expectExampleToRun(world: Harness): Promise<void> {
    await expectExampleToStart(world);
    await world.project.destroy();
    expect(world.platformIds()).to.deep.equal([]);
  }

  async function expectExampleToStart(world: Harness, env: Record<string, string> = {}): Promise<void> {
    const up = await world.project.up({ env });
    expect(stepsByResource(up.events)).to.deep.equal({ etl: ["create"], dashboards: ["create"] });
    await world.expectAgreement();
  }

  /** Any web server that offers the folder's files. */
  async function serve(folder: string): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer(({ url = "" }, response) => {
      asked.push(basename(url));
      response.end(readFileSync(join(folder, basename(url))));
    });
    started.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }
});
