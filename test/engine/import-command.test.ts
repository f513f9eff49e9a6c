import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { dynamicDoor, pluginDoor } from "../support/doors";
import { repositoryRoot, stackName } from "../support/engine";
import type { Ended } from "../support/engine-process";
import { useWorlds, type World } from "../support/world";

const command = join(repositoryRoot, "bin", "pulumi-onvera");

describe("pulumi-onvera import", () => {
  const start = useWorlds();

  for (const { form, door, file } of [
    { form: "yaml", door: pluginDoor, file: "Pulumi.yaml" },
    { form: "typescript", door: dynamicDoor, file: "index.ts" },
    { form: "manifest", door: dynamicDoor, file: "deployments.yaml" },
  ]) {
    it(`imports an organization of 20 into a new project with one command and no diff: ${form}`, async () => {
      const world = await start({});
      const ids = await createOrganization(world);
      const folder = emptyFolder(world);
      const { code, stdout, stderr } = await run(world, ["--cwd", folder, "--program", form]);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.include('imported 20 deployments into the stack "dev"; the preview shows no change to them');
      expect(stdout)
        .to.include(`created ${file}\n`)
        .and.to.match(/left out: "broken" \(\S+\): it is failed/);
      expect(nonGetRequests(world)).to.deep.equal([]);

      const up = await pulumi(world, folder, ["up", "--yes", "--skip-preview", "--expect-no-changes"]);
      expect(up.code, up.stdout + up.stderr).to.equal(0);
      const resources = await resourcesIn(world, folder);
      const imported = resources.filter(({ type }) => type === door.type);
      expect(imported.map(({ id }) => id).sort()).to.deep.equal([...ids].sort());
      expect(imported.every(({ protect }) => protect === true)).to.equal(true);
      expect(nonGetRequests(world)).to.deep.equal([]);
      expect(stdout + stderr + readFileSync(join(folder, file), "utf8")).to.not.include(world.emulator.apiKey);
      expect(readdirSync(folder).filter((name) => name.includes("import"))).to.deep.equal([]);
    });
  }

  it("imports what an existing stack does not manage, and leaves its other resources and outputs alone", async () => {
    const world = await start({ program: existingProgram });
    const { project, control } = world;
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
    world.setProgram(`${existingProgram}\nnew Deployment("later", { appType: "airflow" });`);

    const { code, stdout, stderr } = await run(world, ["--stack", stackName, "--name", "etl*"]);
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.include("imported 2 deployments")
      .and.to.include("created onvera-deployments.js\nchanged index.js\n");
    expect(stdout).to.match(/^the preview shows changes to other resources, which the import has not caused:/m);
    expect(stdout).to.match(/^ *later: create$/m);
    expect(stdout).to.include("left out: 1 deployment that the stack manages already");
    expect(await outputs(world), "the stack's outputs").to.deep.equal({ kept: "value" });
    expect((await project.resource("etl-managed")).id).to.be.a("string");
    expect(nonGetRequests(world)).to.deep.equal([]);

    const added = await run(world, ["--stack", stackName, "--type", "superset"]);
    expect(added.code, added.stderr).to.equal(0);
    expect(added.stdout).to.include("created onvera-deployments-2.js\nchanged index.js\n");
    project.write("index.js", `${program}require("./onvera-deployments");\nrequire("./onvera-deployments-2");\n`);
    await project.up({ flags: ["--expect-no-changes"] });
    await world.expectAgreement();
    expect((await run(world, ["--stack", stackName])).stdout).to.equal(
      "nothing to import\nleft out: 4 deployments that the stack manages already\n",
    );
  });
});

const existingProgram = `
  new Deployment("etl-managed", { appType: "airflow", name: "etl-managed" });
  exports.kept = "value";`;

async function createOrganization({ control }: World): Promise<string[]> {
  const created = [];
  for (let number = 0; number < 20; number += 1) {
    const appType = number % 2 === 0 ? "airflow" : "superset";
    created.push(await control.deployments.create({ appType, name: number < 3 ? "same name" : `team-${number}` }));
  }
  await control.deployments.create({ appType: "superset", name: "broken", status: "failed" });
  return created.map(({ id }) => id);
}

/** A folder with the installed packages, and nothing else. */
function emptyFolder({ project }: World): string {
  const folder = join(project.root, "organization");
  mkdirSync(folder);
  symlinkSync(join(project.folder, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

function accessOf({ emulator }: World): Record<string, string> {
  return { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
}

function run(world: World, args: readonly string[]): Promise<Ended> {
  return world.project.exec(command, ["import", ...args], { env: accessOf(world) }).ended;
}

/** The CLI in another folder. */
function pulumi(world: World, folder: string, args: readonly string[]): Promise<Ended> {
  return world.project.run([...args, "--cwd", folder], { env: accessOf(world), mayFail: true });
}

async function resourcesIn(world: World, folder: string) {
  const { stdout } = await pulumi(world, folder, ["stack", "export"]);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { type: string; id?: string; protect?: boolean }[] };
  };
  return deployment.resources;
}

async function outputs({ project }: World): Promise<unknown> {
  return JSON.parse((await project.run(["stack", "output", "--json", "--stack", stackName])).stdout);
}

function nonGetRequests({ control }: World): string[] {
  const { requests } = control.requests.list();
  return requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
}
