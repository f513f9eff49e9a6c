import { expect } from "chai";
import { countSteps, messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";

describe("resource options of the dynamic resource", () => {
  const start = useHarness();

  it("protect refuses the destroy, until it is taken away", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow" }, { protect: true });` });
    await harness.project.up();
    const refused = await harness.project.destroy({ mayFail: true });
    expect(refused.code).not.to.equal(0);
    await harness.expectAgreement();
    harness.setProgram(`new Deployment("etl", { appType: "airflow" });`);
    expect(stepsByResource((await harness.project.up()).events)["etl"]).to.deep.equal(["same"]);
    await harness.project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
  });

  it("retainOnDelete forgets the deployment and leaves it running", async () => {
    const harness = await start({
      program: `new Deployment("etl", { appType: "airflow" }, { retainOnDelete: true });`,
    });
    await harness.project.up();
    const [id] = harness.platformIds();
    harness.control.requests.clear();
    await harness.project.destroy();
    expect(harness.platformIds()).to.deep.equal([id]);
    expect(await harness.stateIds()).to.deep.equal([]);
    expect(harness.countRequests("DELETE")).to.equal(0);
  });

  it("ignoreChanges keeps a deployment whose name somebody has changed", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
    await harness.project.up();
    await harness.control.deployments.rename("etl", "renamed");
    await harness.project.refresh();
    const named = await harness.project.preview();
    expect(stepsByResource(named.events)["etl"]).to.include("replace");
    harness.setProgram(`new Deployment("etl", { appType: "airflow", name: "etl" }, { ignoreChanges: ["name"] });`);
    expect(stepsByResource((await harness.project.up()).events)["etl"]).to.deep.equal(["same"]);
    expect((await harness.project.resource("etl")).outputs?.["name"]).to.equal("renamed");
  });

  it("dependsOn orders creates and destroys", async () => {
    const harness = await start({
      program: `const first = new Deployment("first", { appType: "airflow" });
        new Deployment("second", { appType: "superset" }, { dependsOn: first });`,
    });
    await harness.project.up();
    await harness.project.destroy();
    const created = harness.control
      .state()
      .operations.map(({ type, deployment_name: name }) => `${type} ${name.split("-")[0]}`);
    expect(created.reverse()).to.deep.equal([
      "deployment.create first",
      "deployment.create second",
      "deployment.destroy second",
      "deployment.destroy first",
    ]);
  });

  it("parent puts several deployments into one component", async () => {
    const harness = await start({
      program: `
        const { ComponentResource } = require("@pulumi/pulumi");
        const parent = new ComponentResource("test:index:Data", "data");
        const etl = new Deployment("etl", { appType: "airflow" }, { parent });
        new Deployment("bi", { appType: "superset" }, { parent, dependsOn: etl });`,
    });
    expect(countSteps((await harness.project.preview()).events)).to.deep.equal({ create: 3 });
    await harness.project.up();
    expect(countSteps((await harness.project.up()).events)).to.deep.equal({ same: 3 });
    await harness.expectAgreement();
  });

  it("aliases let a resource have another name and parent, without touching the deployment", async () => {
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

  it("takes inputs that are not known yet in a preview, and known ones in the up", async () => {
    const harness = await start({
      program: `const first = new Deployment("first", { appType: "airflow" });
        new Deployment("second", { appType: "superset", name: first.deploymentId.apply((id) => "beside-" + id) });`,
    });
    expect(stepsByResource((await harness.project.preview()).events)).to.deep.equal({
      first: ["create"],
      second: ["create"],
    });
    await harness.project.up();
    const first = await harness.project.resource("first");
    expect((await harness.project.resource("second")).outputs?.["name"]).to.equal(`beside-${first.id}`);
    await harness.expectAgreement();
  });

  it("customTimeouts reach the create and the delete, and change without touching the deployment", async () => {
    const program = (timeouts: string) =>
      `new Deployment("etl", { appType: "airflow" }, { customTimeouts: ${timeouts} });`;
    const harness = await start({ program: program(`{ create: "5m" }`) });
    await harness.project.up();
    const { id } = await harness.project.resource("etl");
    harness.setProgram(program(`{ create: "5m", delete: "1s" }`));
    expect(stepsByResource((await harness.project.up()).events)["etl"]).to.deep.equal(["update"]);
    expect((await harness.project.resource("etl")).outputs?.["timeouts"]).to.deep.equal({ create: 300, delete: 1 });
    expect(stepsByResource((await harness.project.up()).events)["etl"]).to.deep.equal(["same"]);
    expect(harness.countRequests("POST")).to.equal(1);

    await harness.control.clock.pause();
    const late = await harness.project.destroy({ mayFail: true });
    expect(messages(late.events).join("\n"))
      .to.contain("is not finished after 1 s")
      .and.to.contain("customTimeouts.delete");
    expect(await harness.stateIds()).to.deep.equal([id]);
    await harness.control.clock.resume();
    await harness.project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
    expect(harness.countRequests("DELETE"), "the second destroy joins the first").to.be.at.most(2);
  });

  it("says which resource has a timeout that is no duration", async () => {
    const harness = await start({
      program: `new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "an hour" } });`,
    });
    const failed = await harness.project.preview({ mayFail: true });
    expect(messages(failed.events).join("\n")).to.contain(
      'Deployment "etl": customTimeouts.create: expected a duration such as "45m" or "1h30m", got "an hour"',
    );
  });
});
