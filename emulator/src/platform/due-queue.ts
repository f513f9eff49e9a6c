/** The operations in progress, ordered by the work time at which they end. */
export class DueQueue {
  /** Latest first, so that the next one due is at the end. */
  readonly #entries: { id: string; at: number }[] = [];

  add(id: string, at: number): void {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.at ?? 0) > at) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, { id, at });
  }

  /** Removes and returns the next operation that is due by `now`, if there is one. */
  takeDue(now: number): { id: string; at: number } | undefined {
    const soonest = this.#entries.at(-1);
    return soonest !== undefined && soonest.at <= now ? this.#entries.pop() : undefined;
  }

  /** When the last operation ends; `undefined` if none is in progress. */
  get latest(): number | undefined {
    return this.#entries[0]?.at;
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
