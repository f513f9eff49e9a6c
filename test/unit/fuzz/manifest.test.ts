import { expect } from "chai";
import fc from "fast-check";
import { stringify } from "yaml";
import { ManifestError } from "../../../sdk/manifest/errors";
import { readManifest } from "../../../sdk/manifest/read";
import { forAny, hostileJson, hostileObject } from "./hostile";

const good = `
defaults:
  timeouts: &t { create: 45m }
deployments:
  etl:
    appType: airflow
    timeouts: *t
  "a b": { appType: superset, name: dashboards, protect: true, dependsOn: [etl] }
`;

/** Reads it, or reports mistakes with places that the text has. */
function readOrExplain(text: string): void {
  try {
    const { deployments } = readManifest({ file: "m.yaml", text });
    for (const { key, appType, dependsOn } of deployments) {
      expect(key).to.be.a("string").and.not.equal("__proto__");
      expect(appType).to.be.oneOf(["airflow", "superset"]);
      for (const other of dependsOn) expect(deployments.map((each) => each.key)).to.include(other);
    }
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    const lines = text.split("\n");
    expect(error.problems).not.to.deep.equal([]);
    for (const { line = 1, column = 1, text: said } of error.problems) {
      expect(said).not.to.equal("");
      expect(line).to.be.within(1, lines.length);
      expect(column).to.be.within(1, (lines[line - 1] ?? "").length + 1);
    }
  }
}

/** Cuts something out of a text, and puts something else in. */
const damaged = fc
  .tuple(
    fc.nat({ max: good.length }),
    fc.nat({ max: 8 }),
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 4 }),
      fc.constantFrom("*t", "&t ", "<<: *t", "- ", ": ", "!!js ", "\t", "\r\n", "---\n", "'"),
    ),
  )
  .map(([at, length, put]) => good.slice(0, at) + put + good.slice(at + length));

describe("a manifest that may be anything", () => {
  it("is read or explained, whatever its text", () =>
    forAny(fc.string({ unit: "binary", maxLength: 200 }), readOrExplain));

  it("is read or explained, whatever is cut out of a good one or put in", () => forAny(damaged, readOrExplain, 1_000));

  it("is read or explained, whatever values it has", () =>
    forAny(
      fc.record(
        {
          defaults: hostileJson,
          deployments: hostileObject(
            fc.oneof(hostileJson, hostileObject(hostileJson, ["appType", "dependsOn", "protect"])),
          ),
        },
        { requiredKeys: [] },
      ),
      (value) => {
        readOrExplain(JSON.stringify(value));
        readOrExplain(stringify(value));
      },
    ));

  it("does not grow where aliases multiply it", () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? "a0: &a0 [x, x]" : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`,
    );
    readOrExplain(`${levels.join("\n")}\ndeployments: {}\n`);
  });

  it("is refused where it is nested without end", () => {
    for (const open of ["[", "{a: ", "- ", "? "]) readOrExplain(open.repeat(20_000));
  });
});
