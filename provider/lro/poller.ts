import type { Clock } from "../clock";
import { ApiError, isRateLimited } from "../api/errors";
import { type BulkSource, PageReader } from "./list-poller";

/** What one poll brought: an answer, or the reason why there is none. */
export type PollResult<T> = { readonly answer: T } | { readonly error: Error };

export interface Watch<T> {
  /** Watches with equal keys share one request per poll, such as `operation/op_…`. */
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  readonly onResult: (result: PollResult<T>) => void;
  /** Milliseconds until the first poll. Default: one usual interval. */
  readonly firstPollDelayMs?: number;
  /**
   * Milliseconds from an answer to the next poll. Default, also where it is undefined: from the shortest interval on, each a
   * quarter longer, up to the longest. Where several watch one key, the first one's counts.
   */
  readonly intervalMs?: (answer: T) => number | undefined;
}

export interface PollerOptions {
  readonly clock: Clock;
  /** Keys that none of them can answer are polled by themselves. */
  readonly bulk?: readonly BulkSource[];
  /** Bounds of the time between two polls of one key, in milliseconds; the contract ("Operations") asks for 2 to 5 seconds. */
  readonly minIntervalMs?: number;
  readonly maxIntervalMs?: number;
  /** Returns a number in [0, 1), for jitter. */
  readonly random?: () => number;
}

/** Polls of one key at most this far apart while the platform cannot be reached, in milliseconds. */
const maxBackoffMs = 30_000;

/** Watches that begin together come to be known within this time, so that one page answers them; in milliseconds. */
const gatherMs = 1;

interface Subject {
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<unknown>;
  readonly nextIntervalMs: ((answer: unknown) => number | undefined) | undefined;
  readonly observers: Set<(result: PollResult<unknown>) => void>;
  readonly abort: AbortController;
  intervalMs: number;
  errorsInARow: number;
  dueAt: number;
  isPolling: boolean;
}

/**
 * Polls everything that a process waits for, in one loop: each key at its own time, every key once however many wait for
 * it; by pages of a list, where those are fewer requests. A poll that fails is reported and tried again later, more slowly; 429 holds back every key for as long as the
 * platform asks. The poller itself never gives up: whoever watches decides when to stop.
 */
export class Poller {
  readonly #clock: Clock;
  readonly #minIntervalMs: number;
  readonly #maxIntervalMs: number;
  readonly #random: () => number;
  readonly #subjects = new Map<string, Subject>();
  readonly #lists: readonly PageReader[];
  /** One list at a time: so all that the first one settles is asked of the next one together. */
  #isReadingPages = false;
  #heldBackUntil = Number.NEGATIVE_INFINITY;
  #isRunning = false;
  #wake = new AbortController();

  constructor({ clock, bulk = [], minIntervalMs = 2_000, maxIntervalMs = 5_000, random = Math.random }: PollerOptions) {
    this.#clock = clock;
    this.#lists = bulk.map((source) => new PageReader(source, clock));
    this.#minIntervalMs = minIntervalMs;
    this.#maxIntervalMs = Math.max(minIntervalMs, maxIntervalMs);
    this.#random = random;
  }

  /** Begins to poll; returns a function that stops it. Results never arrive after that, nor before this call returns. */
  watch<T>({ key, fetch, onResult, firstPollDelayMs, intervalMs }: Watch<T>): () => void {
    const observer = (result: PollResult<unknown>) => onResult(result as PollResult<T>);
    const delayMs = firstPollDelayMs ?? this.#jittered(this.#minIntervalMs);
    const dueAt = this.#clock.now() + Math.max(delayMs, this.#isListed(key) ? gatherMs : 0);
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      subject = {
        key,
        fetch,
        nextIntervalMs: intervalMs === undefined ? undefined : (answer) => intervalMs(answer as T),
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
      this.#wake.abort("woken");
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
        if (this.#isIdle(subject)) earliest = Math.min(earliest, subject.dueAt);
      }
      const waitMs = Math.max(earliest, this.#heldBackUntil) - this.#clock.now();
      if (waitMs > 0) {
        // With everything in flight there is no next time: sleep until an answer or a watcher wakes the loop.
        await this.#clock.sleep(Math.min(waitMs, 60_000), this.#wake.signal).catch(() => undefined);
        continue;
      }
      const now = this.#clock.now();
      for (const list of this.#lists) this.#pollByPages(list, now);
      for (const subject of this.#subjects.values()) {
        if (subject.dueAt <= now && this.#isIdle(subject)) void this.#poll(subject);
      }
    }
    this.#isRunning = false;
  }

  #isListed(key: string): boolean {
    return this.#lists.some(({ source }) => key.startsWith(source.keyPrefix));
  }

  /** Whether nothing is asked about it now, nor will be by pages that follow those that are being read. */
  #isIdle({ key, isPolling }: Subject): boolean {
    return !isPolling && !(this.#isReadingPages && this.#isListed(key));
  }

  /**
   * Begins to read pages for every watch that the list can answer, if one of them is due and pages are fewer requests than
   * they are. Those not due yet are answered along with it: it costs nothing more.
   */
  #pollByPages(list: PageReader, now: number): void {
    if (this.#isReadingPages) return;
    const wanted = [...this.#subjects.values()].filter(
      (subject) => !subject.isPolling && subject.key.startsWith(list.source.keyPrefix),
    );
    if (!wanted.some(({ dueAt }) => dueAt <= now) || !list.isWorth(wanted.length)) return;
    for (const subject of wanted) subject.isPolling = true;
    this.#isReadingPages = true;
    void this.#readPages(list, wanted).finally(() => {
      this.#isReadingPages = false;
      this.#wakeUp();
    });
  }

  async #readPages(list: PageReader, wanted: readonly Subject[]): Promise<void> {
    const missing = new Set(wanted);
    try {
      await list.read(wanted.length, (item) => {
        const subject = this.#subjects.get(list.source.keyPrefix + item.id);
        if (subject === undefined) return "foreign";
        // One that is watched since the reading began has its answer, too; one that is asked for by itself will have it.
        if (missing.delete(subject) || !subject.isPolling) this.#settle(subject, { answer: item });
        return missing.size === 0 ? "all" : "watched";
      });
    } catch (thrown) {
      const error = asError(thrown);
      if (isRateLimited(error)) this.#delayAfter(error, 1);
    }
    // What the list did not tell is asked for by itself, which also tells each wait what is wrong.
    const now = this.#clock.now();
    for (const subject of missing) {
      subject.isPolling = false;
      if (subject.dueAt <= now && now >= this.#heldBackUntil) void this.#poll(subject);
    }
  }

  async #poll(subject: Subject): Promise<void> {
    subject.isPolling = true;
    let result: PollResult<unknown>;
    try {
      result = { answer: await subject.fetch(subject.abort.signal) };
    } catch (thrown) {
      result = { error: asError(thrown) };
    }
    this.#settle(subject, result);
    this.#wakeUp();
  }

  /** Plans a subject's next poll and tells those who wait for it. */
  #settle(subject: Subject, result: PollResult<unknown>): void {
    subject.isPolling = false;
    if ("error" in result) {
      subject.errorsInARow += 1;
      subject.dueAt = this.#clock.now() + this.#delayAfter(result.error, subject.errorsInARow);
    } else {
      subject.errorsInARow = 0;
      const intervalMs = subject.nextIntervalMs?.(result.answer) ?? subject.intervalMs;
      subject.dueAt = this.#clock.now() + this.#jittered(Math.max(intervalMs, this.#minIntervalMs));
      subject.intervalMs = Math.min(subject.intervalMs * 1.25, this.#maxIntervalMs);
    }
    if (subject.abort.signal.aborted) return;
    for (const observer of [...subject.observers]) observer(result);
  }

  #delayAfter(error: Error, errorsInARow: number): number {
    const backoffMs = Math.min(this.#maxIntervalMs * 2 ** Math.min(errorsInARow - 1, 10), maxBackoffMs);
    const askedMs = error instanceof ApiError ? error.retryAfterMs : undefined;
    const delayMs = Math.max(askedMs ?? backoffMs, this.#minIntervalMs);
    if (isRateLimited(error)) {
      this.#heldBackUntil = Math.max(this.#heldBackUntil, this.#clock.now() + delayMs);
    }
    return this.#jittered(delayMs);
  }

  /** Never earlier than asked; up to a tenth later, so that many waits do not poll in step. */
  #jittered(ms: number): number {
    return ms * (1 + this.#random() * 0.1);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
