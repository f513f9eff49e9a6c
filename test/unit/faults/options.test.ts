import { expect } from "chai";
import { type FaultFlags, readFaultOptions } from "../../faults/options";

describe("the flags of npm run faults", () => {
  it("select the whole matrix by default", () => {
    const { isWhole, task, jobs } = readFaultOptions({});
    expect({ isWhole, task }).to.deep.equal({ isWhole: true, task: { name: "matrix" } });
    expect(jobs).to.be.at.least(2);
  });

  it("select random stories", () => {
    expect(readFaultOptions({ random: "20", seed: "7" }).task).to.deep.equal({ name: "random", count: 20, seed: 7 });
  });

  const refused: readonly [FaultFlags, string][] = [
    [{ random: "abc" }, '--random takes a whole number from 1, not "abc"'],
    [{ random: "0" }, "--random takes a whole number from 1"],
    [{ random: "1", seed: "x" }, "--seed takes a whole number from 0"],
    [{ random: "1", only: "create" }, "--only does not apply with --random"],
    [{ seed: "1" }, "--seed does not apply without --random"],
    [{ jobs: "0" }, '--jobs takes a whole number from 1, not "0"'],
    [{ door: "nope" }, '--door "nope" matches none of '],
    [{ only: "nothing-like-this" }, '--only "nothing-like-this" matches none of '],
    [{ only: "nothing-like-this", list: true }, '--only "nothing-like-this" matches none of '],
    [{ list: true, random: "1" }, "--list and --random exclude each other"],
  ];
  for (const [flags, message] of refused) {
    it(`refuse ${JSON.stringify(flags)}`, () => {
      expect(() => readFaultOptions(flags))
        .to.throw(message)
        .with.property("name", "UsageError");
    });
  }
});
