import { expect } from "chai";
import { type FleetHarness, useFleet } from "../support/fleet";

const two = { etl: "airflow", dashboards: "superset" };
const oneTeam = (stacks: Record<string, Record<string, string>>) => ({ data: { apiKey: "ONVERA_API_KEY", stacks } });
const fast = { speed: 1_000 };
/** A worker counts as dead soon, but not while a busy machine makes it wait. */
const soonDead = { ...fast, settings: { leaseSeconds: 8 } };

describe("the fleet", () => {
  const start = useFleet();

  /** A worker that is in the middle of the only stack: the platform has accepted its creates and does not go on. */
  async function startInTheMiddle(fleet: FleetHarness) {
    await fleet.control.clock.pause();
    await fleet.run.command(["enqueue"]);
    const worker = fleet.run.startWorker();
    await fleet.untilDeployments(2);
    return worker;
  }

  it("resumes the stack of a worker that was killed, and cancels the lock that it left", async function () {
    const fleet = await start(this, { ...soonDead, teams: oneTeam({ one: two }) });
    const killed = await startInTheMiddle(fleet);
    // On Linux the engine ends with its worker. Elsewhere it lives on, so the whole machine fails.
    if (process.platform === "linux") killed.signal("SIGKILL");
    else killed.killAll();
    await killed.ended;
    expect(await fleet.lockCount()).to.equal(1);
    await fleet.control.clock.resume();

    fleet.run.startWorker();
    await fleet.untilAll("done");
    await fleet.expectAgreement(2);
  });

  it("does not cancel the lock of an engine that lives, even if its worker is silent for longer than its lease", async function () {
    if (process.platform !== "linux") this.skip();
    const fleet = await start(this, { ...soonDead, teams: oneTeam({ one: two }) });
    const silent = await startInTheMiddle(fleet);
    silent.signal("SIGSTOP");
    const other = fleet.run.startWorker();
    await other.waitForOutput(/up data-one: busy/);
    const stacks = await fleet.until((all) => all.get("data-one")?.status === "queued");
    expect(stacks.get("data-one")?.reason).to.match(/^the stack is locked by \S+ \(pid \d+\), which lives$/);
    expect(await fleet.lockCount()).to.equal(1);

    // It finds that its lease is over, and ends with its engine.
    silent.signal("SIGCONT");
    expect((await silent.ended).signal).to.equal("SIGKILL");
    await fleet.control.clock.resume();
    await fleet.untilAll("done");
    await fleet.expectAgreement(2);
  });

  it("lets one worker at a time run a stack", async function () {
    const fleet = await start(this, { ...fast, settings: { slots: 1 }, teams: oneTeam({ one: two }) });
    const first = await startInTheMiddle(fleet);
    await fleet.run.command(["enqueue", "--all"]);
    const other = fleet.run.startWorker();
    await other.waitForOutput(/up data-one: another worker runs it/);
    await fleet.control.clock.resume();
    // The first worker is free again by the time the second run leaves the queue, so either may take it.
    const secondRuns = [first.waitForOutput(/: done[\s\S]*: done/), other.waitForOutput(/: done/)];
    await Promise.race(secondRuns);
    await fleet.untilAll("done");
    await fleet.expectAgreement(2);
  });

  it("keeps a run in one slot of a worker when another slot gets the same stack", async function () {
    const fleet = await start(this, { ...fast, teams: oneTeam({ one: two }) });
    const worker = await startInTheMiddle(fleet);
    await fleet.run.command(["enqueue", "--all"]);
    await worker.waitForOutput(/up data-one: another worker runs it/);
    expect((await fleet.until(() => true)).get("data-one")?.status).to.equal("running");
    await fleet.control.clock.resume();
    await worker.waitForOutput(/up data-one: done[\s\S]*up data-one: done/);
    await fleet.untilAll("done");
    await fleet.expectAgreement(2);
  });

  it("goes on after PostgreSQL restarted in the middle of runs", async function () {
    const settings = { rateLimit: { requests: 600, perSeconds: 60 } };
    const fleet = await start(this, { ...fast, settings, teams: oneTeam({ one: two, two }) });
    await fleet.control.clock.pause();
    await fleet.run.command(["enqueue"]);
    fleet.run.startWorker();
    await fleet.untilDeployments(4);
    await fleet.run.postgres.restart();
    await fleet.control.clock.resume();
    await fleet.untilAll("done");
    await fleet.expectAgreement(4);
  });

  it("retries a stack that fails each time, then parks it with its reason, and applies the others meanwhile", async function () {
    const settings = { slots: 1, retry: { limit: 2, delaySeconds: 1 } };
    const stacks = { bad: { poison: "airflow" }, good: two, other: two };
    const fleet = await start(this, { ...fast, settings, teams: oneTeam(stacks) });
    fleet.control.outcomes.add({
      match: { name: "poison-*", times: "always" },
      result: "fail",
      code: "QUOTA",
      message: "No room is left",
    });
    await fleet.run.command(["enqueue"]);
    const worker = fleet.run.startWorker();
    const rows = await fleet.until((all) => all.get("data-bad")?.status === "failed");
    expect(rows.get("data-bad")?.reason).to.include("No room is left");
    expect(rows.get("data-bad")?.next_step).to.equal("repair the cause, then: fleet retry data-bad");
    for (const stack of ["data-good", "data-other"]) expect(rows.get(stack)?.status, stack).to.equal("done");
    expect(worker.output.match(/^\S+ up data-bad$/gm), "runs").to.have.length(3);

    fleet.control.outcomes.clear();
    await fleet.run.command(["retry"]);
    await fleet.untilAll("done");
    const creates = fleet.countRequests(({ method }) => method === "POST");
    await fleet.expectAgreement(5, { creates });
  });

  it("keeps all workers together within the limit of one key", async function () {
    const rateLimit = { requests: 40, perSeconds: 4 };
    const settings = { rateLimit };
    const stacks = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`s${index}`, two]));
    const fleet = await start(this, { speed: 60, settings, rateLimit, teams: oneTeam(stacks) });
    await fleet.run.command(["enqueue"]);
    fleet.run.startWorker();
    fleet.run.startWorker();
    await fleet.untilAll("done");
    const all = fleet.countRequests(() => true);
    expect(all, "more than one window's limit").to.be.greaterThan(80);
    expect(fleet.countRequests(({ status }) => status === 429) / all).to.be.lessThan(0.01);
    await fleet.expectAgreement(16);
  });

  it("puts the stacks of a worker that is stopped back into the queue, unlocked", async function () {
    const fleet = await start(this, { ...fast, teams: oneTeam({ one: two }) });
    const stopped = await startInTheMiddle(fleet);
    stopped.signal("SIGTERM");
    expect((await stopped.ended).code).to.equal(0);
    const rows = await fleet.until((all) => all.get("data-one")?.status === "queued");
    expect(rows.get("data-one")?.reason).to.equal("its worker was stopped; the next run resumes it");
    expect(await fleet.lockCount()).to.equal(0);

    await fleet.control.clock.resume();
    fleet.run.startWorker();
    await fleet.untilAll("done");
    await fleet.expectAgreement(2);
  });

  it("parks the stacks of a team whose key was revoked at once, and applies those of the others", async function () {
    const keys = { ONVERA_API_KEY_SALES: "onv_sk_live_of_sales" };
    const apiKeys = [{ key: "onv_sk_live_of_data" }, { key: keys.ONVERA_API_KEY_SALES }];
    const sales = { apiKey: "ONVERA_API_KEY_SALES", stacks: { one: two } };
    const fleet = await start(this, { ...fast, apiKeys, keys, teams: { ...oneTeam({ one: two }), sales } });
    await fleet.control.keys.revoke(keys.ONVERA_API_KEY_SALES);
    await fleet.run.command(["enqueue"]);
    const worker = fleet.run.startWorker();
    const rows = await fleet.until((all) =>
      [...all.values()].every(({ status }) => ["done", "failed"].includes(status)),
    );
    expect(rows.get("data-one")?.status).to.equal("done");
    expect(rows.get("sales-one")).to.include({
      status: "failed",
      next_step: "set a valid key in ONVERA_API_KEY_SALES, restart the workers, then: fleet retry sales-one",
    });
    expect(rows.get("sales-one")?.reason).to.include("API_KEY_REVOKED");
    await fleet.expectAgreement(2);

    worker.signal("SIGTERM");
    await worker.ended;
    fleet.run.startWorker({ ONVERA_API_KEY_SALES: "onv_sk_live_of_data" });
    await fleet.run.command(["retry"]);
    await fleet.untilAll("done");
    await fleet.expectAgreement(4);
  });

  it("reports how the platform differs from the state, repairs it, destroys, and keeps no key in PostgreSQL", async function () {
    const fleet = await start(this, { ...fast, teams: oneTeam({ one: two, two: { reports: "superset" } }) });
    const { query } = fleet.run.postgres;
    await fleet.run.command(["enqueue"]);
    fleet.run.startWorker();
    await fleet.untilAll("done");
    const idOf = (name: string) =>
      fleet.control.state().deployments.find((each) => each.name.startsWith(`${name}-`))?.id ?? "";
    await fleet.control.deployments.destroyNow(idOf("etl"));
    await fleet.control.deployments.rename(idOf("reports"), "renamed");
    // A change that was recorded, but not applied, is no drift.
    await query(`update fleet.stack set hash = '', deployments = deployments || '{"more":"airflow"}'`);
    await fleet.run.command(["drift", "--over", "0"]);
    const rows = await fleet.untilAll("drifted");
    expect(rows.get("data-one")?.reason).to.equal("etl: gone");
    expect(rows.get("data-one")?.next_step).to.equal("to repair it: fleet enqueue data-one");
    expect(rows.get("data-two")?.reason).to.equal("reports: name renamed");
    await fleet.untilNoJobs();
    await fleet.run.command(["enqueue", "--all"]);
    await fleet.untilAll("done");
    await fleet.expectAgreement(3, { creates: 4 });

    const everything = await query("select * from pgboss.job; select * from fleet.stack; select * from fleet.worker");
    expect(everything).to.include("data-one").and.to.not.include(fleet.run.emulator.apiKey);
    await fleet.run.command(["destroy", "--all"]);
    await fleet.untilAll("destroyed");
    await fleet.expectAgreement(0, { creates: 4 });
    expect(await fleet.run.command(["status"])).to.match(/^2 destroyed$/m);
  });
});
