/** Virtual time for everything in one history. It jumps to the next timer as soon as nothing else is left to do. */

/** Whose code runs. A timer runs for the one that has set it, and so does all that continues after it. */
let owner: object | undefined;

export function currentOwner(): object | undefined {
  return owner;
}

/**
 * Runs code for an owner, until a timer of another one fires. What the code awaits continues for the same owner: the run of another
 * stack starts with a timer, and the two processes of one run differ in nothing that depends on the owner.
 */
export function runFor<T>(newOwner: object | undefined, work: () => T): T {
  owner = newOwner;
  return work();
}

/** The result of Node.js's `setTimeout`, as far as the product uses it. */
export interface TimerHandle {
  ref(): TimerHandle;
  unref(): TimerHandle;
  cancel(): void;
}

class Timer implements TimerHandle {
  isCanceled = false;

  constructor(
    readonly at: number,
    readonly fire: () => void,
    readonly owner: object | undefined,
  ) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  cancel(): void {
    this.isCanceled = true;
  }
}

/** A history that fires more timers than this one does not end by itself. */
const maxTimers = 50_000;

export class VirtualTime {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now = Date.parse("2026-01-01T00:00:00Z");
  readonly start = this.now;
  #fired = 0;
  /** By time, the latest first; of one time, the first one last. */
  readonly #timers: Timer[] = [];

  constructor() {
    owner = undefined;
  }

  /** Calls `fire` after so many milliseconds, for the current owner. */
  after(ms: number, fire: () => void): TimerHandle {
    const at = this.now + Math.max(0, Number.isFinite(ms) ? ms : 0);
    const timer = new Timer(at, fire, owner);
    let low = 0;
    for (let high = this.#timers.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle] as Timer).at > timer.at) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    return timer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass until the work has ended. Throws if it cannot end any more. */
  run<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = () => {
        isOver = true;
      };
      work.then(end, end);
      // Node.js runs all microtasks between two of these.
      const step = () => {
        if (isOver) {
          resolve(work);
          return;
        }
        try {
          this.#fireNext();
          setImmediate(step);
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(step);
    });
  }

  #fireNext(): void {
    let timer = this.#timers.pop();
    while (timer?.isCanceled) timer = this.#timers.pop();
    if (timer === undefined) throw new Error("nothing is left to wait for, but the work has not ended");
    this.#fired += 1;
    if (this.#fired > maxTimers) throw new Error(`the work has not ended after ${maxTimers} timers`);
    this.now = Math.max(this.now, timer.at);
    runFor(timer.owner, timer.fire);
  }
}
