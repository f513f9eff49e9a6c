import { expect } from "chai";
import { ParallelismHint } from "../../../../provider/runtime/parallelism-hint";
import { FakeClock } from "../../../support/fake-clock";

/** An engine with this number of slots, and creates that each take a minute. */
async function createAll({ count, slots, takesMs = 60_000 }: { count: number; slots: number; takesMs?: number }) {
  const clock = new FakeClock();
  const reported: string[] = [];
  const hint = new ParallelismHint({ clock, report: (text) => reported.push(text) });
  const names = Array.from({ length: count }, (_, index) => `urn:${index}`);
  for (const name of names) hint.plan(name);
  const work = async () => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      await hint.track(name, () => clock.sleep(takesMs));
    }
  };
  await Promise.all(Array.from({ length: slots }, work));
  return reported;
}

describe("ParallelismHint", () => {
  it("reports once how many creates wait for a slot, and how to add slots", async () => {
    expect(await createAll({ count: 100, slots: 8 })).to.deep.equal([
      "8 deployments are being created, and 92 more wait until one of them is ready, because the engine runs no more steps at a " +
        "time; `pulumi up --parallel 100` (or the environment variable PULUMI_PARALLEL) creates them all at once",
    ]);
    expect((await createAll({ count: 2, slots: 1 })).join()).to.match(
      /^1 deployment is being created, and 1 more waits?/,
    );
  });

  it("reports nothing if no create waits, or only for a short time", async () => {
    expect(await createAll({ count: 8, slots: 8 })).to.deep.equal([]);
    expect(await createAll({ count: 100, slots: 8, takesMs: 500 })).to.deep.equal([]);
  });

  it("reports nothing after a failed create", async () => {
    const clock = new FakeClock();
    const reported: string[] = [];
    const hint = new ParallelismHint({ clock, report: (text) => reported.push(text) });
    hint.plan("urn:a");
    hint.plan("urn:b");
    const failed = await hint
      .track("urn:a", async () => Promise.reject(new Error("no")))
      .catch((error: Error) => error);
    expect(failed).to.have.property("message", "no");
    await clock.sleep(10_000);
    expect(reported).to.deep.equal([]);
  });
});
