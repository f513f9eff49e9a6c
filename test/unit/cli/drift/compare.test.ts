import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { compare, unreadDeployments } from "../../../../cli/drift/compare";
import { type EngineEvent, readEvents } from "../../../../cli/drift/events";
import { hasPlan } from "../../../../cli/drift/plan";
import { renderReport } from "../../../../cli/drift/text";
import { displayJson, messageLines } from "../../../../cli/output";
import type { StackState } from "../../../../cli/stack";
import { readSnippets } from "../../../../scripts/readme-snippets";

const type = "onvera:index:Deployment";
const urnOf = (name: string, typeInUrn = type) => `urn:pulumi:prod::shop::${typeInUrn}::${name}`;

type Outputs = Record<string, unknown>;

const ready: Outputs = { name: "etl-x", appType: "airflow", status: "ready", url: "https://a.example" };

/** The event of a resource that the refresh read. */
function read(
  old: Outputs,
  seen: Outputs | null,
  { name = "etl", flags = {}, of = type }: { name?: string; flags?: object; of?: string } = {},
): EngineEvent {
  const state = { id: "dep_1", ...flags, outputs: old };
  const found = seen === null ? null : { id: "dep_1", outputs: seen };
  return { resOutputsEvent: { metadata: { op: "refresh", urn: urnOf(name, of), type: of, old: state, new: found } } };
}

function step(op: string, { name = "etl", old = {}, keys = [] as string[] } = {}): EngineEvent {
  return { resourcePreEvent: { metadata: { op, urn: urnOf(name), type, old: { outputs: {}, ...old }, keys } } };
}

/** The record of an operation that an interrupted run left in the state. */
function pendingState(...records: [operation: string, name: string, type?: string][]): StackState {
  return {
    pending_operations: records.map(([operation, name, of = type]) => ({
      type: operation,
      resource: { urn: urnOf(name, of), type: of },
    })),
  };
}

const done: EngineEvent = { summaryEvent: { result: "succeeded" } };
const failed: EngineEvent = { summaryEvent: { result: "failed" } };
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };

describe("the drift in the events of a preview with a refresh", () => {
  const driftOf = (...events: EngineEvent[]) => compare(events, { others: "list", state: {} });

  it("does not include properties that only the platform has", () => {
    const report = driftOf(read(ready, { ...ready, environmentId: "env_default" }), step("same"), done);
    expect(report).to.deep.include({ project: "shop", stack: "prod", drift: false, checked: 1, deployments: [] });
  });

  it("has one difference for each property that differs", () => {
    const seen = { ...ready, name: "other", status: "destroying", url: "https://b.example" };
    const [etl] = driftOf(read(ready, seen), step("replace"), done).deployments;
    expect(etl?.differences.map(({ kind }) => kind)).to.deep.equal(["renamed", "destroying", "changed"]);
    expect(etl?.up).to.equal("replace");
  });

  it("includes a value that the platform no longer has", () => {
    const { url: _, ...seen } = ready;
    const [etl] = driftOf(read(ready, seen), step("same"), done).deployments;
    expect(etl?.differences).to.deep.equal([
      { kind: "changed", property: "url", state: "https://a.example", platform: null },
    ]);
  });

  it("includes a failed deployment even after a refresh has written that to the state", () => {
    const broken = { ...ready, status: "failed" };
    const [etl] = driftOf(read(broken, broken), step("create-replacement"), step("replace"), done).deployments;
    expect(etl).to.deep.include({ up: "replace" });
    expect(etl?.differences).to.deep.equal([
      { kind: "failed", property: "status", state: "failed", platform: "failed" },
    ]);
  });

  it("includes a secret property according to the engine's diff, because its values are masked", () => {
    const hidden = { ...ready, name: secret };
    expect(driftOf(read(hidden, hidden), step("same"), done).drift).to.equal(false);
    const [etl] = driftOf(read(hidden, hidden), step("replace", { keys: ["name"] }), done).deployments;
    expect(etl?.differences).to.deep.equal([
      { kind: "renamed", property: "name", state: "[secret]", platform: "[secret]" },
    ]);
  });

  it("does not include resources that the program only reads or that are replaced already", () => {
    const gone = { ...ready, status: "failed" };
    const report = driftOf(
      read(ready, gone, { name: "read", flags: { external: true } }),
      read(ready, null, { name: "replaced", flags: { delete: true } }),
      step("same"),
      done,
    );
    expect(report).to.deep.include({ drift: false, checked: 0, deployments: [] });
  });

  it("compares with the state before the first read if a provider reads twice", () => {
    const seen = { ...ready, name: "other" };
    const report = driftOf(read(ready, seen), read(seen, seen), step("same"), done);
    expect(report.deployments[0]?.differences).to.have.length(1);
  });

  it("has the step of a resource that has moved to another URN", () => {
    const moved = step("update", { name: "new", old: { urn: urnOf("etl") } });
    expect(driftOf(read(ready, null), moved, done).deployments[0]?.up).to.equal("update");
  });

  it("has an unknown step if the preview ended before it planned the resource", () => {
    expect(driftOf(read(ready, null), step("same", { name: "other" }), failed).deployments[0]?.up).to.equal("unknown");
    expect(driftOf(read(ready, null), step("same", { name: "other" }), done).deployments[0]?.up).to.equal("nothing");
  });

  it("counts resources of other providers only if they are to be counted", () => {
    const bucket = read({ tags: {} }, { tags: { by: "hand" } }, { name: "bucket", of: "aws:s3/bucket:Bucket" });
    const provider = read({ a: 1 }, { a: 2 }, { name: "default", of: "pulumi:providers:aws" });
    const events = [bucket, provider, step("same"), done];
    expect(compare(events, { others: "list", state: {} })).to.deep.include({ drift: false, checked: 0 });
    expect(
      compare(events, { others: "list", state: {} }).others.map(({ name, properties }) => [name, properties]),
    ).to.deep.equal([["bucket", ["tags"]]]);
    expect(compare(events, { others: "count", state: {} }).drift).to.equal(true);
    expect(compare(events, { others: "ignore", state: {} })).to.deep.include({ drift: false, others: [] });
  });

  it("includes pending operations of deployments, and of other resources if those count", () => {
    const state = pendingState(["creating", "etl"], ["deleting", "bucket", "aws:s3/bucket:Bucket"]);
    const report = compare([step("create"), done], { others: "list", state });
    expect(report).to.deep.include({ drift: true, deployments: [], unapplied: [] });
    expect(report.pending.map(({ name, operation }) => [name, operation])).to.deep.equal([
      ["etl", "creating"],
      ["bucket", "deleting"],
    ]);
    const shown = renderReport(report);
    expect(shown).to.include("  etl (onvera:index:Deployment): creating\n").and.to.not.include("no drift");

    const others = pendingState(["deleting", "bucket", "aws:s3/bucket:Bucket"]);
    expect(compare([step("same"), done], { others: "list", state: others }).drift).to.equal(false);
    expect(compare([step("same"), done], { others: "count", state: others }).drift).to.equal(true);
    expect(compare([step("same"), done], { others: "ignore", state: others }).pending).to.deep.equal([]);
  });

  it("is not known for deployments of the state that the preview did not read", () => {
    const resource = (name: string, more: object = {}) => ({ urn: urnOf(name), type, ...more });
    const state: StackState = {
      resources: [
        resource("etl"),
        resource("skipped"),
        resource("looked-up", { external: true }),
        resource("replaced", { delete: true }),
        { urn: urnOf("bucket", "aws:s3/bucket:Bucket"), type: "aws:s3/bucket:Bucket" },
      ],
    };
    expect(unreadDeployments([read(ready, ready), step("same"), done], state)).to.deep.equal([urnOf("skipped")]);
  });

  it("has the form that docs/drift.md shows", () => {
    const document = readFileSync(join(resolve(__dirname, "../../../.."), "docs", "drift.md"), "utf8");
    const [json] = readSnippets(document).filter(({ language }) => language === "json");
    const events: EngineEvent[] = [
      read(ready, { ...ready, status: "failed" }),
      read({ tags: {} }, { tags: { by: "hand" } }, { name: "bucket", of: "aws:s3/bucket:Bucket" }),
      step("replace"),
      step("create", { name: "new" }),
      { diagnosticEvent: { urn: urnOf("etl"), severity: "error", message: "unable to replace resource\n" } },
      failed,
    ];
    const report = compare(events, { others: "list", state: pendingState(["creating", "exports"]) });
    expect(formOf(JSON.parse(json?.code ?? ""))).to.deep.equal(formOf(report));
    expect(report.upErrors).to.deep.equal(["etl: unable to replace resource"]);
  });

  it("is shown by URN if two resources share a name, and without control characters", () => {
    const parent = "my:index:Team$onvera:index:Deployment";
    const renamed = { ...ready, name: "bad\u001b\u202e[31m" };
    const text = renderReport(driftOf(read(ready, renamed), step("same"), done));
    expect(text)
      .to.include("bad [31m")
      .and.to.not.match(/\p{Cc}(?<!\n)|\p{Cf}/u);
    const json = displayJson(driftOf(read(ready, renamed), step("same"), done));
    expect(json).to.not.match(/\p{Cc}(?<!\n)|\p{Cf}/u);
    expect(JSON.parse(json).deployments[0].differences[0].platform).to.equal(renamed.name);
    const other: EngineEvent = {
      resOutputsEvent: {
        metadata: { op: "refresh", urn: urnOf("etl", parent), type, old: { id: "dep_2", outputs: ready }, new: null },
      },
    };
    const both = renderReport(driftOf(read(ready, renamed), other, step("same"), done));
    expect(both).to.include(urnOf("etl", parent)).and.to.include(urnOf("etl"));
    const fine: EngineEvent = {
      resOutputsEvent: {
        metadata: { op: "refresh", urn: urnOf("etl", parent), type, old: { outputs: ready }, new: { outputs: ready } },
      },
    };
    const one = renderReport(driftOf(read(ready, renamed), fine, step("same"), done));
    expect(one, "also if only one of them differs").to.include(urnOf("etl"));
  });
});

describe("the messages of a preview", () => {
  it("are shown up to a limit; the others are counted", () => {
    const lines = messageLines(Array.from({ length: 400 }, (_, index) => `d${index}: 401\u009b0m`));
    expect(lines).to.have.length(11);
    expect(lines[0]).to.equal("d0: 401 0m");
    expect(lines.at(-1)).to.equal("and 390 more");
  });
});

describe("an event log", () => {
  it("is read without lines that are incomplete or of an unknown form", () => {
    const lines = [
      JSON.stringify({ sequence: 1, ...step("refresh") }),
      '{"resourcePreEvent":{"metadata":{"op":"sa',
      "",
      JSON.stringify({ resourcePreEvent: { metadata: "of a form that is not known" } }),
      JSON.stringify(step("same")),
    ];
    const events = readEvents(lines.join("\n"));
    expect(events.map(({ resourcePreEvent }) => resourcePreEvent?.metadata.op)).to.deep.equal(["refresh", "same"]);
    expect(hasPlan(events)).to.equal(true);
    expect(hasPlan(events.slice(0, 1))).to.equal(false);
  });
});

/** The same with the kind of each value instead of the value; a list by its first element. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return [formOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, formOf(inner)]));
}
