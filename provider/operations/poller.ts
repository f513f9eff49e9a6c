import type { Clock } from "../clock";
import { ApiError } from "../onvera/errors";

/** What one poll brought: an answer, or the reason why there is none. */
export type PollResult<T> = { readonly answer: T } | { readonly error: Error };

export interface Watch<T> {
  /** Watches with equal keys share one request per poll, such as `operation/op_…`. */
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  readonly onResult: (result: PollResult<T>) => void;
  /** Milliseconds until the first poll. Default: one usual interval. */
  readonly firstPollDelayMs?: number;
}

export interface PollerOptions {
  readonly clock: Clock;
  /** Bounds of the time between two polls of one key, in milliseconds; the contract ("Operations") asks for 2 to 5 seconds. */
  readonly minIntervalMs?: number;
  readonly maxIntervalMs?: number;
  /** Returns a number in [0, 1), for jitter. */
  readonly random?: () => number;
}

/** Polls of one key at most this far apart while the platform cannot be reached, in milliseconds. */
const maxBackoffMs = 30_000;

interface Subject {
  readonly fetch: (signal: AbortSignal) => Promise<unknown>;
  readonly observers: Set<(result: PollResult<unknown>) => void>;
  readonly abort: AbortController;
  intervalMs: number;
  errorsInARow: number;
  dueAt: number;
  isPolling: boolean;
}

/**
 * Polls everything that a process waits for, in one loop: each key at its own time, every key once however many wait for
 * it. A poll that fails is reported and tried again later, more slowly; 429 holds back every key for as long as the
 * platform asks. The poller itself never gives up: whoever watches decides when to stop.
 */
export class Poller {
  readonly #clock: Clock;
  readonly #minIntervalMs: number;
  readonly #maxIntervalMs: number;
  readonly #random: () => number;
  readonly #subjects = new Map<string, Subject>();
  #heldBackUntil = Number.NEGATIVE_INFINITY;
  #isRunning = false;
  #wake = new AbortController();

  constructor({ clock, minIntervalMs = 2_000, maxIntervalMs = 5_000, random = Math.random }: PollerOptions) {
    this.#clock = clock;
    this.#minIntervalMs = minIntervalMs;
    this.#maxIntervalMs = Math.max(minIntervalMs, maxIntervalMs);
    this.#random = random;
  }

  /** Begins to poll; returns a function that stops it. Results never arrive after that, nor before this call returns. */
  watch<T>({ key, fetch, onResult, firstPollDelayMs }: Watch<T>): () => void {
    const observer = (result: PollResult<unknown>) => onResult(result as PollResult<T>);
    const dueAt = this.#clock.now() + (firstPollDelayMs ?? this.#jittered(this.#minIntervalMs));
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      subject = {
        fetch,
        observers: new Set(),
        abort: new AbortController(),
        intervalMs: this.#minIntervalMs,
        errorsInARow: 0,
        dueAt,
        isPolling: false,
      };
      this.#subjects.set(key, subject);
    } else {
      subject.dueAt = Math.min(subject.dueAt, dueAt);
    }
    const watched = subject;
    watched.observers.add(observer);
    this.#wakeUp();
    return () => {
      watched.observers.delete(observer);
      if (watched.observers.size === 0 && this.#subjects.get(key) === watched) {
        this.#subjects.delete(key);
        watched.abort.abort();
        this.#wakeUp();
      }
    };
  }

  #wakeUp(): void {
    if (this.#isRunning) {
      this.#wake.abort();
    } else if (this.#subjects.size > 0) {
      this.#isRunning = true;
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    while (this.#subjects.size > 0) {
      this.#wake = new AbortController();
      let earliest = Number.POSITIVE_INFINITY;
      for (const subject of this.#subjects.values()) {
        if (!subject.isPolling) earliest = Math.min(earliest, subject.dueAt);
      }
      const waitMs = Math.max(earliest, this.#heldBackUntil) - this.#clock.now();
      if (waitMs > 0) {
        // With everything in flight there is no next time: sleep until an answer or a watcher wakes the loop.
        await this.#clock.sleep(Math.min(waitMs, 60_000), this.#wake.signal).catch(() => undefined);
        continue;
      }
      const now = this.#clock.now();
      for (const subject of this.#subjects.values()) {
        if (!subject.isPolling && subject.dueAt <= now) void this.#poll(subject);
      }
    }
    this.#isRunning = false;
  }

  async #poll(subject: Subject): Promise<void> {
    subject.isPolling = true;
    let result: PollResult<unknown>;
    try {
      result = { answer: await subject.fetch(subject.abort.signal) };
      subject.errorsInARow = 0;
      subject.dueAt = this.#clock.now() + this.#jittered(subject.intervalMs);
      subject.intervalMs = Math.min(subject.intervalMs * 1.25, this.#maxIntervalMs);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      result = { error };
      subject.errorsInARow += 1;
      subject.dueAt = this.#clock.now() + this.#delayAfter(error, subject.errorsInARow);
    }
    subject.isPolling = false;
    if (!subject.abort.signal.aborted) {
      for (const observer of [...subject.observers]) observer(result);
    }
    this.#wakeUp();
  }

  #delayAfter(error: Error, errorsInARow: number): number {
    const backoffMs = Math.min(this.#maxIntervalMs * 2 ** Math.min(errorsInARow - 1, 10), maxBackoffMs);
    const askedMs = error instanceof ApiError ? error.retryAfterMs : undefined;
    const delayMs = Math.max(askedMs ?? backoffMs, this.#minIntervalMs);
    if (error instanceof ApiError && error.status === 429) {
      this.#heldBackUntil = Math.max(this.#heldBackUntil, this.#clock.now() + delayMs);
    }
    return this.#jittered(delayMs);
  }

  /** Never earlier than asked; up to a tenth later, so that many waits do not poll in step. */
  #jittered(ms: number): number {
    return ms * (1 + this.#random() * 0.1);
  }
}
