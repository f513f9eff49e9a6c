import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Emulator, startEmulator } from "../../../../emulator/src/index";

const main = join(__dirname, "..", "..", "..", "..", "provider", "plugin", "main.ts");

/** Runs the plugin's executable. One that serves is stopped when it has printed its port. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["--import=tsx", main, ...args], {
    env: { PATH: process.env["PATH"], ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    stdout += part;
    if (/^\d+\n/.test(stdout)) child.kill("SIGTERM");
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

describe("pulumi-resource-onvera import-file", () => {
  let emulator: Emulator;
  let folder: string;
  let file: string;
  beforeEach(async () => {
    emulator = await startEmulator();
    folder = mkdtempSync(join(tmpdir(), "import-file-"));
    file = join(folder, "state.json");
  });
  afterEach(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true });
  });
  const access = (): NodeJS.ProcessEnv => ({ ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl });

  it("gives a new deployment no name that a resource of the stack has", async () => {
    const held = await emulator.control.deployments.create({ appType: "airflow", name: "etl" });
    const added = await emulator.control.deployments.create({ appType: "airflow", name: "etl" });
    const resources = [{ urn: "urn:pulumi:dev::shop::onvera:index:Deployment::etl", id: held.id }];
    writeFileSync(file, JSON.stringify({ version: 3, deployment: { resources } }));
    const { code, stdout, stderr } = await run(["import-file", file], access());
    expect(code, stderr).to.equal(0);
    const type = "onvera:index:Deployment";
    expect(JSON.parse(stdout)).to.deep.equal({ resources: [{ type, name: "etl-2", id: added.id }] });
  });

  it("reports what a user can correct in one line, without the content of a file", async () => {
    const fail = async (args: readonly string[], env: NodeJS.ProcessEnv) => {
      const { code, stdout, stderr } = await run(["import-file", ...args], env);
      expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr.trimEnd()).to.not.include("\n");
      return stderr;
    };
    expect(await fail([file], access())).to.match(/^".*state\.json" cannot be read: ENOENT/);
    for (const text of ["password=hunter2", '{"deployment":{"resources":[{"password":"hunter2"}]}}']) {
      writeFileSync(file, text);
      const stderr = await fail([file], access());
      expect(stderr).to.match(/^".*state\.json" is not the output of `pulumi stack export`$/m);
      expect(stderr).to.not.include("hunter2");
    }
    const wrongKey = { ...access(), ONVERA_API_KEY: "onv_sk_live_other" };
    expect(await fail([], wrongKey)).to.match(/^GET \/deployments\S* failed with 401 /);
  });
});

describe("pulumi-resource-onvera", () => {
  it("prints its usage instead of a port for help and for mistakes", async () => {
    const help = await run(["--help"]);
    expect(help).to.deep.include({ code: 0, stderr: "" });
    expect(help.stdout).to.match(/^Usage: pulumi-resource-onvera /);
    expect(await run(["import-fil"])).to.deep.equal({ code: 1, stdout: "", stderr: help.stdout });
  });

  it("serves the engine at the address that follows its flags", async () => {
    const { code, stdout } = await run(["--logtostderr", "-v=3", "127.0.0.1:9"]);
    expect(stdout).to.match(/^\d+\n$/);
    expect(code).to.equal(0);
  });
});
