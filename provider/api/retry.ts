import { ApiError, ConnectionError, InvalidResponseError, isRateLimited } from "./errors";
import { type GetHeader, longestDelayMs, nonNegative, readReset, structuredPolicies } from "./rate-limit-headers";

/** Backoff: full jitter below a bound that begins here and doubles, in milliseconds. */
const firstBackoffMs = 500;
const maxBackoffMs = 20_000;

/**
 * How often one call is sent at most. The higher bound is for 429, where the platform works and says when to come back; the
 * lower one for bodies that cannot be read, which may be cut off once, but may as well be what some proxy always says.
 */
const maxAttempts = 6;
const maxAttemptsWhenLimited = 30;
const maxAttemptsWhenUnreadable = 3;

export type Method = "GET" | "POST" | "DELETE";

export interface FailedAttempt {
  readonly method: Method;
  readonly error: unknown;
  /** How many attempts of this call have failed, this one included. */
  readonly failures: number;
  readonly elapsedMs: number;
  /** Milliseconds for the whole call, its waits included. */
  readonly budgetMs: number;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
}

/**
 * How long to wait before the call is sent again, in milliseconds; undefined where it must not be, or would not help.
 * What the server asks for is kept to: never less, and a little more, so that many callers do not come back in step.
 */
export function retryDelayMs({
  method,
  error,
  failures,
  elapsedMs,
  budgetMs,
  random,
}: FailedAttempt): number | undefined {
  if (!isRetrySafe(method, error)) return undefined;
  if (failures >= maxAttemptsAfter(error)) return undefined;
  const backoffMs = random() * Math.min(maxBackoffMs, firstBackoffMs * 2 ** (failures - 1));
  const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  const delayMs = Math.round(askedMs + backoffMs);
  return elapsedMs + delayMs > budgetMs ? undefined : delayMs;
}

function maxAttemptsAfter(error: unknown): number {
  if (error instanceof InvalidResponseError) return maxAttemptsWhenUnreadable;
  return isRateLimited(error) ? maxAttemptsWhenLimited : maxAttempts;
}

/**
 * GET and DELETE may be sent again after any passing trouble. POST creates something each time, and no idempotency key is
 * published (the contract, "Deployments"): it is sent again only where it was certainly not processed.
 */
function isRetrySafe(method: Method, error: unknown): boolean {
  if (error instanceof ApiError) {
    if (error.status === 429) return true;
    return method !== "POST" && (error.status >= 500 || error.status === 408);
  }
  if (error instanceof ConnectionError) {
    // A certificate that is not trusted will not be trusted a second later.
    if (isCallEndCode(error.code) || isCertificateCode(error.code)) return false;
    return method !== "POST" || !error.mayHaveActed;
  }
  return error instanceof InvalidResponseError && method !== "POST";
}

/** Whether the call ended before its request did: by Ctrl-C (`ABORTED`) or at its deadline (`DEADLINE`). */
export function isCallEndCode(code: string): boolean {
  return code === "ABORTED" || code === "DEADLINE";
}

/** True for the codes with which Node.js refuses a server's certificate. */
export function isCertificateCode(code: string): boolean {
  return /CERT|LEAF_SIGNATURE|HOSTNAME_MISMATCH/.test(code);
}

/**
 * True where it cannot be told whether the platform has acted on the request: whoever sent a create must look before
 * sending anything again. False for a definite no (never sent; a 4xx but 408; a redirect) and for what is no answer at all.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.mayHaveActed;
  if (error instanceof InvalidResponseError) return true;
  // 303 means that the answer to what was done is found elsewhere.
  if (error instanceof ApiError) return error.status >= 500 || error.status === 408 || error.status === 303;
  return false;
}

/**
 * How long an error answer asks to wait, in milliseconds and at most 5 minutes; undefined where it does not say.
 * Figures and headers of the rate limit are not published (the contract, "Errors"), so that all usual spellings are
 * understood: `Retry-After`, the reset of `X-RateLimit-*`, `RateLimit-*` and `RateLimit` where the limit is used up, and
 * at last the seconds in the message.
 */
export function requestedDelayMs({
  status,
  header,
  message,
  wallNowMs,
}: {
  status: number;
  header: GetHeader;
  message: string;
  wallNowMs: number;
}): number | undefined {
  // Times are compared with the server's own clock where it tells it, as ours may be wrong.
  const serverNowMs = Date.parse(header("date") ?? "");
  const nowMs = Number.isNaN(serverNowMs) ? wallNowMs : serverNowMs;
  const isThrottled = status === 429 || status === 503;
  const askedMs =
    retryAfterHeaderMs(header("retry-after"), nowMs) ??
    resetHeaderMs(header, isThrottled, nowMs) ??
    structuredHeaderMs(header("ratelimit"), isThrottled) ??
    (isThrottled ? messageMs(message) : undefined);
  return askedMs === undefined ? undefined : Math.min(Math.max(0, Math.round(askedMs)), longestDelayMs);
}

function retryAfterHeaderMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = nonNegative(value);
  if (seconds !== undefined) return seconds * 1_000;
  // Date.parse takes nearly anything; an HTTP date always names its day or month in letters.
  const dateMs = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}

function resetHeaderMs(header: GetHeader, isThrottled: boolean, nowMs: number): number | undefined {
  for (const prefix of ["x-ratelimit-", "ratelimit-", "x-rate-limit-"]) {
    const isUsedUp = nonNegative(header(`${prefix}remaining`)) === 0;
    const reset = isUsedUp || isThrottled ? readReset(header(`${prefix}reset`), nowMs) : undefined;
    if (reset !== undefined) return reset.resetMs;
  }
  return undefined;
}

function structuredHeaderMs(value: string | undefined, isThrottled: boolean): number | undefined {
  const policies = structuredPolicies(value);
  const usedUp = policies.filter(({ remaining }) => remaining === 0);
  const asked = usedUp.length > 0 ? usedUp : isThrottled && policies.length === 1 ? policies : [];
  return asked.length === 0 ? undefined : Math.max(...asked.map(({ resetMs }) => resetMs));
}

/** "Rate limit exceeded. Please retry after 60 seconds" */
function messageMs(message: string): number | undefined {
  const [, amount, unit = ""] =
    /(?:retry|try again)\s+(?:after|in)\s+(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?)?\b/i.exec(
      message,
    ) ?? [];
  const value = nonNegative(amount);
  if (value === undefined) return undefined;
  if (/^(ms|milli)/i.test(unit)) return value;
  return value * (/^m/i.test(unit) ? 60_000 : 1_000);
}
