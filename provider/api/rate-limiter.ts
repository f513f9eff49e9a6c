import { type CallContext, type CallEnd, callEnd, onCallEnd } from "../call-context";
import type { Clock } from "../clock";
import { ApiError, isRateLimited } from "./errors";
import { type AnnouncedRate, announcedRate, type GetHeader } from "./rate-limit-headers";

/** What a request is for; those that come first here go first where not all can be sent. */
export const priorities = ["create", "change", "read", "poll"] as const;
export type Priority = (typeof priorities)[number];

/** How a request that was admitted ended; `error` where it was answered with one, or not at all. */
export interface RequestEnd {
  readonly error?: unknown;
}

interface AcquireOptions extends CallContext {
  readonly onDelayed?: ((delayMs: number) => void) | undefined;
  readonly toError?: (why: CallEnd) => Error;
}

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Requests under way at once. More would not be faster, and each one may come too much when a limit is met. */
  readonly maxInFlight?: number;
  /** Told of each decision, for debug logs. */
  readonly onDecision?: (text: string) => void;
}

interface Waiting {
  readonly priority: Priority;
  readonly go: () => void;
}

/** Two announcements whose windows end this close together, in milliseconds, are of the same window: resets have whole seconds. */
const sameWindowMs = 2_000;
/** The pause after a 429 that does not say how long, in milliseconds; it doubles with each that follows. */
const firstPauseMs = 1_000;
const maxPauseMs = 60_000;
/** A limit that was learned is tried to be this much higher once a window has passed without a 429. */
const growth = 1.25;
/** A refusal after fewer requests than these teaches nothing: somebody else may have used the limit up. */
const fewestToLearnFrom = 20;
/** For so long, in milliseconds, requests are counted together while no limit is known. */
const longestWindowMs = 60_000;

/**
 * Keeps all requests of a process under the platform's rate limit, whether that is announced by headers or learned from
 * refusals, and lets the most urgent go first: creates before deletes, before reads, before polls. After a refusal nothing
 * is sent until the platform takes requests again, and then one at a time first, so that they do not come back as a herd.
 *
 * Figures and headers of the limit are not published (the contract, "Errors"); without either, requests go as they come.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #maxInFlight: number;
  readonly #onDecision: (text: string) => void;
  readonly #queues = new Map<Priority, Waiting[]>(priorities.map((urgency) => [urgency, []]));
  #inFlight = 0;
  /** Below the maximum after a refusal; doubles with each answer. */
  #allowedInFlight: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** What is left of the announced limit; without an end where no answer has told of the current window yet. */
  #announced: (Omit<AnnouncedRate, "resetMs"> & { readonly endsAt?: number }) | undefined;
  /** What was learned of a limit that is not announced. */
  #learned: { limit: number; readonly windowMs: number } | undefined;
  /** Requests since a window is thought to have begun. */
  #window: { readonly startedAt: number; sent: number; accepted: number } | undefined;
  #consecutive429 = 0;
  #timer: { readonly at: number; readonly abort: AbortController } | undefined;

  constructor({ clock, maxInFlight = 32, onDecision = () => undefined }: RateLimiterOptions) {
    this.#clock = clock;
    this.#maxInFlight = maxInFlight;
    this.#allowedInFlight = maxInFlight;
    this.#onDecision = onDecision;
  }

  /**
   * Resolves when the request may be sent, with a function to be called with its end. Rejects with what `toError`
   * returns if the call has to end first. `onHeld` gets, once, the number of milliseconds that the request has to wait for the rate limit.
   */
  async acquire(
    urgency: Priority,
    { onDelayed: onHeld, toError = (why) => new Error(why), ...context }: AcquireOptions = {},
  ): Promise<(ended?: RequestEnd) => void> {
    const why = callEnd(context, this.#clock);
    if (why !== undefined) throw toError(why);
    const mustWait = this.#waitingCount() > 0 || this.#available(this.#clock.now()) <= 0;
    if (mustWait) await this.#wait(urgency, context, { onDelayed: onHeld, toError });
    else this.#send();
    let isOver = false;
    return ({ error } = {}) => {
      if (isOver) return;
      isOver = true;
      this.#end(error);
    };
  }

  /** To be told the headers of every answer, before the request's end. */
  observeHeaders(header: GetHeader): void {
    const rate = announcedRate(header, this.#clock.wallNow());
    if (rate === undefined) return;
    const now = this.#clock.now();
    const endsAt = now + rate.resetMs;
    const known = this.#announced;
    const knownEnd = known?.endsAt !== undefined && now < known.endsAt ? known.endsAt : undefined;
    // An answer from the window before, which has come late.
    if (knownEnd !== undefined && endsAt < knownEnd - sameWindowMs) return;
    const isSame = knownEnd !== undefined && endsAt <= knownEnd + sameWindowMs;
    // Answers overtake each other: within a window what is left only shrinks.
    const remaining = isSame && known !== undefined ? Math.min(known.remaining, rate.remaining) : rate.remaining;
    if (known?.limit !== rate.limit) {
      this.#onDecision(
        `the platform announces ${rate.limit ?? "no figure of its limit, but"} requests, ${remaining} left`,
      );
    }
    this.#announced = { limit: rate.limit, remaining, isCapped: rate.isCapped, endsAt: isSame ? knownEnd : endsAt };
  }

  #wait(
    urgency: Priority,
    context: CallContext,
    { onDelayed: onHeld, toError }: AcquireOptions & Pick<Required<AcquireOptions>, "toError">,
  ) {
    const now = this.#clock.now();
    const delayMs = this.#opensAt(now) - now;
    if (delayMs > 0) onHeld?.(delayMs);
    return new Promise<void>((resolve, reject) => {
      const queue = this.#queues.get(urgency) ?? [];
      const waiting: Waiting = {
        priority: urgency,
        go: () => {
          stop();
          this.#send();
          resolve();
        },
      };
      queue.push(waiting);
      const stop = onCallEnd(context, {
        clock: this.#clock,
        onEnd: (why) => {
          queue.splice(queue.indexOf(waiting), 1);
          reject(toError(why));
        },
      });
      this.#dispatch();
    });
  }

  #send(): void {
    const now = this.#clock.now();
    this.#inFlight += 1;
    const isOver =
      this.#learned === undefined && now >= (this.#window?.startedAt ?? Number.NEGATIVE_INFINITY) + longestWindowMs;
    if (this.#window === undefined || isOver) this.#window = { startedAt: now, sent: 0, accepted: 0 };
    this.#window.sent += 1;
  }

  #end(error: unknown): void {
    this.#inFlight -= 1;
    if (isRateLimited(error)) this.#onRateLimited(error.retryAfterMs);
    else this.#onResponse(error === undefined || error instanceof ApiError);
    this.#dispatch();
  }

  #onResponse(isAnswered: boolean): void {
    if (!isAnswered) return;
    if (this.#window !== undefined) this.#window.accepted += 1;
    this.#consecutive429 = 0;
    this.#allowedInFlight = Math.min(this.#maxInFlight, this.#allowedInFlight * 2);
  }

  #onRateLimited(retryAfterMs: number | undefined): void {
    const now = this.#clock.now();
    this.#allowedInFlight = 1;
    if (now < this.#pausedUntil) {
      // It was under way when the first one was refused, and tells nothing new but perhaps a later time.
      this.#pausedUntil = Math.max(this.#pausedUntil, now + (retryAfterMs ?? 0));
      return;
    }
    this.#consecutive429 += 1;
    const backoffMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (this.#consecutive429 - 1));
    const until = now + (retryAfterMs ?? backoffMs);
    const { accepted, startedAt } = this.#window ?? { accepted: 0, startedAt: now };
    if (this.#announced === undefined && accepted >= fewestToLearnFrom) {
      this.#learned = { limit: accepted, windowMs: until - startedAt };
      this.#onDecision(`learned a limit of ${accepted} requests in ${seconds(until - startedAt)}`);
    }
    this.#window = undefined;
    this.#pause(until, "refused with 429");
  }

  /** How many more requests may be sent at this time. */
  #available(now: number): number {
    if (now < this.#pausedUntil) return 0;
    const room = this.#allowedInFlight - this.#inFlight;
    if (this.#announced !== undefined) {
      const { limit, endsAt, isCapped } = this.#announced;
      if (endsAt !== undefined && now >= endsAt) {
        // Where the announced window is longer than the wait, one request finds out whether the limit still holds.
        const remaining = isCapped ? 1 : Math.max(1, limit ?? Number.POSITIVE_INFINITY);
        this.#announced = { limit, remaining, isCapped };
      }
      // Those under way may have been counted by the platform already, or not yet.
      return Math.min(room, this.#announced.remaining - this.#inFlight);
    }
    if (this.#learned === undefined || this.#window === undefined) return room;
    if (now >= this.#window.startedAt + this.#learned.windowMs) {
      if (this.#window.sent >= this.#learned.limit) this.#learned.limit = Math.ceil(this.#learned.limit * growth);
      this.#window = undefined;
      return room;
    }
    return Math.min(room, this.#learned.limit - this.#window.sent);
  }

  /** When the limit that stands in the way is over; `now` where none does. */
  #opensAt(now: number): number {
    if (now < this.#pausedUntil) return this.#pausedUntil;
    if (this.#announced !== undefined) {
      const { remaining, endsAt = now } = this.#announced;
      return remaining <= this.#inFlight ? endsAt : now;
    }
    const { learned, window } = { learned: this.#learned, window: this.#window };
    if (learned === undefined || window === undefined || window.sent < learned.limit) return now;
    return window.startedAt + learned.windowMs;
  }

  #dispatch(): void {
    // One look at the clock: had time passed between two, a limit might stand in the way at the first, and none at the second.
    const now = this.#clock.now();
    while (this.#available(now) > 0) {
      const next = this.#takeNext();
      if (next === undefined) return;
      next.go();
    }
    if (this.#waitingCount() === 0) return;
    const opensAt = this.#opensAt(now);
    if (now < this.#pausedUntil) this.#wakeAt(this.#pausedUntil);
    // Else the end of a request under way makes room, or tells that there is none.
    else if (now < opensAt && this.#inFlight === 0) this.#pause(opensAt, "the limit is used up");
  }

  #pause(until: number, why: string): void {
    const waiting = priorities
      .map((urgency) => ({ urgency, count: this.#queues.get(urgency)?.length ?? 0 }))
      .filter(({ count }) => count > 0)
      .map(({ urgency, count }) => `${count} to ${urgency}`);
    const told = waiting.length === 0 ? "" : `; waiting: ${waiting.join(", ")}`;
    this.#onDecision(`${why}: nothing is sent for ${seconds(until - this.#clock.now())}${told}`);
    this.#pausedUntil = until;
    if (waiting.length > 0) this.#wakeAt(until);
  }

  #wakeAt(at: number): void {
    if (this.#timer?.at === at) return;
    this.#timer?.abort.abort("replaced");
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

  #takeNext(): Waiting | undefined {
    for (const urgency of priorities) {
      const next = this.#queues.get(urgency)?.shift();
      if (next !== undefined) return next;
    }
    return undefined;
  }

  #waitingCount(): number {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.length;
    return count;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
