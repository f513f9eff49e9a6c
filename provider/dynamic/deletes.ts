/** The deletes of deployments in one process: the seed of automatic names must not be deleted before the deployments. */
export class Deletes {
  readonly #running = new Set<Promise<unknown>>();
  readonly #failedIds = new Set<string>();

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
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    return this.#failedIds.size;
  }
}

/** One engine run has one process for its dynamic providers. */
export const deletes = new Deletes();
