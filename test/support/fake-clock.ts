import type { Clock } from "../../provider/clock";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * A clock that takes no time: when nothing else is left to do, it jumps to the next sleeper. The wall clock starts at
 * 2026-01-01T00:00:00Z and advances with it, unless a test changes it.
 */
export class FakeClock implements Clock {
  /** The requested sleeps, in milliseconds. */
  readonly sleeps: number[] = [];
  wallOffset = Date.parse("2026-01-01T00:00:00Z");
  #now = 0;
  #sleepers: Sleeper[] = [];
  #isScheduled = false;

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.wallOffset + this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper = { at: this.#now + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        "abort",
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        },
        { once: true },
      );
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (earliest, sleeper) => (earliest === undefined || sleeper.at < earliest.at ? sleeper : earliest),
        undefined,
      );
      if (next === undefined) return;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      this.#schedule();
    });
  }
}
