/** What a failed poll means. It only delays the next poll, unless the server repeats `notFound` or `denied`. */
export type PollErrorKind = "notFound" | "denied" | "other";

export interface PollError {
  readonly kind: PollErrorKind;
  /** The delay that the server requests, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Classifies an error by its `status`, and by its `isNotFound` if the server reports that the target does not exist. */
export function classify(error: Error): PollError {
  const { status, isNotFound, retryAfterMs } = error as {
    status?: unknown;
    isNotFound?: unknown;
    retryAfterMs?: unknown;
  };
  const delay = typeof retryAfterMs === "number" ? { retryAfterMs } : {};
  if (isNotFound === true) return { kind: "notFound", ...delay };
  if (status === 401 || status === 403) return { kind: "denied", ...delay };
  return { kind: "other", ...delay };
}
