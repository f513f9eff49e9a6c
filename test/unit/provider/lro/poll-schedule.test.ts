import { expect } from "chai";
import type { Operation } from "../../../../provider/api/schemas";
import { PollSchedule } from "../../../../provider/lro/poll-schedule";

let ids = 0;
const create: Operation = { id: "op_1", type: "deployment.create", status: "running" };
const ended = (seconds: number, more: Partial<Operation> = {}): Operation => ({
  id: `op_${++ids}`,
  type: "deployment.create",
  status: "succeeded",
  requestedAt: "2026-01-01T00:00:00Z",
  endedAt: new Date(Date.parse("2026-01-01T00:00:00Z") + seconds * 1_000).toISOString(),
  ...more,
});

function paceKnowing(...operations: Operation[]): PollSchedule {
  const pace = new PollSchedule();
  for (const operation of operations) pace.record(operation);
  return pace;
}

describe("OperationPace", () => {
  it("expects nothing before it has seen some operations of that kind end", () => {
    expect(new PollSchedule().intervalMs(create, 0)).to.equal(undefined);
    expect(paceKnowing(ended(240), ended(250)).intervalMs(create, 0)).to.equal(undefined);
    const others = paceKnowing(...[1, 2, 3].map(() => ended(200, { type: "deployment.destroy" })));
    expect(others.intervalMs(create, 0)).to.equal(undefined);
  });

  it("looks seldom early, often around the usual end, and as usual after that", () => {
    const pace = paceKnowing(ended(240), ended(250), ended(260));
    const at = (seconds: number) => pace.intervalMs(create, seconds * 1_000);
    expect(at(0)).to.equal(10_000);
    expect(at(200)).to.equal(10_000);
    expect(at(210), "not past the earliest end").to.equal(6_000);
    expect(at(216)).to.equal(2_000);
    expect(at(250)).to.equal(2_000);
    expect(at(285)).to.equal(2_000);
    expect(at(290)).to.equal(5_000);
  });

  it("expects nothing of an operation of which nobody knows since when it has been going on", () => {
    expect(paceKnowing(ended(240), ended(250), ended(260)).intervalMs(create, undefined)).to.equal(undefined);
  });

  it("learns nothing from what has not succeeded, has no times, or was seen before", () => {
    const [first = ended(1), second = ended(1)] = [ended(240), ended(250)];
    const noTimes: Operation = { id: "op_9", type: "deployment.create", status: "succeeded" };
    const pace = paceKnowing(
      ...[first, second, first, second, noTimes],
      ended(5, { status: "failed" }),
      ended(-5),
      ended(5, { endedAt: "yesterday" }),
    );
    expect(pace.intervalMs(create, 0)).to.equal(undefined);
  });

  it("follows a platform that becomes slower", () => {
    const pace = paceKnowing(...Array.from({ length: 50 }, () => ended(60)));
    for (let index = 0; index < 50; index += 1) pace.record(ended(600));
    expect(pace.intervalMs(create, 100_000)).to.equal(10_000);
  });

  it("keeps to the bounds that it is given", () => {
    const pace = new PollSchedule({ minIntervalMs: 50, maxIntervalMs: 50 });
    for (const each of [ended(1), ended(1), ended(1)]) pace.record(each);
    expect([0, 900, 2_000].map((ms) => pace.intervalMs(create, ms))).to.deep.equal([100, 50, 50]);
  });
});
