/**
 * The number of requests that each key may send in a window of real time. A window starts with the key's first request.
 * The API reference specifies neither the limit nor the header names, so both are configurable.
 */
export interface RateLimitOptions {
  requests: number;
  perSeconds: number;
  /**
   * `X-RateLimit-*` (reset in seconds since the epoch), `RateLimit-*` (reset in seconds from now), or none. Default
   * `x-ratelimit`.
   */
  headers?: "x-ratelimit" | "ratelimit" | "none";
  /** The form of the `Retry-After` header of a 429. Default `seconds`. */
  retryAfter?: "seconds" | "date" | "none";
}

export interface RateLimitDecision {
  allowed: boolean;
  /** Whole seconds until the window ends, at least 1. */
  retryAfterSeconds: number;
  headers: Record<string, string>;
}

interface Window {
  endsAt: number;
  used: number;
}

export class RateLimit {
  #options: Required<RateLimitOptions> | undefined;
  readonly #windows = new Map<string, Window>();

  constructor(options?: RateLimitOptions) {
    if (options !== undefined) this.set(options);
  }

  get options(): Required<RateLimitOptions> | null {
    return this.#options ?? null;
  }

  set({ requests, perSeconds, headers = "x-ratelimit", retryAfter = "seconds" }: RateLimitOptions): void {
    if (!(requests >= 0) || !(perSeconds > 0))
      throw new RangeError("a rate limit requires requests >= 0 and perSeconds > 0");
    this.#options = { requests, perSeconds, headers, retryAfter };
    this.#windows.clear();
  }

  off(): void {
    this.#options = undefined;
    this.#windows.clear();
  }

  /** Counts one request of a key at `now` (milliseconds since the epoch). Returns `undefined` if no limit is set. */
  take(key: string, now: number): RateLimitDecision | undefined {
    const options = this.#options;
    if (options === undefined) return undefined;
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { endsAt: now + options.perSeconds * 1000, used: 0 };
      this.#windows.set(key, window);
    }
    const allowed = window.used < options.requests;
    if (allowed) window.used++;
    const retryAfterSeconds = Math.max(1, Math.ceil((window.endsAt - now) / 1000));
    return { allowed, retryAfterSeconds, headers: headersOf(options, window, { now, allowed, retryAfterSeconds }) };
  }
}

function headersOf(
  { requests, headers, retryAfter }: Required<RateLimitOptions>,
  { used, endsAt }: Window,
  { now, allowed, retryAfterSeconds }: { now: number; allowed: boolean; retryAfterSeconds: number },
): Record<string, string> {
  const prefix = headers === "x-ratelimit" ? "x-ratelimit" : "ratelimit";
  const reset = headers === "x-ratelimit" ? Math.ceil(endsAt / 1000) : retryAfterSeconds;
  return {
    ...(headers === "none"
      ? {}
      : {
          [`${prefix}-limit`]: String(requests),
          [`${prefix}-remaining`]: String(requests - used),
          [`${prefix}-reset`]: String(reset),
        }),
    ...(allowed || retryAfter === "none"
      ? {}
      : {
          "retry-after": retryAfter === "date" ? httpDate(now + retryAfterSeconds * 1000) : String(retryAfterSeconds),
        }),
  };
}

/** An HTTP date. Rounds up to whole seconds, so that a client never retries too early. */
export const httpDate = (ms: number): string => new Date(Math.ceil(ms / 1000) * 1000).toUTCString();
