import { expect } from "chai";
import { changes, describeChanges } from "../../../../emulator/console/announcer";
import { sortPhases, symbolOf } from "../../../../emulator/console/phases";
import {
  describePhases,
  formatAge,
  formatCount,
  formatDuration,
  operationKind,
} from "../../../../emulator/console/text";
import { fakeTime, useEmulators } from "../support";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe("the console's texts", () => {
  it("show durations in the two largest units", () => {
    const texts = [
      0,
      40,
      440,
      9_949,
      9_950,
      59_499,
      59_500,
      212_000,
      2 * hour,
      2 * hour + 5 * minute,
      3 * day + 4 * hour,
    ];
    expect(texts.map(formatDuration)).to.deep.equal(
      ["0 s", "0 s", "0.4 s", "9.9 s", "10 s", "59 s", "1 min", "3 min 32 s"].concat("2 h", "2 h 5 min", "3 d 4 h"),
    );
    expect(formatDuration(-5)).to.equal("0 s");
  });

  it("show ages in the largest unit", () => {
    expect([0, 59_999, minute, 90 * minute, 3 * day, -1].map(formatAge)).to.deep.equal([
      "0 s",
      "59 s",
      "1 min",
      "1 h",
      "3 d",
      "0 s",
    ]);
  });

  it("show the size of a list, or how much of it is shown", () => {
    expect([formatCount(6, 6), formatCount(25, 1000)]).to.deep.equal(["6", "25 of 1,000"]);
  });

  it("show the kind of an operation", () => {
    expect([operationKind("deployment.create"), operationKind("dag_sync")]).to.deep.equal(["create", "dag sync"]);
  });

  it("sort phases by their order, with unknown ones last", () => {
    expect(sortPhases(["migrations", "warp_drive", "queued", "tearing_down_infra", "queued"])).to.deep.equal([
      "queued",
      "migrations",
      "tearing_down_infra",
      "warp_drive",
    ]);
    expect(symbolOf("warp_drive")).to.equal("?");
  });
});

describe("the description of an operation", () => {
  const start = useEmulators();

  it("contains each phase with its duration, and the current phase or the outcome", async () => {
    const time = fakeTime();
    const { control, baseUrl, apiKey } = await start({ now: time.now });
    await fetch(`${baseUrl}/deployments`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "content-type": "application/json" },
      body: '{"app_type":"superset"}',
    });
    const texts = () => control.view().operations.items.map(describePhases);
    time.ms += 12_000;
    expect(texts()).to.deep.equal(["queued 2 s, initialization 8 s, now database provisioning"]);
    await control.deployments.markFailed("superset-*");
    expect(texts()).to.deep.equal(["queued 2 s, initialization 8 s, database provisioning 2 s, failed"]);
  });
});

describe("the console's announcements", () => {
  const start = useEmulators();

  it("contain the deployments that have changed since the previous view", async () => {
    const time = fakeTime();
    const { control } = await start({ now: time.now });
    const { id } = await control.deployments.create({ appType: "airflow", name: "a" });
    time.ms += 1_000;
    await control.deployments.create({ appType: "airflow", name: "b" });
    const before = control.view();
    expect(changes(undefined, before), "at first").to.deep.equal([]);
    expect(changes(before, control.view()), "without a change").to.deep.equal([]);
    time.ms += 1_000;
    await control.deployments.markFailed("a");
    await control.deployments.vanish("b");
    await control.deployments.create({ appType: "airflow", name: "c" });
    const after = control.view();
    const texts = changes(before, after).map(({ name, status }) => [name, status]);
    expect(texts).to.deep.equal([
      ["c", "ready"],
      ["b", "destroyed"],
      ["a", "failed"],
    ]);
    const others = changes(before, after, new Set([id])).map(({ name }) => name);
    expect(others, "without those that the user changed").to.deep.equal(["c", "b"]);
  });

  it("do not contain a deployment that was only not shown before", async () => {
    const time = fakeTime();
    const { control } = await start({ now: time.now });
    for (const name of ["a", "b"]) await control.deployments.create({ appType: "airflow", name });
    time.ms += 1_000;
    expect(changes(control.view({ deployments: 1 }), control.view())).to.deep.equal([]);
  });

  it("name up to three deployments and count more", () => {
    const named = (status: string, ...names: string[]) => names.map((name) => ({ name, status }));
    expect(describeChanges(named("ready", "a"))).to.equal("a is ready.");
    expect(describeChanges([...named("failed", "b"), ...named("ready", "a", "c")])).to.equal(
      "a, c are ready. b has failed.",
    );
    expect(describeChanges(named("destroyed", "a", "b", "c", "d"))).to.equal("4 deployments were deleted.");
  });
});
