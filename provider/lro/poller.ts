import type { Clock } from "../clock";
import { ListPoller, type ListSource } from "./list-poller";
import { classify } from "./poll-error";

/** The result of one poll. */
export type PollResult<T> = { readonly response: T } | { readonly error: Error };

export interface PollTarget<T> {
  /** Targets with equal keys, such as `operation/op_…`, share one request per poll. */
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  readonly onResult: (result: PollResult<T>) => void;
  /** Milliseconds until the first poll. Default: the shortest interval. */
  readonly firstPollDelayMs?: number;
  /**
   * Milliseconds from a response to the next poll. Default, also if it returns undefined: starting with the shortest interval,
   * each a quarter longer, up to the longest. If several targets have the same key, the first one's counts.
   */
  readonly intervalMs?: (response: T) => number | undefined;
}

export interface PollerOptions {
  readonly clock: Clock;
  /** Lists that contain many targets. A target that is in none of them is polled by itself. */
  readonly lists?: readonly ListSource[];
  /** Bounds of the time between two polls of one key, in milliseconds. */
  readonly minIntervalMs?: number;
  readonly maxIntervalMs?: number;
  /** Returns a number in [0, 1), for jitter. */
  readonly random?: () => number;
}

/** The longest time between two polls of one key while the server cannot be reached, in milliseconds. */
const maxBackoffMs = 30_000;

/** The delay of a first poll, so that targets that are added together share one page; in milliseconds. */
const gatherMs = 1;

interface ScheduledTarget {
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<unknown>;
  readonly nextIntervalMs: ((response: unknown) => number | undefined) | undefined;
  readonly observers: Set<(result: PollResult<unknown>) => void>;
  readonly abort: AbortController;
  intervalMs: number;
  consecutiveErrors: number;
  dueAt: number;
  isPolling: boolean;
}

/**
 * Polls everything that a process waits for, in one loop. Each key has its own schedule, and one request serves everyone who waits
 * for it. If reading pages of a list takes fewer requests than single polls, it reads pages. After a failed poll, it reports the
 * error and polls less often. It polls a target until the caller stops it. It does not handle 429: `fetch` has to wait for the rate
 * limit.
 */
export class Poller {
  readonly #clock: Clock;
  readonly #minIntervalMs: number;
  readonly #maxIntervalMs: number;
  readonly #random: () => number;
  readonly #targets = new Map<string, ScheduledTarget>();
  readonly #lists: readonly ListPoller[];
  /** One list at a time, so that the next one is read for everything that the first one does not contain. */
  #isReadingPages = false;
  #isRunning = false;
  #wake = new AbortController();

  constructor({
    clock,
    lists = [],
    minIntervalMs = 2_000,
    maxIntervalMs = 5_000,
    random = Math.random,
  }: PollerOptions) {
    this.#clock = clock;
    this.#lists = lists.map((source) => new ListPoller(source, clock));
    this.#minIntervalMs = minIntervalMs;
    this.#maxIntervalMs = Math.max(minIntervalMs, maxIntervalMs);
    this.#random = random;
  }

  /** Starts to poll, and returns a function that stops it. No result arrives after that, or before this call returns. */
  add<T>({ key, fetch, onResult, firstPollDelayMs, intervalMs }: PollTarget<T>): () => void {
    const observer = (result: PollResult<unknown>) => onResult(result as PollResult<T>);
    const delayMs = firstPollDelayMs ?? this.#jittered(this.#minIntervalMs);
    const dueAt = this.#clock.now() + Math.max(delayMs, this.#isListed(key) ? gatherMs : 0);
    let target = this.#targets.get(key);
    if (target === undefined) {
      target = {
        key,
        fetch,
        nextIntervalMs: intervalMs === undefined ? undefined : (response) => intervalMs(response as T),
        observers: new Set(),
        abort: new AbortController(),
        intervalMs: this.#minIntervalMs,
        consecutiveErrors: 0,
        dueAt,
        isPolling: false,
      };
      this.#targets.set(key, target);
    } else {
      target.dueAt = Math.min(target.dueAt, dueAt);
    }
    const added = target;
    added.observers.add(observer);
    this.#wakeUp();
    return () => {
      added.observers.delete(observer);
      if (added.observers.size === 0 && this.#targets.get(key) === added) {
        this.#targets.delete(key);
        added.abort.abort();
        this.#wakeUp();
      }
    };
  }

  #wakeUp(): void {
    if (this.#isRunning) {
      this.#wake.abort("woken");
    } else if (this.#targets.size > 0) {
      this.#isRunning = true;
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    while (this.#targets.size > 0) {
      this.#wake = new AbortController();
      let earliest = Number.POSITIVE_INFINITY;
      for (const target of this.#targets.values()) {
        if (this.#isIdle(target)) earliest = Math.min(earliest, target.dueAt);
      }
      const waitMs = earliest - this.#clock.now();
      if (waitMs > 0) {
        // If a request for every target is in flight, nothing is due: sleep until a response or a new target wakes the loop.
        await this.#clock.sleep(Math.min(waitMs, 60_000), this.#wake.signal).catch(() => undefined);
        continue;
      }
      const now = this.#clock.now();
      for (const list of this.#lists) this.#pollByPages(list, now);
      for (const target of this.#targets.values()) {
        if (target.dueAt <= now && this.#isIdle(target)) void this.#poll(target);
      }
    }
    this.#isRunning = false;
  }

  #isListed(key: string): boolean {
    return this.#lists.some(({ source }) => key.startsWith(source.keyPrefix));
  }

  /** Whether no request for it is in flight, nor will be sent as part of the pages that are being read. */
  #isIdle({ key, isPolling }: ScheduledTarget): boolean {
    return !isPolling && !(this.#isReadingPages && this.#isListed(key));
  }

  /**
   * Starts to read pages for every target of the list, if one of them is due and the pages take fewer requests than the targets
   * do. Those that are not due yet get their results as well: that costs nothing.
   */
  #pollByPages(list: ListPoller, now: number): void {
    if (this.#isReadingPages) return;
    const wanted = [...this.#targets.values()].filter(
      (target) => !target.isPolling && target.key.startsWith(list.source.keyPrefix),
    );
    if (!wanted.some(({ dueAt }) => dueAt <= now) || !list.isWorth(wanted.length)) return;
    for (const target of wanted) target.isPolling = true;
    this.#isReadingPages = true;
    void this.#readPages(list, wanted).finally(() => {
      this.#isReadingPages = false;
      this.#wakeUp();
    });
  }

  async #readPages(list: ListPoller, wanted: readonly ScheduledTarget[]): Promise<void> {
    const missing = new Set(wanted);
    try {
      await list.read(wanted.length, (item) => {
        const target = this.#targets.get(list.source.keyPrefix + item.id);
        if (target === undefined) return "other";
        // A target that was added meanwhile gets its result, too; one with a request of its own in flight waits for that.
        if (missing.delete(target) || !target.isPolling) this.#complete(target, { response: item });
        return missing.size === 0 ? "all" : "wanted";
      });
    } catch {
      // The single polls report what is wrong.
    }
    // A target that the pages do not contain is polled by itself.
    const now = this.#clock.now();
    for (const target of missing) {
      target.isPolling = false;
      if (target.dueAt <= now) void this.#poll(target);
    }
  }

  async #poll(target: ScheduledTarget): Promise<void> {
    target.isPolling = true;
    let result: PollResult<unknown>;
    try {
      result = { response: await target.fetch(target.abort.signal) };
    } catch (thrown) {
      result = { error: asError(thrown) };
    }
    this.#complete(target, result);
    this.#wakeUp();
  }

  /** Schedules the next poll of a target, and reports the result to those that wait for it. */
  #complete(target: ScheduledTarget, result: PollResult<unknown>): void {
    target.isPolling = false;
    if ("error" in result) {
      target.consecutiveErrors += 1;
      target.dueAt = this.#clock.now() + this.#delayAfter(result.error, target.consecutiveErrors);
    } else {
      target.consecutiveErrors = 0;
      const intervalMs = target.nextIntervalMs?.(result.response) ?? target.intervalMs;
      target.dueAt = this.#clock.now() + this.#jittered(Math.max(intervalMs, this.#minIntervalMs));
      target.intervalMs = Math.min(target.intervalMs * 1.25, this.#maxIntervalMs);
    }
    if (target.abort.signal.aborted) return;
    for (const observer of [...target.observers]) observer(result);
  }

  #delayAfter(error: Error, consecutiveErrors: number): number {
    const backoffMs = Math.min(this.#maxIntervalMs * 2 ** Math.min(consecutiveErrors - 1, 10), maxBackoffMs);
    const { retryAfterMs } = classify(error);
    return this.#jittered(Math.max(retryAfterMs ?? backoffMs, this.#minIntervalMs));
  }

  /** Up to a tenth later, never earlier, so that many waits do not poll at the same time. */
  #jittered(ms: number): number {
    return ms * (1 + this.#random() * 0.1);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
