import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse } from "yaml";
import { countSteps, repositoryRoot } from "../../support/engine";
import { useYamlWorlds } from "../../support/plugin-yaml";

const type = "onvera:index:Deployment";

describe("pulumi import", () => {
  const start = useYamlWorlds();

  it("takes over one deployment, and its printed code has nothing to do; an unknown id says so", async () => {
    const { world, setYaml } = await start({});
    const { id } = await world.control.deployments.create({ appType: "airflow", name: "old" });
    const { stdout } = await world.project.import(type, "etl", id);
    setYaml(parse(stdout.slice(stdout.indexOf("resources:"))));
    const up = await world.project.up({ flags: ["--expect-no-changes"] });
    expect(countSteps(up.events)).to.deep.equal({ same: 1 });
    expect(await world.project.resource("etl")).to.deep.include({ id, inputs: { appType: "airflow", name: "old" } });

    const unknown = await world.project.import(type, "nope", "dep_nope", { mayFail: true });
    expect(unknown.stdout).to.contain("resource 'dep_nope' does not exist");
    await world.expectAgreement();
  });

  it("takes over a whole organization, with the file that one command writes", async () => {
    const { world, setYaml } = await start({});
    const { control, emulator, project } = world;
    for (const name of ["etl", "etl", "our data"]) await control.deployments.create({ appType: "airflow", name });
    await control.deployments.create({ appType: "superset", name: "broken", status: "failed" });
    const env = { PATH: process.env["PATH"], ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
    const plugin = join(repositoryRoot, "bin", "pulumi-resource-onvera");
    const printed = await promisify(execFile)(plugin, ["import-file"], { env });
    expect(printed.stderr).to.contain('left out: "broken"');
    project.write("import.json", printed.stdout);
    const { stdout } = await project.run(["import", "--file", "import.json", "--yes", "--skip-preview"]);
    setYaml(parse(stdout.slice(stdout.indexOf("resources:"))));
    const up = await project.up({ flags: ["--expect-no-changes"] });
    expect(countSteps(up.events)).to.deep.equal({ same: 3 });
    expect(await world.stateIds()).to.have.length(3);
  });
});
