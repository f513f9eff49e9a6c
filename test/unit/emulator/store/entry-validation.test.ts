import { expect } from "chai";
import { problemIn } from "../../../../emulator/src/store/entry-validation";

describe("problemIn", () => {
  it("names the first missing or invalid field of an entry", () => {
    const key = { key: "k", fingerprint: "f", scopes: ["org:read"], expiresAt: null, revoked: false };
    expect(problemIn({ key })).to.equal(undefined);
    for (const [entry, problem] of [
      [{ key: { ...key, scopes: ["root"] } }, "key.scopes: missing or invalid"],
      [{ key: { ...key, revoked: undefined } }, "key.revoked: missing or invalid"],
      [{ key: 3 }, "key: not an object"],
      [{ deployment: { id: "dep_1" } }, "deployment.name: missing or invalid"],
      [{ operation: { id: "op_1" } }, "operation.type: missing or invalid"],
      [{ clock: { wall: 1, work: 0, speed: "fast", paused: false, skew: 0 } }, "clock.speed: missing or invalid"],
      [{ reset: "everything" }, "reset: unknown value"],
      [{ user: {} }, '"user": unknown kind of record'],
    ] as const) {
      expect(problemIn(entry), JSON.stringify(entry)).to.equal(problem);
    }
  });
});
