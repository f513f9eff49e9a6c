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
});
