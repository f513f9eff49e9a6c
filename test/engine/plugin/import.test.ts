import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse } from "yaml";
import { countSteps, messages, repositoryRoot } from "../../support/engine";
import { deployment, reference, useYamlHarness } from "../../support/plugin-yaml";

const type = "onvera:index:Deployment";

describe("pulumi import", () => {
  const start = useYamlHarness();

  it("imports a deployment with code that needs no change, and reports an unknown id", async () => {
    const { harness, setYaml } = await start({});
    const { id } = await harness.control.deployments.create({ appType: "airflow", name: "old" });
    const { stdout } = await harness.project.import(type, "etl", id);
    setYaml(parse(stdout.slice(stdout.indexOf("resources:"))));
    const up = await harness.project.up({ flags: ["--expect-no-changes"] });
    expect(countSteps(up.events)).to.deep.equal({ same: 1 });
    expect(await harness.project.resource("etl")).to.deep.include({ id, inputs: { appType: "airflow", name: "old" } });

    const unknown = await harness.project.import(type, "nope", "dep_nope", { mayFail: true });
    expect(unknown.stdout).to.contain("resource 'dep_nope' does not exist");
    await harness.expectAgreement();
  });

  it("imports a whole organization with the file that import-file writes", async () => {
    const { harness, setYaml } = await start({});
    const { control, emulator, project } = harness;
    for (const name of ["etl", "etl", "our data"]) await control.deployments.create({ appType: "airflow", name });
    await control.deployments.create({ appType: "superset", name: "broken", status: "failed" });
    const env = { PATH: process.env["PATH"], ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
    const plugin = join(repositoryRoot, "bin", "pulumi-resource-onvera");
    const printed = await promisify(execFile)(plugin, ["import-file"], { env });
    expect(printed.stderr).to.contain('omitted: "broken"');
    project.write("import.json", printed.stdout);
    const { stdout } = await project.run(["import", "--file", "import.json", "--yes", "--skip-preview"]);
    setYaml(parse(stdout.slice(stdout.indexOf("resources:"))));
    const up = await project.up({ flags: ["--expect-no-changes"] });
    expect(countSteps(up.events)).to.deep.equal({ same: 3 });
    expect(await harness.stateIds()).to.have.length(3);
  });

  it("imports a deployment that the program reads as well", async () => {
    const { harness, setYaml } = await start({});
    const { id } = await harness.control.deployments.create({ appType: "airflow", name: "etl" });
    const view = { type, get: { id } };
    setYaml({ resources: { view } });
    await harness.project.up();
    setYaml({ resources: { view, etl: deployment("airflow", { name: "etl" }, { import: id }) } });
    await harness.project.up({ flags: ["--refresh"] });
    const { events } = await harness.project.refresh();
    expect(messages(events).join("\n")).to.not.contain("the state has");
    await harness.project.up({ flags: ["--expect-no-changes"] });
    setYaml({ resources: { view } });
    await harness.project.up();
    expect(harness.platformIds()).to.deep.equal([]);
  });

  it("imports a deployment that the program reads with a state, or that an earlier release read", async () => {
    const { harness, setYaml } = await start({});
    const { project } = harness;
    const { id } = await harness.control.deployments.create({ appType: "airflow", name: "etl" });
    const resources = { view: { type, get: { id, state: { name: "etl" } } }, early: { type, get: { id } } };
    setYaml({ resources });
    await project.up();
    const state = JSON.parse((await project.run(["stack", "export"])).stdout);
    // Earlier releases did not mark what is only read.
    for (const { outputs } of state.deployment.resources) delete outputs?.__readOnly;
    await project.run(["stack", "import"], { stdin: JSON.stringify(state) });
    await project.refresh();
    const dependsOn = [reference("view"), reference("early")];
    setYaml({ resources: { ...resources, etl: deployment("airflow", { name: "etl" }, { import: id, dependsOn }) } });
    const { events } = await project.up({ flags: ["--refresh"] });
    expect(countSteps(events)).to.deep.include({ import: 1 });
    await project.up({ flags: ["--expect-no-changes"] });
  });

  it("does not import one deployment for two resources", async () => {
    const { harness, setYaml } = await start({});
    const { id } = await harness.control.deployments.create({ appType: "airflow", name: "etl" });
    const imported = () => deployment("airflow", { name: "etl" }, { import: id });
    setYaml({ resources: { one: imported(), two: imported() } });
    const refused = await harness.project.up({ mayFail: true });
    expect(messages(refused.events).join("\n")).to.match(/cannot be imported: \S+ imports it as well/);
    expect(await harness.stateIds()).to.have.length.at.most(1);
  });

  it("does not import or destroy a deployment that the stack holds under another name", async () => {
    const resource = (options = {}) => deployment("airflow", { name: "etl" }, options);
    const etl = resource();
    const { harness, setYaml } = await start({ resources: { etl } });
    const { emulator, project } = harness;
    await project.up();
    const ids = harness.platformIds();
    const copy = resource({ import: ids[0], dependsOn: [reference("etl")] });
    setYaml({ resources: { etl, copy } });
    const refused = await project.up({ mayFail: true });
    expect(messages(refused.events).join("\n")).to.contain("cannot be imported: the stack already holds it as");

    // For `pulumi import`, the engine does not read the state, so the provider cannot reject it.
    await project.import(type, "copy", ids[0] ?? "", { flags: ["--protect=false"] });
    setYaml({ resources: { etl } });
    const kept = await project.up({ mayFail: true });
    const [command = ""] = /pulumi state delete '[^']+'/.exec(messages(kept.events).join("\n")) ?? [];
    expect(command).to.contain("::copy");
    expect(harness.platformIds()).to.deep.equal(ids);
    const urn = /'(.+)'/.exec(command)?.[1] ?? "";
    await project.run(["state", "delete", urn, "--yes"]);
    await project.up({ flags: ["--expect-no-changes"] });
    await harness.expectAgreement();

    project.write("state.json", (await project.run(["stack", "export"])).stdout);
    const env = { PATH: process.env["PATH"], ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
    const plugin = join(repositoryRoot, "bin", "pulumi-resource-onvera");
    const printed = await promisify(execFile)(plugin, ["import-file", join(project.folder, "state.json")], { env });
    expect(JSON.parse(printed.stdout)).to.deep.equal({ resources: [] });
    expect(printed.stderr).to.contain("is already in the stack");
  });
});
