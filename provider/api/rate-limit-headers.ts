/** Returns a header of a response by its lowercase name. */
export type GetHeader = (name: string) => string | undefined;

/** The rate limit that a response announces; of several policies, the one with the fewest remaining requests. */
export interface AnnouncedRate {
  /** Requests in a window; undefined if only the remaining ones are announced. */
  readonly limit: number | undefined;
  readonly remaining: number;
  /** Milliseconds until the window ends, at most `longestDelayMs`. */
  readonly resetMs: number;
  /** Whether the announced window is longer than `resetMs`. */
  readonly isCapped: boolean;
}

/** The longest delay that a server can request, in milliseconds. After it, one request tests whether the limit still applies. */
export const longestDelayMs = 5 * 60_000;
/** A larger number of seconds is implausible, and can be milliseconds. */
const usualWindowSeconds = 60 * 60;

export const prefixes = ["x-ratelimit-", "ratelimit-", "x-rate-limit-"] as const;

/**
 * Reads the rate limit from the headers of any response: `X-RateLimit-*`, `RateLimit-*`, or the structured `RateLimit` of later
 * drafts, because Onvera's headers are not published (API reference, "Errors"). Undefined if remaining requests or reset are missing.
 */
export function announcedRate(header: GetHeader, wallNowMs: number): AnnouncedRate | undefined {
  const nowMs = serverNowMs(header, wallNowMs);
  for (const prefix of prefixes) {
    const remaining = nonNegative(header(`${prefix}remaining`));
    const reset = readReset(header(`${prefix}reset`), nowMs);
    if (remaining === undefined || reset === undefined) continue;
    return { limit: nonNegative(header(`${prefix}limit`)), remaining, ...reset };
  }
  const policies = structuredPolicies(header("ratelimit")).flatMap(({ limit, remaining, resetMs }) =>
    remaining === undefined ? [] : [{ limit, remaining, ...capped(resetMs) }],
  );
  return policies.sort((a, b) => a.remaining - b.remaining)[0];
}

/** The time on the server's clock, in milliseconds since 1970-01-01T00:00:00Z; undefined if the response does not have it. */
export function serverDateMs(header: GetHeader): number | undefined {
  const dateMs = Date.parse(header("date") ?? "");
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/** The time on the server's clock, because the local clock can be wrong; the local time if the response does not have it. */
export function serverNowMs(header: GetHeader, wallNowMs: number): number {
  return serverDateMs(header) ?? wallNowMs;
}

type Reset = Pick<AnnouncedRate, "resetMs" | "isCapped">;

/**
 * Reads a `…-Reset` header: seconds from now, a time in seconds or milliseconds since 1970, or a date. An implausible number of
 * seconds counts as milliseconds, and as capped, because it can be seconds nevertheless.
 */
export function readReset(reset: string | undefined, nowMs: number): Reset | undefined {
  if (reset === undefined) return undefined;
  const value = nonNegative(reset);
  if (value === undefined) {
    // `Date.parse` reads "-5" as a date.
    const dateMs = /\d[-:]\d|[a-z]{3}/i.test(reset) ? Date.parse(reset) : Number.NaN;
    return Number.isNaN(dateMs) ? undefined : capped(dateMs - nowMs);
  }
  if (value >= 1e12) return capped(value - nowMs);
  if (value >= 1e9) return capped(value * 1_000 - nowMs);
  if (value > usualWindowSeconds) return { ...capped(value), isCapped: true };
  return capped(value * 1_000);
}

function capped(ms: number): Reset {
  return { resetMs: Math.min(Math.max(0, ms), longestDelayMs), isCapped: ms > longestDelayMs };
}

/** One policy of a structured header; missing parts are undefined. */
export interface StructuredPolicy {
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  readonly resetMs: number;
}

/** `RateLimit: "burst";r=0;t=30, "day";r=900;t=80000`, or as in earlier drafts `limit=10, remaining=0, reset=30`. */
export function structuredPolicies(value: string | undefined): StructuredPolicy[] {
  if (value === undefined) return [];
  const isOlderDraft = /\breset\s*=/.test(value);
  return (isOlderDraft ? [value] : value.split(",")).flatMap((policy) => {
    const reset = nonNegative(/\b(?:t|reset)\s*=\s*([\d.]+)/.exec(policy)?.[1]);
    if (reset === undefined) return [];
    return [
      {
        limit: nonNegative(/\b(?:q|limit)\s*=\s*([\d.]+)/.exec(policy)?.[1]),
        remaining: nonNegative(/\b(?:r|remaining)\s*=\s*([\d.]+)/.exec(policy)?.[1]),
        resetMs: reset * 1_000,
      },
    ];
  });
}

/** A header's number without surrounding spaces; undefined if it is not a number. */
export function nonNegative(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
