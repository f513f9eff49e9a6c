import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { repositoryRoot } from "../support/engine";
import { runTool } from "../support/packing";

interface Started {
  readonly url: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly pid: number;
}

describe("the emulator's package, installed in an empty folder", () => {
  let folder: string;
  let child: ChildProcess | undefined;

  before(async function () {
    this.timeout(180_000);
    folder = mkdtempSync(join(tmpdir(), "emulator-package-"));
    const pack = ["pack", "--json", "--workspace", "emulator", "--pack-destination", folder];
    const [{ filename }] = JSON.parse((await runTool("npm", pack, repositoryRoot)).stdout) as [{ filename: string }];
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    await runTool("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`], folder);
  });
  afterEach(kill);
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Kills the whole process group: npx starts the emulator, and `unshare` starts process 1 of the namespace. */
  async function kill(): Promise<void> {
    const { pid, exitCode, signalCode } = child ?? {};
    if (child === undefined || pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(child, "exit");
    process.kill(-pid, "SIGKILL");
    await ended;
  }

  async function start(command: string, args: readonly string[]): Promise<Started> {
    child = spawn(command, args, { cwd: folder, detached: true, stdio: ["ignore", "pipe", "inherit"] });
    if (child.stdout === null) throw new Error("the child has no output");
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return JSON.parse(line) as Started;
  }

  it("runs with npx, and serves the API, the console and the documentation", async () => {
    const { url, baseUrl, apiKey } = await start("npx", ["--no-install", "onvera-emulator", "--port", "0", "--json"]);
    const paths = [`${url}/`, `${url}/console/main.js`, `${url}/docs`, `${baseUrl}/openapi.json`];
    for (const path of paths) expect((await fetch(path)).status, path).to.equal(200);
    const response = await fetch(`${baseUrl}/deployments`, { headers: { "x-api-key": apiKey } });
    expect(await response.json())
      .to.have.nested.property("data.items")
      .that.deep.equals([]);
  });

  it("keeps its data when it is killed and restarted as process 1 of a container, with the image's command", async function () {
    const namespace = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    if (spawnSync("unshare", [...namespace, "true"]).status !== 0) {
      process.stderr.write("    skipped: this machine does not allow PID namespaces\n");
      this.skip();
    }
    const image = readFileSync(join(repositoryRoot, "emulator", "Dockerfile"), "utf8");
    const [, entry = "[]"] = /^ENTRYPOINT (.*)$/m.exec(image) ?? [];
    const installed = join(folder, "node_modules", "onvera-emulator");
    const data = join(folder, "data");
    mkdirSync(data);
    const command = (JSON.parse(entry) as string[]).map((word) =>
      word.replace("dist/main.js", join(installed, "dist", "main.js")).replace("/data/", `${data}/`),
    );
    expect(command).to.include.members(["--host", "0.0.0.0", "--data", join(data, "emulator")]);
    const container = [...namespace, ...command, "--port", "0", "--json"];

    const first = await start("unshare", container);
    expect(first.pid).to.equal(1);
    const headers = { "x-api-key": first.apiKey, "content-type": "application/json" };
    const body = JSON.stringify({ app_type: "airflow", name: "etl" });
    expect((await fetch(`${first.baseUrl}/deployments`, { method: "POST", headers, body })).status).to.equal(202);
    await kill();

    const second = await start("unshare", container);
    expect(second).to.include({ pid: 1, apiKey: first.apiKey });
    const response = await fetch(`${second.baseUrl}/deployments`, { headers });
    expect(await response.json()).to.have.nested.property("data.items[0].name", "etl");
  });
});
