import { expect } from "chai";
import { messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";

describe("a preview with the dynamic provider", () => {
  const start = useHarness();
  const names = ["gone", "broken", "renamed", "fine"];
  const program = `${names.map((name) => `new Deployment("${name}", { appType: "superset" });`).join("\n")}
    new Deployment("chosen", { appType: "superset", name: "chosen" });`;

  it("compares with one list of deployments, and the up repairs drift", async () => {
    const harness = await start({ program });
    await harness.project.up();
    await harness.control.deployments.destroyNow("gone-*");
    await harness.control.deployments.markFailed("broken-*");
    await harness.control.deployments.rename("renamed-*", "other");
    await harness.control.deployments.rename("chosen", "other-2");
    harness.control.requests.clear();

    const steps = stepsByResource((await harness.project.preview()).events);
    expect(steps["gone"]).to.include("replace");
    expect(steps["broken"]).to.include("replace");
    expect(steps["chosen"]).to.include("replace");
    expect(steps["renamed"]).to.deep.equal(["same"]);
    expect(steps["fine"]).to.deep.equal(["same"]);
    const lists = harness.control.requests.list().requests.filter(({ query }) => query["per_page"] === "100");
    expect(lists.map(({ path }) => path)).to.deep.equal(["/api/v1/deployments"]);
    expect(harness.countRequests("GET", /\/deployments\/./), "only what the list lacks is read individually").to.equal(
      1,
    );

    await harness.project.up();
    await harness.expectAgreement();
    expect(harness.platformIds()).to.have.length(5);
  });

  it("shows the state, with a warning if Onvera cannot be read, or if the configuration says so", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow" });` });
    await harness.project.up();
    await harness.control.deployments.destroyNow("etl-*");
    harness.control.faults.add({ match: { method: "GET", times: 100 }, action: { type: "answer", status: 503 } });
    const blind = await harness.project.preview();
    expect(stepsByResource(blind.events)["etl"]).to.deep.equal(["same"]);
    expect(messages(blind.events).join("\n")).to.match(/cannot read from Onvera, .*: GET \S+ failed with 503/);

    harness.control.requests.clear();
    await harness.project.setConfig({ "onvera:refreshBeforeUpdate": "false" });
    expect(stepsByResource((await harness.project.preview()).events)["etl"]).to.deep.equal(["same"]);
    expect(harness.control.requests.list().total).to.equal(0);
  });
});
