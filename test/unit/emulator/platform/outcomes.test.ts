import { expect } from "chai";
import { Outcomes } from "../../../../emulator/src/platform/outcomes";

describe("Outcomes", () => {
  it("match the kind of operation and the deployment's name", () => {
    const outcomes = new Outcomes();
    outcomes.add({ result: "fail", match: { operation: "create", name: "etl-*" } });
    expect(outcomes.takeFor("destroy", "etl-1")).to.equal(undefined);
    expect(outcomes.takeFor("create", "bi-1")).to.equal(undefined);
    expect(outcomes.takeFor("create", "etl-1")?.result).to.equal("fail");
  });
});
