import { expect } from "chai";
import { diffDeployment } from "../../../../provider/deployment/diff";
import { unknownValue } from "../../../../provider/resource-handler";

const outs = { deploymentId: "dep_1", name: "etl", appType: "airflow", status: "ready" };
const inputs = { name: "etl", appType: "airflow" };
const none = { replaces: [], updates: [] };

describe("diffDeployment", () => {
  it("is empty for a deployment that is as declared", () => {
    expect(diffDeployment(outs, inputs)).to.deep.equal(none);
  });

  it("replaces for each difference, because the platform has no update", () => {
    expect(diffDeployment(outs, { name: "other", appType: "superset" }).replaces).to.deep.equal(["appType", "name"]);
    expect(diffDeployment(outs, { ...inputs, name: unknownValue }).replaces).to.deep.equal(["name"]);
  });

  it("compares the name with the one that the program gave if the platform spells it differently", () => {
    const spelled = { ...outs, __givenName: "ETL" };
    expect(diffDeployment(spelled, { ...inputs, name: "ETL" })).to.deep.equal(none);
    expect(diffDeployment(spelled, { ...inputs, name: "Etl" }).replaces).to.deep.equal(["name"]);
    expect(diffDeployment(outs, { ...inputs, name: "ETL" }).replaces, "a state without it").to.deep.equal(["name"]);
    const renamed = { observed: { status: "ready", name: "other" } };
    expect(diffDeployment(spelled, { ...inputs, name: "ETL" }, renamed).replaces).to.deep.equal(["name"]);
  });

  it("replaces a deployment that can never be used again", () => {
    for (const status of ["failed", "destroying", "destroyed"]) {
      expect(diffDeployment({ ...outs, status }, inputs)).to.deep.equal({
        ...none,
        replaces: ["status"],
      });
    }
  });

  it("updates an unfinished create", () => {
    for (const status of ["provisioning", ""]) {
      expect(diffDeployment({ ...outs, status }, inputs)).to.deep.equal({
        ...none,
        updates: ["status"],
      });
    }
  });

  it("ignores an unknown status", () => {
    expect(diffDeployment({ ...outs, status: "hibernating" }, inputs)).to.deep.equal(none);
  });

  it("updates changed timeouts without replacing the deployment", () => {
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

  describe("with an observed deployment", () => {
    it("replaces a deployment that is gone or can never be used again, whatever the state says", () => {
      expect(diffDeployment(outs, inputs, { observed: "gone" }).replaces).to.deep.equal(["deploymentId"]);
      expect(diffDeployment(outs, inputs, { observed: { status: "failed" } }).replaces).to.deep.equal(["status"]);
      expect(diffDeployment(outs, inputs, { observed: { status: "ready", name: "etl" } })).to.deep.equal(none);
    });

    it("updates a status that differs from the state", () => {
      const updated = { ...none, updates: ["status"] };
      expect(
        diffDeployment({ ...outs, status: "hibernating" }, inputs, { observed: { status: "ready" } }),
      ).to.deep.equal(updated);
      expect(diffDeployment(outs, inputs, { observed: { status: "hibernating" } })).to.deep.equal(updated);
    });

    it("replaces for a different name only if the user chose the declared one", () => {
      const observed = { status: "ready", name: "renamed" };
      expect(diffDeployment(outs, inputs, { observed, isNameChosen: true }).replaces).to.deep.equal(["name"]);
      expect(diffDeployment(outs, inputs, { observed, isNameChosen: false })).to.deep.equal(none);
    });
  });

  it("is none for an automatic name that differs in the state, because the deployment was renamed while it was created", () => {
    const renamed = { ...outs, name: "renamed" };
    expect(diffDeployment(renamed, inputs, { isNameChosen: false })).to.deep.equal(none);
    const observed = { status: "ready", name: "renamed" };
    expect(diffDeployment(renamed, inputs, { observed, isNameChosen: false })).to.deep.equal(none);
    expect(diffDeployment(renamed, inputs, { isNameChosen: true }).replaces).to.deep.equal(["name"]);
  });

  it("is none for an input that the program omits, whatever the platform has chosen", () => {
    const { name: _, ...omitted } = inputs;
    expect(diffDeployment(outs, omitted)).to.deep.equal(none);
  });
});
