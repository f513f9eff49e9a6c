import { expect } from "chai";
import { diffDeployment } from "../../../../provider/deployment/diff";
import { unknownValue } from "../../../../provider/resource-handler";

const outs = { deploymentId: "dep_1", name: "etl", appType: "airflow", status: "ready" };
const inputs = { name: "etl", appType: "airflow" };
const none = { replaces: [], updates: [] };

describe("diffDeployment", () => {
  it("finds nothing to do for a deployment that is as declared", () => {
    expect(diffDeployment(outs, inputs)).to.deep.equal(none);
  });

  it("replaces for each difference, because the platform has no update call", () => {
    expect(diffDeployment(outs, { name: "other", appType: "superset" }).replaces).to.deep.equal(["appType", "name"]);
    expect(diffDeployment(outs, { ...inputs, name: unknownValue }).replaces).to.deep.equal(["name"]);
  });

  it("replaces what can never be used again", () => {
    for (const status of ["failed", "destroying", "destroyed"]) {
      expect(diffDeployment({ ...outs, status }, inputs)).to.deep.equal({
        ...none,
        replaces: ["status"],
      });
    }
  });

  it("goes on with a create that is not finished", () => {
    for (const status of ["provisioning", ""]) {
      expect(diffDeployment({ ...outs, status }, inputs)).to.deep.equal({
        ...none,
        updates: ["status"],
      });
    }
  });

  it("leaves a deployment alone whose status it does not know", () => {
    expect(diffDeployment({ ...outs, status: "hibernating" }, inputs)).to.deep.equal(none);
  });

  it("takes over changed timeouts without touching the deployment", () => {
    const timeouts = { create: 60, delete: 30 };
    expect(diffDeployment({ ...outs, timeouts }, { ...inputs, timeouts: { delete: 30, create: 60 } })).to.deep.equal(
      none,
    );
    expect(diffDeployment(outs, { ...inputs, timeouts })).to.deep.equal({
      ...none,
      updates: ["timeouts"],
    });
    expect(diffDeployment({ ...outs, timeouts }, inputs).updates).to.deep.equal(["timeouts"]);
  });

  describe("with what was observed at the platform", () => {
    it("replaces what is gone or can never be used again, whatever the state says", () => {
      expect(diffDeployment(outs, inputs, { observed: "gone" }).replaces).to.deep.equal(["deploymentId"]);
      expect(diffDeployment(outs, inputs, { observed: { status: "failed" } }).replaces).to.deep.equal(["status"]);
      expect(diffDeployment(outs, inputs, { observed: { status: "ready", name: "etl" } })).to.deep.equal(none);
    });

    it("takes over a status that the state does not have", () => {
      const taken = { ...none, updates: ["status"] };
      expect(
        diffDeployment({ ...outs, status: "hibernating" }, inputs, { observed: { status: "ready" } }),
      ).to.deep.equal(taken);
      expect(diffDeployment(outs, inputs, { observed: { status: "hibernating" } })).to.deep.equal(taken);
    });

    it("minds a changed name only where the user has chosen the declared one", () => {
      const observed = { status: "ready", name: "renamed" };
      expect(diffDeployment(outs, inputs, { observed, isNameChosen: true }).replaces).to.deep.equal(["name"]);
      expect(diffDeployment(outs, inputs, { observed, isNameChosen: false })).to.deep.equal(none);
    });
  });
});
