import { expect } from "chai";
import { count, isGood, isUntried, newVerdict, noteUnstruck } from "../../faults/judge";

describe("a verdict", () => {
  it("is untried where nothing is wrong but that faults did not strike", () => {
    const untried = newVerdict();
    noteUnstruck(untried, 1);
    expect(isGood(untried)).to.equal(false);
    expect(isUntried(untried)).to.equal(true);
    count(untried, "orphans", "one is left");
    expect(isUntried(untried)).to.equal(false);
    expect(isUntried(newVerdict())).to.equal(false);
  });
});
