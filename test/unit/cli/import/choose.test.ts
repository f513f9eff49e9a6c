import { expect } from "chai";
import { chooseDeployments } from "../../../../cli/import/choose";
import type { Deployment } from "../../../../provider/api/schemas";

/** As the API lists them, newest first. */
const organization: readonly Deployment[] = [
  { id: "6", name: "etl-new", appType: "spark", status: "ready" },
  { id: "5", appType: "airflow", status: "ready" },
  { id: "4", name: "etl-broken", appType: "airflow", status: "failed" },
  { id: "3", name: "reports.x", appType: "superset", status: "ready" },
  { id: "2", name: "etl", appType: "airflow", status: "provisioning" },
  { id: "1", name: "etl", appType: "airflow", status: "ready" },
];

describe("the deployments that pulumi-onvera import chooses", () => {
  const choose = (options: Partial<Parameters<typeof chooseDeployments>[1]> = {}) =>
    chooseDeployments(organization, { names: [], managedIds: new Set(), takenNames: [], ...options });
  const keys = (options: Parameters<typeof choose>[0] = {}) =>
    choose(options).entries.map(({ key, id }) => `${key} ${id}`);

  it("are all that can be managed, the oldest first, each with a name of its own", () => {
    expect(keys()).to.deep.equal(["etl 1", "etl-2 2", "reports.x 3"]);
    expect(choose().entries[0]).to.deep.equal({ key: "etl", id: "1", appType: "airflow", name: "etl" });
    expect(keys({ takenNames: ["etl", "etl-3"] })).to.deep.equal(["etl-2 1", "etl-4 2", "reports.x 3"]);
  });

  it("are without the others, with the reason", () => {
    expect(choose().skipped.map(({ deployment: { id }, reason }) => `${id}: ${reason}`)).to.deep.equal([
      '6: its type "spark" is not known to the provider',
      "5: it has no name",
      "4: it is failed",
    ]);
  });

  it("match a name pattern and a type", () => {
    expect(keys({ names: ["reports?x"] })).to.deep.equal(["reports.x 3"]);
    expect(keys({ names: ["e*", "nothing"] })).to.deep.equal(["etl 1", "etl-2 2"]);
    expect(keys({ names: ["et"] }), "the whole name").to.deep.equal([]);
    expect(keys({ names: ["reports[.]x"] }), "no other syntax").to.deep.equal([]);
    expect(keys({ appType: "superset" })).to.deep.equal(["reports.x 3"]);
  });

  it("are not what the stack manages, whatever its name is there", () => {
    const choice = choose({ managedIds: new Set(["1", "3", "of another organization"]) });
    expect(choice.entries.map(({ id }) => id)).to.deep.equal(["2"]);
    expect(choice.managedCount).to.equal(2);
  });
});
