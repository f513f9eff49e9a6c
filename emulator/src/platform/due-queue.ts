/** What ends when: the operations in flight by the work time of their end, soonest first. */
export class DueQueue {
  /** Latest first, so that the soonest is taken from the end. */
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

  /** Takes the next one that is due by `now`; `undefined` when none is. */
  takeDue(now: number): { id: string; at: number } | undefined {
    const soonest = this.#entries.at(-1);
    return soonest !== undefined && soonest.at <= now ? this.#entries.pop() : undefined;
  }

  /** When the last one ends; `undefined` when nothing is in flight. */
  get latest(): number | undefined {
    return this.#entries[0]?.at;
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
