import { expect } from "chai";
import fc from "fast-check";

/** Keys that mean something to JavaScript, or to what is fuzzed. */
const keys = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "polluted",
  "id",
  "name",
  "status",
  "data",
  "items",
  "error",
  "links",
  "appType",
  "timeouts",
  "",
] as const;

/** Any JSON: with keys that may do harm, with odd numbers and texts, and nested. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("ready", "provisioning", "__proto__", "/api/v1/operations/%E0%A4%A", "x".repeat(5_000)),
    fc.array(tie("value"), { maxLength: 4 }),
    hostileObject(tie("value")),
  ),
})).value;

/** An object with such keys as its own, as `JSON.parse` makes them. */
export function hostileObject(value: fc.Arbitrary<unknown>, more: readonly string[] = []): fc.Arbitrary<object> {
  const key = fc.oneof(fc.constantFrom(...keys, ...more), fc.string());
  return fc.array(fc.tuple(key, value), { maxLength: 6 }).map((entries) => {
    const fields = entries.map(([name, field]) => `${JSON.stringify(name)}:${JSON.stringify(field)}`);
    return JSON.parse(`{${fields.join(",")}}`) as object;
  });
}

/** What every object has must be as it was. */
export function expectUnpolluted(): void {
  expect(Object.keys(Object.prototype)).to.deep.equal([]);
  expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
  expect(Object.getOwnPropertyNames(Object.prototype).length).to.equal(ownNames);
}

const ownNames = Object.getOwnPropertyNames(Object.prototype).length;

/** Calls it with many values. What fails is shrunk, and reported with the seed that leads to it again. */
export async function forAny<T>(value: fc.Arbitrary<T>, check: (value: T) => void | Promise<void>, numRuns = 300) {
  await fc.assert(
    fc.asyncProperty(value, async (each) => {
      await check(each);
      expectUnpolluted();
    }),
    { numRuns, includeErrorInReport: true },
  );
}
