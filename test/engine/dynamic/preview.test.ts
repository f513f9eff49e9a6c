import { expect } from "chai";
import { messages, stepsByResource } from "../../support/engine";
import { useWorlds } from "../../support/world";

describe("a plain preview of dynamic resources", () => {
  const world = useWorlds();
  const names = ["gone", "broken", "renamed", "fine"];
  const program = `${names.map((name) => `new Deployment("${name}", { appType: "superset" });`).join("\n")}
    new Deployment("chosen", { appType: "superset", name: "chosen" });`;

  it("starts from what the platform has, with one list for all, and the up mends it", async () => {
    const w = await world({ program });
    await w.project.up();
    await w.control.deployments.destroyNow("gone-*");
    await w.control.deployments.markFailed("broken-*");
    await w.control.deployments.rename("renamed-*", "other");
    await w.control.deployments.rename("chosen", "other-2");
    w.control.requests.clear();

    const steps = stepsByResource((await w.project.preview()).events);
    expect(steps["gone"]).to.include("replace");
    expect(steps["broken"]).to.include("replace");
    expect(steps["chosen"]).to.include("replace");
    expect(steps["renamed"]).to.deep.equal(["same"]);
    expect(steps["fine"]).to.deep.equal(["same"]);
    const lists = w.control.requests.list().requests.filter(({ query }) => query["per_page"] === "100");
    expect(lists.map(({ path }) => path)).to.deep.equal(["/api/v1/deployments"]);
    expect(w.countRequests("GET", /\/deployments\/./), "only what the list misses is asked for by itself").to.equal(1);

    await w.project.up();
    await w.expectAgreement();
    expect(w.platformIds()).to.have.length(5);
  });

  it("shows the state, with a warning, if the platform cannot be read, or if the configuration says so", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "airflow" });` });
    await w.project.up();
    await w.control.deployments.destroyNow("etl-*");
    w.control.faults.add({ match: { method: "GET", times: 100 }, action: { type: "answer", status: 503 } });
    const blind = await w.project.preview();
    expect(stepsByResource(blind.events)["etl"]).to.deep.equal(["same"]);
    expect(messages(blind.events).join("\n")).to.match(/Onvera cannot be read, .*: GET \S+ failed with 503/);

    w.control.requests.clear();
    await w.project.setConfig({ "onvera:refreshBeforeUpdate": "false" });
    expect(stepsByResource((await w.project.preview()).events)["etl"]).to.deep.equal(["same"]);
    expect(w.control.requests.list().total).to.equal(0);
  });
});
