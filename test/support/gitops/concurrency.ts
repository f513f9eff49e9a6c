/** A job in a concurrency group, as its workflow declares it. */
export interface QueuedJob {
  readonly name: string;
  readonly concurrency: { readonly group: string; readonly "cancel-in-progress": boolean; readonly queue?: string };
}

/**
 * The concurrency groups of a repository. Source: GitHub's documentation of `concurrency`. One job of a group runs at a time. By
 * default one more can wait, and a newer one cancels it; with `queue: max`, up to 100 wait, and run in order.
 */
export class ConcurrencyGroups {
  readonly started: QueuedJob[] = [];
  readonly canceled: QueuedJob[] = [];
  readonly #running = new Map<string, QueuedJob>();
  readonly #waiting = new Map<string, QueuedJob[]>();

  arrive(job: QueuedJob): void {
    const { group, queue, "cancel-in-progress": cancelsRunning } = job.concurrency;
    const running = this.#running.get(group);
    if (running === undefined) {
      this.#start(job);
      return;
    }
    const waiting = this.#waiting.get(group) ?? [];
    if (queue !== "max") this.canceled.push(...waiting.splice(0));
    if (waiting.length < 100) waiting.push(job);
    else this.canceled.push(job);
    this.#waiting.set(group, waiting);
    if (!cancelsRunning) return;
    this.canceled.push(running);
    this.end(group);
  }

  /** Ends the job that runs in the group, if any, so that the next one starts. */
  end(group: string): void {
    this.#running.delete(group);
    const next = this.#waiting.get(group)?.shift();
    if (next !== undefined) this.#start(next);
  }

  #start(job: QueuedJob): void {
    this.#running.set(job.concurrency.group, job);
    this.started.push(job);
  }
}
