import { type Clock, systemClock } from "../clock";

/**
 * How long to wait for the next delete, in milliseconds. The engine sends the deletes of a run at about the same time, in any order, and
 * repeats a failed one at once if an error hook of the program asks for it.
 */
const graceMs = 500;

/** The deletes of deployments in one process: the seed of automatic names must not be deleted before the deployments. */
export class Deletes {
  readonly #clock: Pick<Clock, "sleep">;
  readonly #running = new Set<Promise<unknown>>();
  readonly #failedIds = new Set<string>();

  constructor(clock: Pick<Clock, "sleep"> = systemClock) {
    this.#clock = clock;
  }

  async track(id: string, work: () => Promise<void>): Promise<void> {
    const call = work();
    this.#running.add(call);
    try {
      await call;
      this.#failedIds.delete(id);
    } catch (error) {
      this.#failedIds.add(id);
      throw error;
    } finally {
      this.#running.delete(call);
    }
  }

  /** Waits until no delete is running. Resolves with the number of deployments whose delete failed. */
  async countFailed(): Promise<number> {
    await this.#clock.sleep(graceMs);
    while (this.#running.size > 0) {
      await Promise.allSettled(this.#running);
      if (this.#failedIds.size > 0) await this.#clock.sleep(graceMs);
    }
    return this.#failedIds.size;
  }
}

/** One engine run has one process for its dynamic providers. */
export const deletes = new Deletes();
