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
  /**
   * Milliseconds from an answer to the next poll. Default, also where it is undefined: from the shortest interval on, each a
   * quarter longer, up to the longest. Where several watch one key, the first one's counts.
   */
  readonly intervalMs?: (answer: T) => number | undefined;
}

/** A list of which each page holds what many watches wait for, so that one request answers them all. */
export interface BulkSource {
  /** Only watches whose key begins so are answered by the list; the rest of the key is an item's id. */
  readonly keyPrefix: string;
  /** Items of one page, and how many pages there are; pages count from 1. */
  readonly fetchPage: (
    page: number,
  ) => Promise<{ readonly items: readonly { readonly id: string }[]; readonly pages: number }>;
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

/** The contract, "Conventions": the largest page. */
export const itemsPerPage = 100;
/** Pages beyond those that are needed if all items were ours: others' items may lie in between. */
const sparePages = 2;
/** How long polls by pages are left alone after the list failed, or was too full of others' items to be worth it. */
const bulkPauseMs = 60_000;
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

/** A list, and how reading its pages goes. */
interface Bulk {
  readonly source: BulkSource;
  isPolling: boolean;
  /** Not before then: pages have been no help. */
  againAt: number;
  /** Whether the newest items are on the last pages: which order a list has is not published. */
  isOldestFirst: boolean;
  /** Whether the other end of the list was tried last time, as this one had been no help. */
  hasTurned: boolean;
  lastPage: number;
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
  readonly #bulk: readonly Bulk[];
  #heldBackUntil = Number.NEGATIVE_INFINITY;
  #isRunning = false;
  #wake = new AbortController();

  constructor({ clock, bulk = [], minIntervalMs = 2_000, maxIntervalMs = 5_000, random = Math.random }: PollerOptions) {
    this.#clock = clock;
    this.#bulk = bulk.map((source) => ({
      source,
      isPolling: false,
      againAt: Number.NEGATIVE_INFINITY,
      isOldestFirst: false,
      hasTurned: false,
      lastPage: 1,
    }));
    this.#minIntervalMs = minIntervalMs;
    this.#maxIntervalMs = Math.max(minIntervalMs, maxIntervalMs);
    this.#random = random;
  }

  /** Begins to poll; returns a function that stops it. Results never arrive after that, nor before this call returns. */
  watch<T>({ key, fetch, onResult, firstPollDelayMs, intervalMs }: Watch<T>): () => void {
    const observer = (result: PollResult<unknown>) => onResult(result as PollResult<T>);
    const delayMs = firstPollDelayMs ?? this.#jittered(this.#minIntervalMs);
    const isListed = this.#bulk.some(({ source }) => key.startsWith(source.keyPrefix));
    const dueAt = this.#clock.now() + Math.max(delayMs, isListed ? gatherMs : 0);
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
      for (const bulk of this.#bulk) this.#pollByPages(bulk, now);
      for (const subject of this.#subjects.values()) {
        if (!subject.isPolling && subject.dueAt <= now) void this.#poll(subject);
      }
    }
    this.#isRunning = false;
  }

  /**
   * Begins to read pages for every watch that the list can answer, if one of them is due and pages are fewer requests than
   * they are. Those not due yet are answered along with it: it costs nothing more.
   */
  #pollByPages(bulk: Bulk, now: number): void {
    if (bulk.isPolling || now < bulk.againAt) return;
    const wanted = [...this.#subjects.values()].filter(
      (subject) => !subject.isPolling && subject.key.startsWith(bulk.source.keyPrefix),
    );
    const due = wanted.filter(({ dueAt }) => dueAt <= now).length;
    const pages = Math.ceil(wanted.length / itemsPerPage);
    if (due === 0 || wanted.length <= pages) return;
    for (const subject of wanted) subject.isPolling = true;
    bulk.isPolling = true;
    void this.#readPages(bulk, wanted, pages + sparePages).finally(() => {
      bulk.isPolling = false;
      this.#wakeUp();
    });
  }

  async #readPages(bulk: Bulk, wanted: readonly Subject[], maxPages: number): Promise<void> {
    const { keyPrefix, fetchPage } = bulk.source;
    const missing = new Map(wanted.map((subject) => [subject.key.slice(keyPrefix.length), subject]));
    const { lastPage, isOldestFirst } = bulk;
    let pagesRead = 0;
    try {
      for (let hasMore = true; hasMore && missing.size > 0 && pagesRead < Math.min(maxPages, wanted.length); ) {
        pagesRead += 1;
        const number = isOldestFirst ? lastPage - pagesRead + 1 : pagesRead;
        const page = await fetchPage(number);
        hasMore = isOldestFirst ? number > 1 : number < page.pages;
        bulk.lastPage = Math.max(1, page.pages);
        for (const item of page.items) {
          const subject = missing.get(item.id);
          if (subject === undefined) continue;
          missing.delete(item.id);
          this.#settle(subject, { answer: item });
        }
      }
      // Found too little for what it cost: others' items fill the list, or this end of it.
      if (wanted.length - missing.size >= pagesRead) bulk.hasTurned = false;
      else if (bulk.hasTurned || bulk.lastPage <= pagesRead) {
        bulk.againAt = this.#clock.now() + bulkPauseMs;
        bulk.hasTurned = false;
      } else {
        bulk.isOldestFirst = !isOldestFirst;
        bulk.hasTurned = true;
      }
    } catch (thrown) {
      const error = asError(thrown);
      bulk.againAt = this.#clock.now() + bulkPauseMs;
      if (error instanceof ApiError && error.status === 429) this.#delayAfter(error, 1);
    }
    // What the list did not tell is asked for by itself, which also tells each wait what is wrong.
    const now = this.#clock.now();
    for (const subject of missing.values()) {
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

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
