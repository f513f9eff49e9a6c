import { expect } from "chai";
import { countSteps, messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";

describe("resource options of the dynamic provider", () => {
  const start = useHarness();

  it("protect keeps a deployment, and retainOnDelete only removes it from the state", async () => {
    const program = (protect: boolean) => `
      const kept = new Deployment("kept", { appType: "airflow" }, { retainOnDelete: true });
      new Deployment("etl", { appType: "airflow" }, { dependsOn: kept, protect: ${protect} });`;
    const harness = await start({ program: program(true) });
    await harness.project.up();
    const { id } = await harness.project.resource("kept");
    const rejected = await harness.project.destroy({ mayFail: true });
    expect(rejected.code).not.to.equal(0);
    await harness.expectAgreement();
    harness.setProgram(program(false));
    expect(stepsByResource((await harness.project.up()).events)).to.deep.equal({ kept: ["same"], etl: ["same"] });
    await harness.project.destroy();
    expect(harness.platformIds()).to.deep.equal([id]);
    expect(await harness.stateIds()).to.deep.equal([]);
    expect(harness.countRequests("DELETE", new RegExp(String(id)))).to.equal(0);
  });

  it("ignoreChanges keeps a deployment that was renamed outside Pulumi", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
    await harness.project.up();
    await harness.control.deployments.rename("etl", "renamed");
    expect(stepsByResource((await harness.project.preview()).events)["etl"]).to.include("replace");
    const ignoring = (property: string) =>
      `new Deployment("etl", { appType: "airflow", name: "etl" }, { ignoreChanges: ["${property}"] });`;
    for (const property of ["*", "name"]) {
      harness.setProgram(ignoring(property));
      expect(stepsByResource((await harness.project.preview()).events)["etl"], property).to.deep.equal(["same"]);
    }
    await harness.project.refresh();
    expect(stepsByResource((await harness.project.up()).events)["etl"]).to.deep.equal(["same"]);
    expect((await harness.project.resource("etl")).outputs?.["name"]).to.equal("renamed");
  });

  it("parent and dependsOn order a component, and a preview accepts an unknown name", async () => {
    const harness = await start({
      program: `
        const { ComponentResource } = require("@pulumi/pulumi");
        const parent = new ComponentResource("test:index:Data", "data");
        const first = new Deployment("first", { appType: "airflow" }, { parent });
        const second = new Deployment("second", { appType: "superset" }, { parent, dependsOn: first });
        new Deployment("third", { appType: "superset", name: second.deploymentId.apply((id) => "beside-" + id) });`,
    });
    const steps = (operation: string) => ({
      data: [operation],
      first: [operation],
      second: [operation],
      third: [operation],
    });
    expect(stepsByResource((await harness.project.preview()).events)).to.deep.equal(steps("create"));
    await harness.project.up();
    const { id } = await harness.project.resource("second");
    expect((await harness.project.resource("third")).outputs?.["name"]).to.equal(`beside-${id}`);
    expect(stepsByResource((await harness.project.up()).events)).to.deep.equal(steps("same"));
    await harness.expectAgreement();
    await harness.project.destroy();
    const operations = harness.control
      .state()
      .operations.map(({ type, deployment_name: name }) => `${type} ${name.split("-")[0]}`);
    expect(operations.reverse()).to.deep.equal([
      "deployment.create first",
      "deployment.create second",
      "deployment.create beside",
      "deployment.destroy beside",
      "deployment.destroy second",
      "deployment.destroy first",
    ]);
  });

  it("aliases give a resource another name and parent, and leave the deployment unchanged", async () => {
    const harness = await start({ program: `new Deployment("old", { appType: "airflow" });` });
    await harness.project.up();
    const before = await harness.project.resource("old");
    harness.setProgram(`
      const pulumi = require("@pulumi/pulumi");
      class Team extends pulumi.ComponentResource {
        constructor(name) {
          super("example:index:Team", name);
          const aliases = [{ name: "old", parent: pulumi.rootStackResource }];
          new Deployment("new", { appType: "airflow" }, { parent: this, aliases });
        }
      }
      new Team("data");`);
    const { events } = await harness.project.up();
    expect(stepsByResource(events)["new"]).to.deep.equal(["same"]);
    const after = await harness.project.resource("new");
    expect(after.id).to.equal(before.id);
    expect(after.outputs).to.deep.equal(before.outputs);
    expect(harness.countRequests("POST")).to.equal(1);
  });

  it("customTimeouts limit the create and the delete, and can change without a change of the deployment", async () => {
    const program = (timeouts: string) =>
      `new Deployment("etl", { appType: "airflow" }, { customTimeouts: ${timeouts} });`;
    const harness = await start({ program: program(`{ create: "5m" }`) });
    await harness.project.up();
    const { id } = await harness.project.resource("etl");
    harness.setProgram(program(`{ create: "an hour" }`));
    const wrong = await harness.project.preview({ mayFail: true });
    expect(messages(wrong.events).join("\n")).to.contain(
      'Deployment "etl": customTimeouts.create: expected a duration such as "45m" or "1h30m", got "an hour"',
    );
    harness.setProgram(program(`{ create: "5m", delete: "5s" }`));
    expect(stepsByResource((await harness.project.up()).events)["etl"]).to.deep.equal(["update"]);
    expect((await harness.project.resource("etl")).outputs?.["timeouts"]).to.deep.equal({ create: 300, delete: 5 });
    expect(countSteps((await harness.project.up()).events)).to.deep.equal({ same: 1 });
    expect(harness.countRequests("POST")).to.equal(1);

    await harness.control.clock.pause();
    const late = await harness.project.destroy({ mayFail: true });
    expect(messages(late.events).join("\n"))
      .to.contain("is not finished after 5 s")
      .and.to.contain("customTimeouts.delete");
    expect(await harness.stateIds()).to.deep.equal([id]);
    await harness.control.clock.resume();
    await harness.project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
    expect(harness.countRequests("DELETE"), "the second destroy waits for the first").to.be.at.most(2);
  });
});
