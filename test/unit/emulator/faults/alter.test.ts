import { expect } from "chai";
import { alterJson } from "../../../../emulator/src/faults/alter";

describe("alterJson", () => {
  it("ignores text that is not JSON, and paths that do not exist", () => {
    expect(alterJson("<html>", { set: { a: 1 } })).to.equal("<html>");
    expect(alterJson('{"a":1}', { set: { "a.b.c": 1 }, remove: ["x.y", "a.b"] })).to.equal('{"a":1}');
  });

  it("replaces the whole document for the empty path", () => {
    expect(alterJson('{"a":1}', { set: { "": [] } })).to.equal("[]");
  });

  it("sets and removes inside lists", () => {
    expect(
      alterJson('{"items":[{"id":1},{"id":2}]}', { set: { "items.1.id": null }, remove: ["items.0.id"] }),
    ).to.equal('{"items":[{},{"id":null}]}');
  });

  it("sets a field named __proto__ without changing a prototype", () => {
    const text = alterJson("{}", { set: { __proto__x: 1, ["__proto__"]: { polluted: true } } });
    expect(text).to.equal('{"__proto__x":1,"__proto__":{"polluted":true}}');
    expect(Reflect.get({}, "polluted")).to.equal(undefined);
    expect(alterJson("{}", { set: { "__proto__.polluted": true } })).to.equal("{}");
    expect(Reflect.get({}, "polluted")).to.equal(undefined);
  });
});
