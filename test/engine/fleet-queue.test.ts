import { expect } from "chai";
import { readDesired, readSettings } from "../../examples/fleet/config";
import type { Outcome, RunOptions } from "../../examples/fleet/engine";
import { Store, type Task } from "../../examples/fleet/store";
import { Worker } from "../../examples/fleet/worker";
import { type FleetHarness, useFleet } from "../support/fleet";

const teams = { data: { apiKey: "ONVERA_API_KEY", stacks: { one: { etl: "airflow" } } } };
const stack = "data-one";

/** What a run of a task ends with. */
type Engine = Partial<Record<Task, (options: RunOptions) => Outcome | Promise<Outcome>>>;

describe("the queue of the fleet, with an engine that is a function", () => {
  const closings: (() => Promise<void>)[] = [];
  // Before that of useFleet, which stops PostgreSQL.
  afterEach(async () => {
    for (const close of closings.splice(0)) await close();
  });
  const start = useFleet();

  async function open(context: Mocha.Context, settings: Record<string, unknown> = {}) {
    const fleet = await start(context, { teams, settings: { slots: 1, ...settings } });
    const read = readSettings(fleet.run.settingsFile);
    const store = await Store.open(fleet.databaseUrl, read);
    await store.record(readDesired(fleet.run.settingsFile, read));
    const tasks: Task[] = [];
    const workers = new Map<Worker, Promise<void>>();
    const startWorker = (engine: Engine) => {
      const runTask = async (options: RunOptions): Promise<Outcome> => {
        tasks.push(options.task);
        return (await engine[options.task]?.(options)) ?? { status: options.task === "destroy" ? "destroyed" : "done" };
      };
      const keys = new Map([["ONVERA_API_KEY", "the-key"]]);
      const worker = new Worker(store, read, keys, undefined, runTask, () => undefined);
      workers.set(worker, worker.run());
    };
    const stopWorkers = async () => {
      for (const worker of workers.keys()) worker.stop();
      await Promise.all(workers.values());
      workers.clear();
    };
    closings.push(async () => {
      await stopWorkers();
      await store.close();
    });
    return { fleet, store, tasks, startWorker, stopWorkers };
  }

  const rowOf = async (fleet: FleetHarness) => (await fleet.until(() => true)).get(stack);

  it("ends the jobs before a destroy, and runs none that looks at the stack after it", async function () {
    const { fleet, store, tasks, startWorker, stopWorkers } = await open(this, {
      retry: { limit: 5, delaySeconds: 3_600 },
    });
    await store.enqueue({ stack, task: "up" });
    startWorker({
      up: async () => {
        await store.enqueue({ stack, task: "drift" }, { afterSeconds: 3_600 });
        await store.enqueue({ stack, task: "destroy" });
        return { status: "retrying", reason: "No room is left" };
      },
    });
    await fleet.untilAll("destroyed");
    await store.enqueue({ stack, task: "preview" });
    await fleet.untilNoJobs();
    expect(tasks).to.deep.equal(["up", "destroy"]);
    expect(await rowOf(fleet)).to.include({ status: "destroyed", reason: null });
    await stopWorkers();
    expect(await fleet.run.command(["enqueue", "--all"]), "it is still in its file").to.equal("1 queued: up\n");
  });

  it("lets the last of several changes win", async function () {
    const { fleet, store, tasks, startWorker } = await open(this);
    for (const task of ["up", "destroy", "up"] as const) await store.enqueue({ stack, task });
    startWorker({});
    await fleet.untilNoJobs();
    expect(tasks).to.deep.equal(["up"]);
  });

  it("counts a run that takes too long as failed", async function () {
    const { fleet, store, tasks, startWorker } = await open(this, {
      taskSeconds: 1,
      retry: { limit: 1, delaySeconds: 1 },
    });
    await store.enqueue({ stack, task: "up" });
    startWorker({
      up: async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return { status: "interrupted", reason: String(signal.reason) };
      },
    });
    await fleet.untilAll("failed");
    expect(tasks).to.deep.equal(["up", "up"]);
    expect(await rowOf(fleet)).to.include({
      reason: "not done after 1 s",
      next_step: `repair the cause, then: fleet retry ${stack}`,
    });
  });

  it("keeps the status of a stack that failed or drifted through a preview and a drift check", async function () {
    const { fleet, store, startWorker } = await open(this);
    const drift = { status: "drifted", reason: "etl: gone" } as const;
    const outcomes: Outcome[] = [{ status: "failed", reason: "No room is left" }, { status: "done" }];
    startWorker({
      up: () => outcomes.shift() as Outcome,
      drift: () => drift,
      preview: () => ({ status: "done", reason: "create etl" }),
    });
    await store.enqueue({ stack, task: "up" });
    await fleet.untilAll("failed");
    for (const task of ["preview", "drift"] as const) await store.enqueue({ stack, task });
    await fleet.untilNoJobs();
    expect(await fleet.run.command(["status"])).to.equal(
      `1 failed\n${stack}\tfailed\tNo room is left\tpreview: create etl\n`,
    );

    expect(await fleet.run.command(["retry"])).to.equal("1 queued: up\n");
    await fleet.untilAll("done");
    await store.enqueue({ stack, task: "drift" });
    await fleet.untilAll("drifted");
    await store.enqueue({ stack, task: "preview" });
    await fleet.untilNoJobs();
    expect(await rowOf(fleet)).to.include({ ...drift, preview: "create etl" });
  });

  it("follows the status until no due job is queued, and ends with 1 if a stack has failed", async function () {
    const { fleet, store, startWorker, stopWorkers } = await open(this);
    await store.enqueue({ stack, task: "up" });
    startWorker({});
    await fleet.untilAll("done");
    await stopWorkers();
    await store.enqueue({ stack, task: "drift" });
    let start: () => void;
    const isShown = new Promise<void>((resolve) => {
      start = resolve;
    });
    const following = fleet.run.command(["status", "--follow"], () => start()).catch(String);
    await isShown;
    startWorker({ drift: () => ({ status: "failed", reason: "No room is left" }) });
    expect(await following).to.match(
      /^Error: fleet status --follow ended with 1\n1 queued\n(?:1 running\n)?1 failed\ndata-one\tfailed\tNo room is left\n$/,
    );
  });
});
