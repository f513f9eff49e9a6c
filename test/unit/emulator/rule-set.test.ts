import { expect } from "chai";
import { type Occurrences, RuleSet } from "../../../emulator/src/rule-set";

interface Rule {
  result: string;
  match?: Occurrences;
}

describe("RuleSet", () => {
  const rulesOf = (...rules: Rule[]): RuleSet<Rule> => {
    const set = new RuleSet<Rule>("rule");
    for (const rule of rules) set.add(rule);
    return set;
  };
  const takeTimes = (set: RuleSet<Rule>, times: number) =>
    Array.from({ length: times }, () => set.take(() => true)?.result);

  it("applies a rule once by default", () => {
    expect(takeTimes(rulesOf({ result: "hang" }), 2)).to.deep.equal(["hang", undefined]);
  });

  it("applies a rule from the nth match on, a number of times", () => {
    const rules = rulesOf({ result: "cancel", match: { nth: 2, times: 2 } });
    expect(takeTimes(rules, 4)).to.deep.equal([undefined, "cancel", "cancel", undefined]);
    expect(rules.list()[0]).to.include({ seen: 4, applied: 2 });
  });

  it("applies rules one after another in the order in which they were added", () => {
    const rules = rulesOf({ result: "fail" }, { result: "cancel", match: { times: "always" } });
    expect(takeTimes(rules, 3)).to.deep.equal(["fail", "cancel", "cancel"]);
    expect(rules.list().map(({ seen }) => seen)).to.deep.equal([3, 2]);
  });

  it("does not count requests that a rule does not match", () => {
    const rules = rulesOf({ result: "fail" });
    expect(rules.take(() => false)).to.equal(undefined);
    expect(rules.list()[0]).to.include({ seen: 0, applied: 0 });
  });

  it("forgets a removed rule", () => {
    const rules = rulesOf({ result: "fail" });
    const [{ id = "" } = {}] = rules.list();
    expect(rules.remove(id)).to.equal(true);
    expect(rules.remove(id)).to.equal(false);
    expect(takeTimes(rules, 1)).to.deep.equal([undefined]);
  });
});
