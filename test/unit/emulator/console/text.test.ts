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

describe("the console's words", () => {
  it("tell durations in the two largest units", () => {
    const told = [
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
    expect(told.map(formatDuration)).to.deep.equal(
      ["0 s", "0 s", "0.4 s", "9.9 s", "10 s", "59 s", "1 min", "3 min 32 s"].concat("2 h", "2 h 5 min", "3 d 4 h"),
    );
    expect(formatDuration(-5)).to.equal("0 s");
  });

  it("tell ages in the largest unit alone", () => {
    expect([0, 59_999, minute, 90 * minute, 3 * day, -1].map(formatAge)).to.deep.equal([
      "0 s",
      "59 s",
      "1 min",
      "1 h",
      "3 d",
      "0 s",
    ]);
  });

  it("tell how much of a list is shown", () => {
    expect([formatCount(6, 6), formatCount(25, 1000)]).to.deep.equal(["6", "25 of 1,000"]);
  });

  it("tell what kind of operation it is", () => {
    expect([operationKind("deployment.create"), operationKind("dag_sync")]).to.deep.equal(["create", "dag sync"]);
  });

  it("know each phase by a sign of its own, and put them in their order", () => {
    expect(sortPhases(["migrations", "warp_drive", "queued", "tearing_down_infra", "queued"])).to.deep.equal([
      "queued",
      "migrations",
      "tearing_down_infra",
      "warp_drive",
    ]);
    expect(symbolOf("warp_drive")).to.equal("?");
  });
});

describe("an operation in words", () => {
  const start = useEmulators();

  it("is each phase with its length, then the present one or the outcome", async () => {
    const time = fakeTime();
    const { control, baseUrl, apiKey } = await start({ now: time.now });
    await fetch(`${baseUrl}/deployments`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "content-type": "application/json" },
      body: '{"app_type":"superset"}',
    });
    const told = () => control.view().operations.items.map(describePhases);
    time.ms += 12_000;
    expect(told()).to.deep.equal(["queued 2 s, initialization 8 s, now database provisioning"]);
    await control.deployments.markFailed("superset-*");
    expect(told()).to.deep.equal(["queued 2 s, initialization 8 s, database provisioning 2 s, failed"]);
  });
});

describe("the console's news", () => {
  const start = useEmulators();

  it("are what has become of deployments since the view before", async () => {
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
    const told = changes(before, after).map(({ name, status }) => [name, status]);
    expect(told).to.deep.equal([
      ["c", "ready"],
      ["b", "destroyed"],
      ["a", "failed"],
    ]);
    const others = changes(before, after, new Set([id])).map(({ name }) => name);
    expect(others, "without those that were changed from here").to.deep.equal(["c", "b"]);
  });

  it("say nothing of what only comes into sight", async () => {
    const time = fakeTime();
    const { control } = await start({ now: time.now });
    for (const name of ["a", "b"]) await control.deployments.create({ appType: "airflow", name });
    time.ms += 1_000;
    expect(changes(control.view({ deployments: 1 }), control.view())).to.deep.equal([]);
  });

  it("name few and count many", () => {
    const named = (status: string, ...names: string[]) => names.map((name) => ({ name, status }));
    expect(describeChanges(named("ready", "a"))).to.equal("a is ready.");
    expect(describeChanges([...named("failed", "b"), ...named("ready", "a", "c")])).to.equal(
      "a, c are ready. b has failed.",
    );
    expect(describeChanges(named("destroyed", "a", "b", "c", "d"))).to.equal("4 deployments are gone.");
  });
});
