import { ApiError, ConnectionError, InvalidResponseError, isRateLimited } from "./errors";
import {
  type GetHeader,
  longestDelayMs,
  nonNegative,
  prefixes as rateLimitPrefixes,
  readReset,
  serverNowMs,
  structuredPolicies,
} from "./rate-limit-headers";

/** The first upper bound of the backoff, which doubles with each attempt; in milliseconds. The backoff has full jitter. */
const firstBackoffMs = 500;
const maxBackoffMs = 20_000;

/** The number of requests for one call. */
const maxAttempts = 6;
/** After an invalid body: it can be truncated once, but a proxy's body is always invalid. */
const maxAttemptsWhenInvalid = 3;

export type Method = "GET" | "POST" | "DELETE";

export interface FailedAttempt {
  readonly method: Method;
  readonly error: unknown;
  /** The number of failed attempts of the call, including this one; after a 429, the number of these. */
  readonly failures: number;
  /** Milliseconds until the last time at which a retry can be sent. */
  readonly remainingMs: number;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
}

/**
 * The delay before the next attempt, in milliseconds; undefined if a retry is unsafe or useless. It is never shorter than the
 * delay that the server requests, plus jitter, so that many callers do not retry at the same time.
 */
export function retryDelayMs({ method, error, failures, remainingMs, random }: FailedAttempt): number | undefined {
  if (!isRetrySafe(method, error)) return undefined;
  if (failures >= maxAttemptsAfter(error)) return undefined;
  const backoffMs = random() * Math.min(maxBackoffMs, firstBackoffMs * 2 ** (failures - 1));
  const requestedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  const delayMs = Math.round(requestedMs + backoffMs);
  return delayMs > remainingMs ? undefined : delayMs;
}

function maxAttemptsAfter(error: unknown): number {
  if (error instanceof InvalidResponseError) return maxAttemptsWhenInvalid;
  // The platform works, and reports when to retry. Only the deadline ends that.
  return isRateLimited(error) ? Number.POSITIVE_INFINITY : maxAttempts;
}

/**
 * A GET or DELETE can be retried after any temporary error. A POST is retried only if it was certainly not processed: each one
 * creates a deployment, and the API has no idempotency key (API reference, "Deployments").
 */
function isRetrySafe(method: Method, error: unknown): boolean {
  if (error instanceof ApiError) {
    if (error.status === 429) return true;
    return method !== "POST" && (error.status >= 500 || error.status === 408);
  }
  if (error instanceof ConnectionError) {
    // A retry changes neither the certificate nor what a proxy refuses.
    if (isCallEndCode(error.code) || isCertificateCode(error.code) || /^PROXY_[4U]/.test(error.code)) return false;
    return method !== "POST" || !error.mayHaveActed;
  }
  return error instanceof InvalidResponseError && method !== "POST";
}

/** Whether the call ended before its request did: by Ctrl-C (`ABORTED`) or at its deadline (`DEADLINE`). */
export function isCallEndCode(code: string): boolean {
  return code === "ABORTED" || code === "DEADLINE";
}

/** Whether Node.js rejected the server's certificate with this code. */
export function isCertificateCode(code: string): boolean {
  return /CERT|LEAF_SIGNATURE|HOSTNAME_MISMATCH/.test(code);
}

/**
 * Whether it is unknown if the platform has processed the request: search for the deployment before you retry a create. False if
 * the request was not sent or was rejected (4xx except 408, most redirects), and for errors of other kinds.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.mayHaveActed;
  if (error instanceof InvalidResponseError) return true;
  // 303, and 302 by custom, mean that the request was processed, and that the result is elsewhere.
  if (error instanceof ApiError) return error.status >= 500 || [302, 303, 408].includes(error.status);
  return false;
}

/**
 * The delay that an error response requests, in milliseconds, at most 5 minutes; undefined if it requests none. Onvera's headers
 * are not published (API reference, "Errors"), so this reads all usual ones: `Retry-After`; the reset of `X-RateLimit-*`,
 * `RateLimit-*` and `RateLimit` if the limit is used up; and finally the delay in the message.
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
  const nowMs = serverNowMs(header, wallNowMs);
  const isThrottled = status === 429 || status === 503;
  const requestedMs =
    retryAfterHeaderMs(header("retry-after"), nowMs) ??
    resetHeaderMs(header, isThrottled, nowMs) ??
    structuredHeaderMs(header("ratelimit"), isThrottled) ??
    (isThrottled ? messageMs(message) : undefined);
  return requestedMs === undefined ? undefined : Math.min(Math.max(0, Math.round(requestedMs)), longestDelayMs);
}

function retryAfterHeaderMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = nonNegative(value);
  if (seconds !== undefined) return seconds * 1_000;
  // Date.parse accepts nearly anything; an HTTP date has its day and month in letters.
  const dateMs = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}

function resetHeaderMs(header: GetHeader, isThrottled: boolean, nowMs: number): number | undefined {
  for (const prefix of rateLimitPrefixes) {
    const isUsedUp = nonNegative(header(`${prefix}remaining`)) === 0;
    const reset = isUsedUp || isThrottled ? readReset(header(`${prefix}reset`), nowMs) : undefined;
    if (reset !== undefined) return reset.resetMs;
  }
  return undefined;
}

function structuredHeaderMs(value: string | undefined, isThrottled: boolean): number | undefined {
  const policies = structuredPolicies(value);
  const usedUp = policies.filter(({ remaining }) => remaining === 0);
  const relevant = usedUp.length > 0 ? usedUp : isThrottled && policies.length === 1 ? policies : [];
  return relevant.length === 0 ? undefined : Math.max(...relevant.map(({ resetMs }) => resetMs));
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
