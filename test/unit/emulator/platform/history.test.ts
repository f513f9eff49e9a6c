import { expect } from "chai";
import type { Emulator } from "../../../../emulator/src/index";
import { create, fakeTime, useEmulators } from "../support";

/** The name, start and end of each phase, in seconds after the request. */
function history({ control }: Emulator, name: string): [string, number, number | null][] {
  const operation = control.view().operations.items.find((each) => each.deployment_name === name);
  if (operation === undefined) throw new Error(`no operation for "${name}"`);
  const after = (time: string) => (Date.parse(time) - Date.parse(operation.requested_at)) / 1000;
  return operation.phases.map(({ phase, started_at, ended_at }) => [
    phase,
    after(started_at),
    ended_at === null ? null : after(ended_at),
  ]);
}

const bi = { app_type: "superset", name: "bi" };

describe("the phases of an operation", () => {
  const start = useEmulators();

  it("end with the current phase", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    await create(emulator, bi);
    expect(history(emulator, "bi")).to.deep.equal([["queued", 0, null]]);
    time.ms += 12_000;
    expect(history(emulator, "bi")).to.deep.equal([
      ["queued", 0, 2],
      ["initialization", 2, 10],
      ["database_provisioning", 10, null],
    ]);
  });

  it("are complete after success", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now, speed: 10 });
    await create(emulator, bi);
    time.ms += 60_000;
    expect(history(emulator, "bi")).to.deep.equal([
      ["queued", 0, 0.2],
      ["initialization", 0.2, 1],
      ["database_provisioning", 1, 7],
      ["infrastructure_provisioning", 7, 16.5],
      ["application_bootstrap", 16.5, 22],
      ["subdomain_configuration", 22, 24],
    ]);
  });

  it("end with the phase in which it failed", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    emulator.control.outcomes.add({ result: "fail", phase: "initialization" });
    await create(emulator, bi);
    time.ms += 60_000;
    expect(history(emulator, "bi")).to.deep.equal([
      ["queued", 0, 2],
      ["initialization", 2, 6],
    ]);
  });

  for (const [change, rest] of [
    ["markFailed", []],
    ["cancelOperation", []],
    // The remaining phases take no time.
    [
      "finishOperation",
      [
        ["infrastructure_provisioning", 15, 15],
        ["application_bootstrap", 15, 15],
        ["subdomain_configuration", 15, 15],
      ],
    ],
  ] as const) {
    it(`stay the same if the operation is ended early: ${change}`, async () => {
      const time = fakeTime();
      const emulator = await start({ now: time.now });
      await create(emulator, bi);
      time.ms += 15_000;
      await emulator.control.deployments.change("bi", { change });
      time.ms += 60_000;
      expect(history(emulator, "bi")).to.deep.equal([
        ["queued", 0, 2],
        ["initialization", 2, 10],
        ["database_provisioning", 10, 15],
        ...rest,
      ]);
    });
  }

  it("never run backward, whatever the skew", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    await create(emulator, bi);
    time.ms += 5_000;
    await emulator.control.clock.skew(-3_600_000);
    time.ms += 10_000;
    for (const [, startedAt, endedAt] of history(emulator, "bi")) {
      expect(startedAt).to.be.at.least(0);
      expect(endedAt ?? startedAt).to.be.at.least(startedAt);
    }
  });

  it("take no time on an instant clock", async () => {
    const emulator = await start({ now: fakeTime().now, speed: Number.POSITIVE_INFINITY });
    await create(emulator, bi);
    expect(history(emulator, "bi").map(([, ...times]) => times)).to.deep.equal(Array(6).fill([0, 0]));
  });
});
