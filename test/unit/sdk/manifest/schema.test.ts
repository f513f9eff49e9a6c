import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { expect } from "chai";
import fc from "fast-check";
import { parse } from "yaml";
import { parseDuration } from "../../../../provider/deployment/timeouts";
import { readManifest } from "../../../../sdk/manifest/read";
import { manifestJsonSchema, manifestSchema } from "../../../../sdk/manifest/schema";

const root = join(__dirname, "../../../..");
const text = readFileSync(join(root, "sdk/manifest/deployments.schema.json"), "utf8");
const validate = new Ajv({ strictTypes: false }).compile(JSON.parse(text));

describe("the manifest's JSON Schema", () => {
  it("is generated from the zod schema (if not, run `npm run generate`)", () => {
    expect(JSON.parse(text)).to.deep.equal(manifestJsonSchema());
  });

  it("is at the path in the sample, and accepts the sample", () => {
    const sample = readFileSync(join(root, "deployments.yaml"), "utf8");
    const [, path] = /^# yaml-language-server: \$schema=(.*)$/m.exec(sample) ?? [];
    expect(path).to.equal("./sdk/manifest/deployments.schema.json");
    expect(validate(parse(sample)), JSON.stringify(validate.errors)).to.equal(true);
    expect(readManifest({ file: "deployments.yaml", text: sample }).deployments).to.have.length(2);
  });

  it("has portable patterns", () => {
    const patterns = [...text.matchAll(/"pattern": (".*")/g)].map(([, pattern]) => String(JSON.parse(pattern ?? "")));
    expect(patterns.length).to.be.greaterThan(4);
    // Python's re has no \p, and its \d and \w match more than ASCII.
    for (const pattern of patterns) expect(pattern).to.not.match(/\\[pPdDwW]/);
  });

  const airflow = { appType: "airflow" };
  const accepted: unknown[] = [
    { deployments: {} },
    { deployments: { etl: airflow } },
    { defaults: airflow, deployments: { etl: {}, "my dashboards": { appType: "superset" } } },
    { deployments: { ["k".repeat(247)]: { ...airflow, name: "n".repeat(255) } } },
    { defaults: {}, deployments: { a: { ...airflow, timeouts: {}, dependsOn: [], name: " x " } } },
    {
      defaults: { timeouts: { create: "1h30m", delete: "0.5h" }, protect: true, retainOnDelete: false },
      deployments: {},
    },
  ];
  const rejected: unknown[] = [
    null,
    [],
    "deployments",
    {},
    { deployments: null },
    { deployments: [] },
    { deployments: { a: null } },
    { deployments: { a: {} } },
    { defaults: {}, deployments: { a: {} } },
    { defaults: { appType: "x" }, deployments: { a: {} } },
    { defaults: [], deployments: {} },
    { deployments: { "": airflow } },
    { deployments: { "a::b": airflow } },
    { deployments: { "a\u0000b": airflow } },
    { deployments: { ["k".repeat(248)]: airflow } },
    { deployments: { a: { ...airflow, name: "n".repeat(256) } } },
    { deployments: { a: { ...airflow, name: "" } } },
    { deployments: { a: { ...airflow, name: 7 } } },
    { deployments: { a: { ...airflow, protect: "yes" } } },
    { deployments: { a: { ...airflow, dependsOn: [""] } } },
    { deployments: { a: { ...airflow, timeouts: { update: "1h" } } } },
    { deployments: { a: { ...airflow, colour: "red" } } },
    { deployments: {}, $schema: "x" },
  ];

  it("accepts and rejects the same documents as zod", () => {
    for (const [documents, expected] of [
      [accepted, true],
      [rejected, false],
    ] as const) {
      for (const document of documents) {
        expect(manifestSchema.safeParse(document).success, JSON.stringify(document)).to.equal(expected);
        expect(validate(document), JSON.stringify(document)).to.equal(expected);
      }
    }
  });

  it("agrees with zod on random documents", () => {
    const scalar = fc.constantFrom<unknown>(
      "airflow",
      "superset",
      "30m",
      "1h30m",
      "0s",
      "m",
      "",
      " ",
      "a::b",
      5,
      true,
      null,
    );
    const key = fc.constantFrom(
      "appType",
      "name",
      "timeouts",
      "protect",
      "retainOnDelete",
      "dependsOn",
      "create",
      "delete",
      "x",
    );
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const timeouts = fc.oneof(scalar, fc.dictionary(fc.constantFrom("create", "delete", "update"), scalar));
    const entry = fc.oneof(
      { weight: 1, arbitrary: fc.dictionary(key, fc.oneof(scalar, fc.array(scalar))) },
      {
        weight: 4,
        arbitrary: fc.record(
          {
            appType: fc.constantFrom<unknown>("airflow", "superset", "Airflow"),
            name: scalar,
            timeouts,
            protect: fc.constantFrom<unknown>(true, false, "yes"),
            dependsOn: fc.array(scalar, { maxLength: 2 }),
          },
          { requiredKeys: [] },
        ),
      },
    );
    const manifest = fc
      .record({
        defaults: optional(entry),
        deployments: fc.oneof(fc.dictionary(fc.constantFrom("a", "b c", "", "a::b", "é"), entry), entry, scalar),
      })
      .map((document) => JSON.parse(JSON.stringify(document)));
    fc.assert(
      fc.property(manifest, (document) => {
        expect(validate(document)).to.equal(manifestSchema.safeParse(document).success);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the manifest's durations", () => {
  const isDuration = (duration: string) =>
    manifestSchema.safeParse({ defaults: { timeouts: { create: duration } }, deployments: {} }).success;

  it("have the format of Pulumi's customTimeouts", () => {
    for (const duration of ["45s", "30m", "1h30m", "1.5h", "500ms", "1h2m3s4ms", "999999h", "0h5m"]) {
      expect(isDuration(duration), duration).to.equal(true);
      expect(parseDuration(duration), duration).to.be.greaterThan(0);
    }
  });

  it("have no other format", () => {
    for (const duration of [
      "",
      "0",
      "0s",
      "0h0m",
      "30",
      "-5m",
      "+5m",
      ".5h",
      "5m ",
      "5m\n",
      "1h 5m",
      "5m1h",
      "1d",
      "1H",
      "9999999h",
    ]) {
      expect(isDuration(duration), duration).to.equal(false);
    }
  });
});
