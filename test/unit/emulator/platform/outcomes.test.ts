import { expect } from "chai";
import { globToRegExp } from "../../../../emulator/src/glob";
import { Outcomes } from "../../../../emulator/src/platform/outcomes";

describe("Outcomes", () => {
  it("leaves other operations and other names alone", () => {
    const outcomes = new Outcomes();
    outcomes.add({ result: "fail", match: { operation: "create", name: "etl-*" } });
    expect(outcomes.takeFor("destroy", "etl-1")).to.equal(undefined);
    expect(outcomes.takeFor("create", "bi-1")).to.equal(undefined);
    expect(outcomes.takeFor("create", "etl-1")?.result).to.equal("fail");
  });

  it("strikes once unless told otherwise", () => {
    const outcomes = new Outcomes();
    outcomes.add({ result: "hang" });
    expect(outcomes.takeFor("create", "a")?.result).to.equal("hang");
    expect(outcomes.takeFor("create", "b")).to.equal(undefined);
  });

  it("counts from the nth, as often as asked", () => {
    const outcomes = new Outcomes();
    outcomes.add({ result: "cancel", match: { nth: 2, times: 2 } });
    const taken = ["a", "b", "c", "d"].map((name) => outcomes.takeFor("create", name)?.result);
    expect(taken).to.deep.equal([undefined, "cancel", "cancel", undefined]);
    expect(outcomes.list()[0]).to.include({ seen: 4, applied: 2 });
  });

  it("gives the first rule that is due, and the next one after it is used up", () => {
    const outcomes = new Outcomes();
    outcomes.add({ result: "fail" });
    outcomes.add({ result: "cancel", match: { times: "always" } });
    expect([1, 2, 3].map(() => outcomes.takeFor("create", "a")?.result)).to.deep.equal(["fail", "cancel", "cancel"]);
  });

  it("forgets a rule that is removed", () => {
    const outcomes = new Outcomes();
    const { id } = outcomes.add({ result: "fail" });
    expect(outcomes.remove(id)).to.equal(true);
    expect(outcomes.remove(id)).to.equal(false);
    expect(outcomes.takeFor("create", "a")).to.equal(undefined);
  });
});

describe("globToRegExp", () => {
  it("takes everything but stars as it is", () => {
    expect(globToRegExp("a.b+(c)[d]").test("a.b+(c)[d]")).to.equal(true);
    expect(globToRegExp("a.b").test("axb")).to.equal(false);
  });

  it("stops a single star at a slash, and a double one nowhere", () => {
    expect(globToRegExp("/deployments/*").test("/deployments/dep_1")).to.equal(true);
    expect(globToRegExp("/deployments/*").test("/deployments/dep_1/more")).to.equal(false);
    expect(globToRegExp("/deployments/**").test("/deployments/dep_1/more")).to.equal(true);
    expect(globToRegExp("*").test("two\nlines")).to.equal(true);
  });
});
