/**
 * How many requests each key may make in a window of real time. The window begins with its first request. The published
 * documentation gives no figures and no header names, so both are to be chosen.
 */
export interface RateLimitOptions {
  requests: number;
  perSeconds: number;
  /** `X-RateLimit-*` (reset as seconds since the epoch), `RateLimit-*` (reset as seconds left), or none. Default the first. */
  headers?: "x-ratelimit" | "ratelimit" | "none";
  /** How a 429 tells when to come back, besides its message. Default `seconds`. */
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
      throw new RangeError("a rate limit takes requests >= 0 and perSeconds > 0");
    this.#options = { requests, perSeconds, headers, retryAfter };
    this.#windows.clear();
  }

  off(): void {
    this.#options = undefined;
    this.#windows.clear();
  }

  /** Counts one request of this key at `now` (milliseconds since the epoch); `undefined` when no limit is set. */
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

/** A moment as HTTP writes it, in whole seconds, never too early. */
export const httpDate = (ms: number): string => new Date(Math.ceil(ms / 1000) * 1000).toUTCString();
