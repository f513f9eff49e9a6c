import { expect } from "chai";
import { Deletes } from "../../../../provider/dynamic/deletes";
import { FakeClock } from "../../../support/fake-clock";

describe("Deletes", () => {
  it("waits for the running deletes, and counts the deployments whose last delete failed", async () => {
    const deletes = new Deletes(new FakeClock());
    let fail: (error: Error) => void = () => undefined;
    const failing = deletes.track("dep_1", () => new Promise((_, reject) => (fail = reject))).catch(() => undefined);
    let failed: number | undefined;
    const counted = deletes.countFailed().then((count) => (failed = count));
    await Promise.resolve();
    expect(failed, "while a delete is running").to.equal(undefined);
    fail(new Error("refused"));
    await Promise.all([failing, counted]);
    expect(failed).to.equal(1);
    await deletes.track("dep_1", async () => undefined);
    expect(await deletes.countFailed()).to.equal(0);
  });

  it("does not count a failed delete that an error hook repeats with success", async () => {
    const clock = new FakeClock();
    const deletes = new Deletes(clock);
    const refuse = () => clock.sleep(1_000).then(() => Promise.reject(new Error("refused")));
    const failing = deletes.track("dep_1", refuse).catch(() => undefined);
    const counted = deletes.countFailed();
    await failing;
    await clock.sleep(100);
    await deletes.track("dep_1", async () => undefined);
    expect(await counted).to.equal(0);
  });

  it("counts a delete that begins a moment later", async () => {
    const deletes = new Deletes(new FakeClock());
    const counted = deletes.countFailed();
    await Promise.resolve();
    await deletes.track("dep_1", () => Promise.reject(new Error("refused"))).catch(() => undefined);
    expect(await counted).to.equal(1);
  });
});
