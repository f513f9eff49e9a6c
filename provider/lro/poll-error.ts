/** What a failed poll means. It only delays the next poll, unless the server repeats `notFound` or `denied`. */
export type PollErrorKind = "notFound" | "denied" | "other";

export interface PollError {
  readonly kind: PollErrorKind;
  /** The delay that the server requests, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Classifies an error by the HTTP status that it carries as `status`, if it has one. */
export function classifyByStatus(error: Error): PollError {
  const { status, retryAfterMs } = error as { status?: unknown; retryAfterMs?: unknown };
  const delay = typeof retryAfterMs === "number" ? { retryAfterMs } : {};
  if (status === 404) return { kind: "notFound", ...delay };
  if (status === 401 || status === 403) return { kind: "denied", ...delay };
  return { kind: "other", ...delay };
}
