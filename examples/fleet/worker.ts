import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Settings } from "./config";
import type { Outcome, runTask } from "./engine";
import { Gateway } from "./gateway";
import { changesNothing, type Job, type Result, type StackRow, type Store } from "./store";

const idleMs = 500;
/** Before a stack that somebody else runs is tried again, in seconds. */
const busySeconds = 5;

/** Takes stacks from the queue and runs them, `slots` at a time, until it is stopped. */
export class Worker {
  readonly #id = randomUUID();
  readonly #stopping = new AbortController();
  readonly #interrupting = new AbortController();
  readonly #ended = new AbortController();
  #renewedMs = performance.now();

  constructor(
    private readonly store: Store,
    private readonly settings: Settings,
    private readonly keys: ReadonlyMap<string, string>,
    /** Where the gateway sends requests; without it, engines send their own. */
    private readonly upstream: string | undefined,
    private readonly engine: typeof runTask,
    private readonly log: (text: string) => void,
  ) {}

  /** Resolves when the worker was stopped and its stacks have ended or are back in the queue. */
  async run(): Promise<void> {
    const { slots } = this.settings;
    const gateway =
      this.upstream === undefined
        ? undefined
        : await Gateway.start(this.upstream, (key, maxWaitMs) => this.store.reserve(key, maxWaitMs));
    await this.#renew();
    const renewing = this.#keepLease();
    this.log(`worker ${this.#id} runs ${slots} stacks at a time`);
    await Promise.all(Array.from({ length: slots }, () => this.#slot(gateway)));
    this.#ended.abort();
    await renewing;
    await this.store.endLease(this.#id).catch(() => undefined);
    gateway?.close();
  }

  /** Takes no more stacks, and after `stopSeconds` interrupts those that run. A second call interrupts at once. */
  stop(): void {
    if (this.#stopping.signal.aborted) {
      this.#interrupt();
      return;
    }
    this.#stopping.abort();
    const { stopSeconds } = this.settings;
    this.log(`stopping: no new stacks; those that run are interrupted after ${stopSeconds} s`);
    setTimeout(() => this.#interrupt(), stopSeconds * 1_000).unref();
  }

  #interrupt(): void {
    this.#interrupting.abort("its worker was stopped; the next run resumes it");
  }

  async #slot(gateway: Gateway | undefined): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const job = await this.store.take().catch(() => undefined);
      if (job !== undefined) await this.#handle(job, gateway);
      else await wait(idleMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #handle(job: Job, gateway: Gateway | undefined): Promise<void> {
    const { stack, task } = job.data;
    const row = await this.#insist(() => this.store.claim(job, this.#id));
    if (row === undefined) {
      this.log(`${task} ${stack}: another worker runs it`);
      await this.#insist(() => this.store.putBack(job, this.#id, "another worker runs it", busySeconds));
      return;
    }
    this.log(`${task} ${stack}`);
    const startedMs = performance.now();
    const outcome = await this.#runTask(job, row, gateway);
    const took = `${((performance.now() - startedMs) / 1_000).toFixed(1)} s`;
    this.log(`${task} ${stack}: ${outcome.status} after ${took}`);
    await this.#insist(() => {
      if (outcome.status === "busy") return this.store.putBack(job, this.#id, outcome.reason ?? "", busySeconds);
      if (outcome.status === "interrupted") return this.store.putBack(job, this.#id, outcome.reason ?? "", 0);
      const result = outcome as Result;
      const isParked = result.status === "retrying" && job.isLastTry;
      const parked: Result = { ...result, status: "failed", nextStep: `repair the cause, then: fleet retry ${stack}` };
      return this.store.finish(job, this.#id, row, isParked ? parked : result);
    });
  }

  async #runTask(job: Job, row: StackRow, gateway: Gateway | undefined): Promise<Outcome> {
    const { task } = job.data;
    // The engine would create the stack again.
    if (changesNothing(task) && row.status === "destroyed") return { status: "destroyed" };
    const apiKey = this.keys.get(row.key_variable);
    if (apiKey === undefined) {
      const nextStep = `set ${row.key_variable} for every worker, then: fleet retry ${row.stack}`;
      return { status: "failed", reason: `this worker has no key in ${row.key_variable}`, nextStep };
    }
    const { project, taskSeconds } = this.settings;
    const timeout = AbortSignal.timeout(taskSeconds * 1_000);
    const outcome = await this.engine({
      ...{ project, task, row, apiKey },
      gatewayUrl: gateway?.urlFor(row.key_variable),
      signal: AbortSignal.any([this.#interrupting.signal, timeout]),
      isDeadHost: (host) => this.store.isDeadHost(host),
    });
    if (outcome.status !== "interrupted" || this.#interrupting.signal.aborted) return outcome;
    return { status: "retrying", reason: `not done after ${taskSeconds} s`, nextStep: "none: it is tried again" };
  }

  async #renew(): Promise<void> {
    const sentMs = performance.now();
    const { slots } = this.settings;
    const isRenewed = await this.store.renew({ id: this.#id, host: hostname(), pid: process.pid, slots });
    if (!isRenewed) this.#endNow();
    this.#renewedMs = sentMs;
  }

  /** Renews the lease, and ends the process, engines included, before others may take it for dead. */
  async #keepLease(): Promise<void> {
    const leaseMs = this.settings.leaseSeconds * 1_000;
    const check = setInterval(() => {
      if (performance.now() - this.#renewedMs > leaseMs * 0.8) this.#endNow();
    }, leaseMs / 20);
    while (!this.#ended.signal.aborted) {
      await this.#renew().catch(() => undefined);
      await this.store.recover().catch(() => undefined);
      await wait(leaseMs / 5, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    }
    clearInterval(check);
  }

  #endNow(): void {
    this.log("the lease was not renewed in time: this worker ends, and others resume its stacks");
    process.kill(process.pid, "SIGKILL");
  }

  /** Repeats what needs PostgreSQL until that is back; the lease ends the process if it stays away. */
  async #insist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        this.log(`PostgreSQL: ${error instanceof Error ? error.message : error}; retrying`);
        await wait(idleMs);
      }
    }
  }
}
