import { type CallContext, type CallEnd, callEnd, onCallEnd } from "../call-context";
import type { Clock } from "../clock";
import { ApiError, isRateLimited } from "./errors";
import { type AnnouncedRate, announcedRate, type GetHeader } from "./rate-limit-headers";

/** What a request is for. If not all requests can be sent, those with an earlier priority go first. */
export const priorities = ["create", "delete", "read", "poll"] as const;
export type Priority = (typeof priorities)[number];

/** How a request ended; `error` if it got an error response or none. */
export interface RequestEnd {
  readonly error?: unknown;
}

interface AcquireOptions extends CallContext {
  /** Whether the platform has refused this request with a 429 before. It then goes before the others of its priority. */
  readonly wasRefused?: boolean;
  /** Called at most once, with the milliseconds that the request has to wait for the rate limit. */
  readonly onDelayed?: ((delayMs: number) => void) | undefined;
  readonly toError?: (why: CallEnd) => Error;
}

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Requests in flight at the same time. More would not be faster, and each can exceed the limit. */
  readonly maxInFlight?: number;
  /** Called with each decision, for debug logs. */
  readonly onDecision?: (text: string) => void;
}

interface QueuedRequest {
  readonly start: () => void;
}

/** Two windows that end this close together, in milliseconds, are the same one: the headers have whole seconds. */
const sameWindowMs = 2_000;
/** The pause after a 429 that gives no delay, in milliseconds. It doubles with each further 429 in a row. */
const firstPauseMs = 1_000;
const maxPauseMs = 60_000;

/**
 * Keeps all requests of a process below the platform's rate limit, by priority. It follows the limit that headers announce.
 * After a 429 it sends nothing until the platform accepts requests again, then one request, then twice as many after each
 * response.
 *
 * The limits and their headers are not published (API reference, "Errors"). Without headers, only a 429 delays requests.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #maxInFlight: number;
  readonly #onDecision: (text: string) => void;
  readonly #queues = new Map<Priority, QueuedRequest[]>(priorities.map((priority) => [priority, []]));
  #inFlight = 0;
  /** Less than the maximum after a 429. */
  #allowedInFlight: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** The rest of the announced limit. `endsAt` is undefined until a response has announced the current window. */
  #announced: (Omit<AnnouncedRate, "resetMs"> & { readonly endsAt?: number }) | undefined;
  #consecutive429 = 0;
  #timer: { readonly at: number; readonly abort: AbortController } | undefined;

  constructor({ clock, maxInFlight = 32, onDecision = () => undefined }: RateLimiterOptions) {
    this.#clock = clock;
    this.#maxInFlight = maxInFlight;
    this.#allowedInFlight = maxInFlight;
    this.#onDecision = onDecision;
  }

  /**
   * Resolves when the request can be sent, with a function to call when it has ended. Rejects with the result of `toError` if
   * the call has to end first.
   */
  async acquire(
    priority: Priority,
    { wasRefused = false, onDelayed, toError = (why) => new Error(why), ...context }: AcquireOptions = {},
  ): Promise<(end?: RequestEnd) => void> {
    const why = callEnd(context, this.#clock);
    if (why !== undefined) throw toError(why);
    this.#startNewWindow(this.#clock.now());
    const mustWait = this.#queuedCount() > 0 || this.#available(this.#clock.now()) <= 0;
    if (mustWait) await this.#enqueue(priority, context, { wasRefused, onDelayed, toError });
    else this.#inFlight += 1;
    let hasEnded = false;
    return ({ error } = {}) => {
      if (hasEnded) return;
      hasEnded = true;
      this.#onEnd(error);
    };
  }

  /** Call it with the headers of every response, before the end of its request. */
  observeHeaders(header: GetHeader): void {
    const rate = announcedRate(header, this.#clock.wallNow());
    if (rate === undefined) return;
    const now = this.#clock.now();
    const endsAt = now + rate.resetMs;
    const known = this.#announced;
    const knownEnd = known?.endsAt !== undefined && now < known.endsAt ? known.endsAt : undefined;
    // A late response from the previous window.
    if (knownEnd !== undefined && endsAt < knownEnd - sameWindowMs) return;
    const isSame = knownEnd !== undefined && endsAt <= knownEnd + sameWindowMs;
    // Responses can arrive out of order. Within a window, the remaining requests only decrease.
    const remaining = isSame && known !== undefined ? Math.min(known.remaining, rate.remaining) : rate.remaining;
    if (known?.limit !== rate.limit) {
      const limit = rate.limit === undefined ? "a limit" : `a limit of ${rate.limit} requests`;
      this.#onDecision(`the platform announces ${limit}; ${remaining} remaining`);
    }
    this.#announced = { limit: rate.limit, remaining, isCapped: rate.isCapped, endsAt: isSame ? knownEnd : endsAt };
  }

  #enqueue(
    priority: Priority,
    context: CallContext,
    { wasRefused, onDelayed, toError }: AcquireOptions & Pick<Required<AcquireOptions>, "toError">,
  ) {
    const now = this.#clock.now();
    const delayMs = this.#blockedUntil(now) - now;
    if (delayMs > 0) onDelayed?.(delayMs);
    return new Promise<void>((resolve, reject) => {
      const queue = this.#queues.get(priority) ?? [];
      const queued: QueuedRequest = {
        start: () => {
          stop();
          this.#inFlight += 1;
          resolve();
        },
      };
      if (wasRefused) queue.unshift(queued);
      else queue.push(queued);
      const stop = onCallEnd(context, {
        clock: this.#clock,
        onEnd: (why) => {
          queue.splice(queue.indexOf(queued), 1);
          if (this.#queuedCount() === 0) this.#stopTimer();
          reject(toError(why));
        },
      });
      this.#dispatch();
    });
  }

  #onEnd(error: unknown): void {
    this.#inFlight -= 1;
    if (isRateLimited(error)) {
      this.#onRateLimited(error.retryAfterMs);
    } else if (error === undefined || error instanceof ApiError) {
      this.#consecutive429 = 0;
      this.#allowedInFlight = Math.min(this.#maxInFlight, this.#allowedInFlight * 2);
    }
    this.#dispatch();
  }

  #onRateLimited(retryAfterMs: number | undefined): void {
    const now = this.#clock.now();
    this.#allowedInFlight = 1;
    if (now < this.#pausedUntil) {
      // It was in flight when the pause began, so it can only extend the pause.
      this.#pausedUntil = Math.max(this.#pausedUntil, now + (retryAfterMs ?? 0));
      return;
    }
    this.#consecutive429 += 1;
    const backoffMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (this.#consecutive429 - 1));
    // A delay that was not enough is not trusted again.
    const pauseMs = this.#consecutive429 === 1 ? (retryAfterMs ?? backoffMs) : Math.max(retryAfterMs ?? 0, backoffMs);
    this.#pause(now + pauseMs, "429");
  }

  /** Resets the announced limit after the end of its window. */
  #startNewWindow(now: number): void {
    if (this.#announced?.endsAt === undefined || now < this.#announced.endsAt) return;
    const { limit, isCapped } = this.#announced;
    // If the announced window is longer than the longest delay, one request tests whether the limit still applies.
    const remaining = isCapped ? 1 : Math.max(1, limit ?? Number.POSITIVE_INFINITY);
    this.#announced = { limit, remaining, isCapped };
  }

  /** The number of requests that can be sent at this time. */
  #available(now: number): number {
    if (now < this.#pausedUntil) return 0;
    const free = this.#allowedInFlight - this.#inFlight;
    // The platform may or may not have counted the requests in flight.
    return Math.min(free, (this.#announced?.remaining ?? Number.POSITIVE_INFINITY) - this.#inFlight);
  }

  /** When the rate limit allows the next request: `now` if it allows one. */
  #blockedUntil(now: number): number {
    if (now < this.#pausedUntil) return this.#pausedUntil;
    if (this.#announced === undefined) return now;
    const { remaining, endsAt = now } = this.#announced;
    return remaining <= this.#inFlight ? endsAt : now;
  }

  #dispatch(): void {
    // The clock is read once: if time passed between two readings, the window could end between them.
    const now = this.#clock.now();
    this.#startNewWindow(now);
    while (this.#available(now) > 0) {
      const next = this.#dequeue();
      if (next === undefined) break;
      next.start();
    }
    const blockedUntil = this.#blockedUntil(now);
    if (this.#queuedCount() === 0) this.#stopTimer();
    else if (now < this.#pausedUntil) this.#wakeAt(this.#pausedUntil);
    else if (now < blockedUntil && this.#inFlight === 0) this.#pause(blockedUntil, "the announced limit is used up");
    // The end of a request in flight dispatches again, but the window can end before that.
    else if (now < blockedUntil) this.#wakeAt(blockedUntil);
  }

  #pause(until: number, why: string): void {
    const queued = priorities
      .map((priority) => ({ priority, count: this.#queues.get(priority)?.length ?? 0 }))
      .filter(({ count }) => count > 0)
      .map(({ priority, count }) => `${count} ${priority}`);
    const list = queued.length === 0 ? "" : `; queued: ${queued.join(", ")}`;
    this.#onDecision(`${why}: no requests for ${seconds(until - this.#clock.now())}${list}`);
    this.#pausedUntil = until;
    if (queued.length > 0) this.#wakeAt(until);
  }

  #wakeAt(at: number): void {
    if (this.#timer?.at === at) return;
    this.#stopTimer();
    const abort = new AbortController();
    this.#timer = { at, abort };
    this.#clock.sleep(Math.max(0, at - this.#clock.now()), abort.signal).then(
      () => {
        this.#timer = undefined;
        this.#dispatch();
      },
      () => undefined,
    );
  }

  #stopTimer(): void {
    this.#timer?.abort.abort("stopped");
    this.#timer = undefined;
  }

  #dequeue(): QueuedRequest | undefined {
    for (const priority of priorities) {
      const next = this.#queues.get(priority)?.shift();
      if (next !== undefined) return next;
    }
    return undefined;
  }

  #queuedCount(): number {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.length;
    return count;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
