import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Ended } from "../../scripts/engine/command";
import { dynamicHost, pluginHost } from "../../scripts/engine/hosts";
import { repositoryRoot, stackName } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";

const command = join(repositoryRoot, "bin", "pulumi-onvera");

describe("pulumi-onvera import", () => {
  const start = useHarness();

  for (const { form, host, file } of [
    { form: "yaml", host: pluginHost, file: "Pulumi.yaml" },
    { form: "typescript", host: dynamicHost, file: "index.ts" },
    { form: "typescript-plugin", host: pluginHost, file: "index.ts" },
    { form: "manifest", host: dynamicHost, file: "deployments.yaml" },
  ]) {
    it(`imports an organization of 20 into a new project with one command and no diff: ${form}`, async () => {
      const harness = await start({});
      const ids = await createOrganization(harness);
      const folder = emptyFolder(harness);
      // The CLI finds it relative to the folder that it runs in.
      mkdirSync(join(folder, "state"));
      const backend = { PULUMI_BACKEND_URL: "file://./state" };
      const { code, stdout, stderr } = await run(harness, ["--cwd", folder, "--program", form], backend);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.include('imported 20 deployments into the stack "dev"; the preview shows no change to them');
      expect(stdout)
        .to.include(`created ${file}\n`)
        .and.to.match(/left out: "broken" \(\S+\): it is failed/);
      expect(nonGetRequests(harness)).to.deep.equal([]);

      const up = await pulumi(harness, folder, ["up", "--yes", "--skip-preview", "--expect-no-changes"], backend);
      expect(up.code, up.stdout + up.stderr).to.equal(0);
      const resources = await resourcesIn(harness, folder, backend);
      const imported = resources.filter(({ type }) => type === host.type);
      expect(imported.map(({ id }) => id).sort()).to.deep.equal([...ids].sort());
      expect(imported.every(({ protect }) => protect === true)).to.equal(true);
      expect(nonGetRequests(harness)).to.deep.equal([]);
      expect(stdout + stderr + readFileSync(join(folder, file), "utf8")).to.not.include(harness.emulator.apiKey);
      expect(readdirSync(folder).filter((name) => name.includes("import"))).to.deep.equal([]);
    });
  }

  it("imports what an existing stack does not manage, and leaves its other resources and outputs alone", async () => {
    const harness = await start({ program: existingProgram });
    const { project, control } = harness;
    await project.up();
    for (const [name, appType] of [
      ["etl", "airflow"],
      ["etl-2", "airflow"],
      ["reports", "superset"],
    ] as const) {
      await control.deployments.create({ appType, name });
    }
    control.requests.clear();
    const program = readFileSync(join(project.folder, "index.js"), "utf8");
    harness.setProgram(`${existingProgram}\nnew Deployment("later", { appType: "airflow" });`);

    const { code, stdout, stderr } = await run(harness, ["--stack", stackName, "--name", "etl*"]);
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.include("imported 2 deployments")
      .and.to.include("created onvera-deployments.js\nchanged index.js\n");
    expect(stdout).to.match(/^the preview shows changes to other resources, which the import has not caused:/m);
    expect(stdout).to.match(/^ *later: create$/m);
    expect(stdout).to.include("left out: 1 deployment that the stack manages already");
    expect(await outputs(harness), "the stack's outputs").to.deep.equal({ kept: "value" });
    expect((await project.resource("etl-managed")).id).to.be.a("string");
    expect(nonGetRequests(harness)).to.deep.equal([]);

    const added = await run(harness, ["--stack", stackName, "--type", "superset"]);
    expect(added.code, added.stderr).to.equal(0);
    expect(added.stdout).to.include("created onvera-deployments-2.js\nchanged index.js\n");
    project.write("index.js", `${program}require("./onvera-deployments");\nrequire("./onvera-deployments-2");\n`);
    await project.up({ flags: ["--expect-no-changes"] });
    await harness.expectAgreement();
    expect((await run(harness, ["--stack", stackName])).stdout).to.equal(
      "nothing to import\nleft out: 4 deployments that the stack manages already\n",
    );
  });

  it("restores the state and the files if a step fails, and says so", async () => {
    const harness = await start({ program: existingProgram });
    const { project, control } = harness;
    await project.up();
    const broken = await control.deployments.create({ appType: "airflow", name: "etl" });
    await control.deployments.create({ appType: "airflow", name: "other" });
    const before = { state: await stateOf(harness), outputs: await outputs(harness), files: files(project.folder) };
    const expectNothingChanged = async (ended: Ended, reason: RegExp) => {
      expect(ended.code, ended.stderr).to.equal(1);
      expect(ended.stderr)
        .to.match(reason)
        .and.to.match(/^Nothing was changed\.$/m);
      expect({
        state: await stateOf(harness),
        outputs: await outputs(harness),
        files: files(project.folder),
      }).to.deep.equal(before);
    };

    // The program does not load what the import adds, as if it had a condition before it.
    const program = readFileSync(join(project.folder, "index.js"), "utf8");
    project.write("index.js", `${program}\nprocess.exit(0);\n`);
    before.files = files(project.folder);
    const ignored = await run(harness, ["--stack", stackName]);
    await expectNothingChanged(ignored, /the preview after the import shows changes|`\S+ preview` ended/);

    // The import itself fails half way: one of two deployments cannot be read.
    project.write("index.js", program);
    before.files = files(project.folder);
    control.faults.add({
      match: { path: `/deployments/${broken.id}`, times: "always" },
      action: { type: "answer", status: 404 },
    });
    const unreadable = await run(harness, ["--stack", stackName]);
    await expectNothingChanged(
      unreadable,
      /`pulumi up` ended with code \d+: etl: deployment \S+ cannot be adopted .*exist$/m,
    );

    // The provider plugin is refused what this command could read.
    control.faults.clear();
    const refused = { type: "answer", status: 403 } as const;
    control.faults.add({ match: { path: /deployments/, nth: 2, times: "always" }, action: refused });
    const folder = emptyFolder(harness);
    const unusable = await run(harness, ["--cwd", folder, "--program", "yaml"]);
    expect(unusable.code).to.equal(1);
    expect(unusable.stderr)
      .to.match(/`pulumi import` ended with code \d+: /)
      .and.to.match(/^Nothing was changed\.$/m);
    expect(readdirSync(folder)).to.deep.equal(["node_modules"]);
    expect((await project.run(["stack", "ls", "--all", "--json"])).stdout).to.not.include("organization");
    expect(nonGetRequests(harness).filter((request) => !request.startsWith("POST"))).to.deep.equal([]);
  });

  it("reverts what it has done after Ctrl-C", async () => {
    const harness = await start({ program: existingProgram });
    const { project, control } = harness;
    await project.up();
    await control.deployments.create({ appType: "airflow", name: "etl" });
    const before = { state: await stateOf(harness), files: files(project.folder) };
    control.faults.add({
      match: { path: "/deployments/*", times: "always" },
      action: { type: "hang" },
    });
    const reads = control.requests.next({ method: "GET", path: "/deployments/*" });
    const running = project.exec(command, ["import", "--stack", stackName], { env: accessOf(harness) });
    await reads;
    running.signal("SIGINT");
    // The engine lets a create that runs complete.
    control.faults.clear();
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr)
      .to.match(/interrupted$/m)
      .and.to.match(/^Nothing was changed\.$/m);
    expect({ state: await stateOf(harness), files: files(project.folder) }).to.deep.equal(before);
  });

  it("prints the files and the commands, and changes nothing, with --print", async () => {
    const harness = await start({ program: existingProgram });
    const { project, control } = harness;
    await project.up();
    const { id } = await control.deployments.create({ appType: "airflow", name: "etl" });
    const before = { state: project.stateText(), files: files(project.folder) };
    const dynamic = await run(harness, ["--stack", stackName, "--print"]);
    expect(dynamic.code, dynamic.stderr).to.equal(0);
    expect(dynamic.stdout).to.include(`pulumi config set --path 'onvera:adopt.etl' ${id}\npulumi up\n`);
    expect(dynamic.stdout)
      .to.match(/^--- \S+onvera-deployments\.js \(new\)$/m)
      .and.to.match(/^--- \S+index\.js \(changed\)$/m);
    const plugin = await run(harness, ["--cwd", emptyFolder(harness), "--program", "yaml", "--name", "etl", "--print"]);
    expect(plugin.stdout).to.include("pulumi import --file import.json").and.to.include(`"id": "${id}"`);
    expect({ state: project.stateText(), files: files(project.folder) }).to.deep.equal(before);
    expect(readdirSync(join(project.root, "organization"))).to.deep.equal(["node_modules"]);
  });

  it("says what does not fit: a form of program, a missing package, a missing key", async () => {
    const harness = await start({});
    await harness.control.deployments.create({ appType: "airflow", name: "etl" });
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(harness, args);
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      return stderr;
    };
    expect(await said("--stack", stackName, "--program", "yaml")).to.include("--program yaml does not fit the project");
    expect(await said("--stack", "nope")).to.match(/no stack named 'nope' found/);
    const yaml = join(harness.project.root, "yaml");
    mkdirSync(yaml);
    writeFileSync(join(yaml, "Pulumi.yaml"), "name: a\nruntime: yaml\n");
    writeFileSync(join(yaml, "Main.yaml"), "resources: {}\n");
    expect(await said("--cwd", yaml)).to.match(/the program is \S+Main\.yaml; only a program in Pulumi\.yaml itself/);
    const bare = join(harness.project.root, "bare");
    mkdirSync(bare);
    expect(await said("--cwd", bare, "--program", "manifest")).to.include(
      "run `npm install pulumi-onvera @pulumi/pulumi`",
    );
    for (const name of ["pulumi-onvera", "@pulumi/pulumi"]) {
      const folder = join(bare, "node_modules", name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "0.0.1" }));
    }
    expect(await said("--cwd", bare, "--program", "typescript-plugin")).to.include(
      "has no pulumi-onvera/plugin; update it",
    );
    const withoutKey = await harness.project.exec(command, ["import", "--cwd", emptyFolder(harness)]).ended;
    expect(withoutKey.stderr).to.include("no API key for Onvera is set").and.to.include("Nothing was changed.");
  });
});

const existingProgram = `
  new Deployment("etl-managed", { appType: "airflow", name: "etl-managed" });
  exports.kept = "value";`;

async function createOrganization({ control }: Harness): Promise<string[]> {
  const created = [];
  // Pulumi's YAML 1.1 reads some names as a date or a number.
  const names = ["same name", "same name", "same name", "2024-01-01", "1_000", "0b11", "yes"];
  for (let number = 0; number < 20; number += 1) {
    const appType = number % 2 === 0 ? "airflow" : "superset";
    created.push(await control.deployments.create({ appType, name: names[number] ?? `team-${number}` }));
  }
  await control.deployments.create({ appType: "superset", name: "broken", status: "failed" });
  return created.map(({ id }) => id);
}

/** A folder with the installed packages, and nothing else. */
function emptyFolder({ project }: Harness): string {
  const folder = join(project.root, "organization");
  mkdirSync(folder);
  symlinkSync(join(project.folder, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

/** The state with its secrets left out: the engine encrypts them anew with each write. */
async function stateOf({ project }: Harness): Promise<unknown> {
  const text = JSON.stringify(await project.state());
  return JSON.parse(text.replaceAll(/"ciphertext":"[^"]*"/g, '"ciphertext":"…"'));
}

/** The project's own files, by name. */
function files(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(entries.map(({ name }) => [name, readFileSync(join(folder, name), "utf8")]));
}

type Env = Record<string, string>;

function accessOf({ emulator }: Harness): Env {
  return { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
}

function run(harness: Harness, args: readonly string[], env: Env = {}): Promise<Ended> {
  const options = { env: { ...accessOf(harness), ...env }, timeoutMs: 240_000 };
  return harness.project.exec(command, ["import", ...args], options).ended;
}

/** The CLI in another folder. */
function pulumi(harness: Harness, folder: string, args: readonly string[], env: Env): Promise<Ended> {
  return harness.project.run([...args, "--cwd", folder], { env: { ...accessOf(harness), ...env }, mayFail: true });
}

async function resourcesIn(harness: Harness, folder: string, env: Env) {
  const { stdout } = await pulumi(harness, folder, ["stack", "export"], env);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { type: string; id?: string; protect?: boolean }[] };
  };
  return deployment.resources;
}

async function outputs({ project }: Harness): Promise<unknown> {
  return JSON.parse((await project.run(["stack", "output", "--json", "--stack", stackName])).stdout);
}

function nonGetRequests({ control }: Harness): string[] {
  const { requests } = control.requests.list();
  return requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
}
