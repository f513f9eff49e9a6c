import { expect } from "chai";
import { countSteps, messages, stepsByResource } from "../../support/engine";
import { useWorlds } from "../../support/world";

describe("resource options of the dynamic resource", () => {
  const world = useWorlds();

  it("protect refuses the destroy, until it is taken away", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "airflow" }, { protect: true });` });
    await w.project.up();
    const refused = await w.project.destroy({ mayFail: true });
    expect(refused.code).not.to.equal(0);
    await w.expectAgreement();
    w.setProgram(`new Deployment("etl", { appType: "airflow" });`);
    expect(stepsByResource((await w.project.up()).events)["etl"]).to.deep.equal(["same"]);
    await w.project.destroy();
    expect(w.platformIds()).to.deep.equal([]);
  });

  it("retainOnDelete forgets the deployment and leaves it running", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "airflow" }, { retainOnDelete: true });` });
    await w.project.up();
    const [id] = w.platformIds();
    w.control.requests.clear();
    await w.project.destroy();
    expect(w.platformIds()).to.deep.equal([id]);
    expect(await w.stateIds()).to.deep.equal([]);
    expect(w.countRequests("DELETE")).to.equal(0);
  });

  it("ignoreChanges keeps a deployment whose name somebody has changed", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
    await w.project.up();
    await w.control.deployments.rename("etl", "renamed");
    await w.project.refresh();
    const named = await w.project.preview();
    expect(stepsByResource(named.events)["etl"]).to.include("replace");
    w.setProgram(`new Deployment("etl", { appType: "airflow", name: "etl" }, { ignoreChanges: ["name"] });`);
    expect(stepsByResource((await w.project.up()).events)["etl"]).to.deep.equal(["same"]);
    expect((await w.project.resource("etl")).outputs?.["name"]).to.equal("renamed");
  });

  it("dependsOn orders creates and destroys", async () => {
    const w = await world({
      program: `const first = new Deployment("first", { appType: "airflow" });
        new Deployment("second", { appType: "superset" }, { dependsOn: first });`,
    });
    await w.project.up();
    await w.project.destroy();
    const created = w.control
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
    const w = await world({
      program: `
        const { ComponentResource } = require("@pulumi/pulumi");
        const parent = new ComponentResource("test:index:Data", "data");
        const etl = new Deployment("etl", { appType: "airflow" }, { parent });
        new Deployment("bi", { appType: "superset" }, { parent, dependsOn: etl });`,
    });
    expect(countSteps((await w.project.preview()).events)).to.deep.equal({ create: 3 });
    await w.project.up();
    expect(countSteps((await w.project.up()).events)).to.deep.equal({ same: 3 });
    await w.expectAgreement();
  });

  it("aliases let a resource have another name and parent, without touching the deployment", async () => {
    const w = await world({ program: `new Deployment("old", { appType: "airflow" });` });
    await w.project.up();
    const before = await w.project.resource("old");
    w.setProgram(`
      const pulumi = require("@pulumi/pulumi");
      class Team extends pulumi.ComponentResource {
        constructor(name) {
          super("example:index:Team", name);
          const aliases = [{ name: "old", parent: pulumi.rootStackResource }];
          new Deployment("new", { appType: "airflow" }, { parent: this, aliases });
        }
      }
      new Team("data");`);
    const { events } = await w.project.up();
    expect(stepsByResource(events)["new"]).to.deep.equal(["same"]);
    const after = await w.project.resource("new");
    expect(after.id).to.equal(before.id);
    expect(after.outputs).to.deep.equal(before.outputs);
    expect(w.countRequests("POST")).to.equal(1);
  });

  it("takes inputs that are not known yet in a preview, and known ones in the up", async () => {
    const w = await world({
      program: `const first = new Deployment("first", { appType: "airflow" });
        new Deployment("second", { appType: "superset", name: first.deploymentId.apply((id) => "beside-" + id) });`,
    });
    expect(stepsByResource((await w.project.preview()).events)).to.deep.equal({
      first: ["create"],
      second: ["create"],
    });
    await w.project.up();
    const first = await w.project.resource("first");
    expect((await w.project.resource("second")).outputs?.["name"]).to.equal(`beside-${first.id}`);
    await w.expectAgreement();
  });

  it("customTimeouts reach the create and the delete, and change without touching the deployment", async () => {
    const program = (timeouts: string) =>
      `new Deployment("etl", { appType: "airflow" }, { customTimeouts: ${timeouts} });`;
    const w = await world({ program: program(`{ create: "5m" }`) });
    await w.project.up();
    const { id } = await w.project.resource("etl");
    w.setProgram(program(`{ create: "5m", delete: "1s" }`));
    expect(stepsByResource((await w.project.up()).events)["etl"]).to.deep.equal(["update"]);
    expect((await w.project.resource("etl")).outputs?.["timeouts"]).to.deep.equal({ create: 300, delete: 1 });
    expect(stepsByResource((await w.project.up()).events)["etl"]).to.deep.equal(["same"]);
    expect(w.countRequests("POST")).to.equal(1);

    await w.control.clock.pause();
    const late = await w.project.destroy({ mayFail: true });
    expect(messages(late.events).join("\n"))
      .to.contain("is not finished after 1 s")
      .and.to.contain("customTimeouts.delete");
    expect(await w.stateIds()).to.deep.equal([id]);
    await w.control.clock.resume();
    await w.project.destroy();
    expect(w.platformIds()).to.deep.equal([]);
    expect(w.countRequests("DELETE"), "the second destroy joins the first").to.be.at.most(2);
  });

  it("says which resource has a timeout that is no duration", async () => {
    const w = await world({
      program: `new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "an hour" } });`,
    });
    const failed = await w.project.preview({ mayFail: true });
    expect(messages(failed.events).join("\n")).to.contain(
      'Deployment "etl": customTimeouts.create: expected a duration such as "45m" or "1h30m", got "an hour"',
    );
  });
});
