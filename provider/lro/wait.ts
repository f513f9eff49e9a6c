import type { Clock } from "../clock";
import { ApiError } from "../api/errors";
import type { Poller } from "./poller";

/** How a wait ended. Only `done` tells what became of the thing; the others tell why it is not known. */
export type WaitEnd<T> =
  | { readonly kind: "done"; readonly answer: T }
  /** The platform says that it does not exist, several times in a row. */
  | { readonly kind: "vanished" }
  /** The platform refuses to show it: the key was revoked, expired, or has lost a scope. */
  | { readonly kind: "refused"; readonly error: ApiError }
  | { readonly kind: "timeout"; readonly lastAnswer?: T; readonly lastError?: Error }
  /** The given signal was aborted: the user canceled. */
  | { readonly kind: "aborted" };

export interface WaitOptions<T> {
  readonly poller: Poller;
  readonly clock: Clock;
  /** What is polled; waits with equal keys share their requests. */
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  readonly isDone: (answer: T) => boolean;
  /** On the clock's `now()`, in milliseconds. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly firstPollDelayMs?: number;
  /** Milliseconds from an answer to the next poll; see `Watch`. */
  readonly intervalMs?: (answer: T) => number | undefined;
  /** After so many 404s in a row the target counts as vanished. Default: 3, because a new one may not be found yet. */
  readonly notFoundAfter?: number;
  readonly onAnswer?: (answer: T) => void;
  /** Each poll without an answer: it counts against the deadline, nothing else. */
  readonly onError?: (error: Error) => void;
}

/**
 * A platform that answers 404 right after it has accepted an operation, or 401 while it rolls out keys, is believed only
 * when it says so this many times in a row.
 */
const believedAfter = 3;

/**
 * Waits until `isDone`, by the poller's shared loop. Never rejects and always ends: at the deadline at the latest, and at
 * once when the signal is aborted, even while a request is under way. Errors of single polls do not end it (but for 404,
 * 401 and 403 repeated): "it failed" and "it cannot be seen" are different.
 */
export function waitUntil<T>(options: WaitOptions<T>): Promise<WaitEnd<T>> {
  const { poller, clock, key, fetch, isDone, deadline, signal, onAnswer, onError } = options;
  const { firstPollDelayMs, intervalMs, notFoundAfter = believedAfter } = options;
  return new Promise((resolve) => {
    const timer = new AbortController();
    let lastAnswer: T | undefined;
    let lastError: Error | undefined;
    let notFound = 0;
    let refused = 0;

    const end = (result: WaitEnd<T>) => {
      stop();
      timer.abort("ended");
      signal?.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const onAbort = () => end({ kind: "aborted" });
    const stop = poller.watch<T>({
      key,
      fetch,
      ...(firstPollDelayMs === undefined ? {} : { firstPollDelayMs }),
      ...(intervalMs === undefined ? {} : { intervalMs }),
      onResult: (result) => {
        if ("answer" in result) {
          notFound = refused = 0;
          lastAnswer = result.answer;
          lastError = undefined;
          onAnswer?.(result.answer);
          if (isDone(result.answer)) end({ kind: "done", answer: result.answer });
          return;
        }
        const { error } = result;
        lastError = error;
        const status = error instanceof ApiError ? error.status : undefined;
        notFound = status === 404 ? notFound + 1 : 0;
        refused = status === 401 || status === 403 ? refused + 1 : 0;
        if (notFound >= notFoundAfter) end({ kind: "vanished" });
        else if (refused >= believedAfter) end({ kind: "refused", error: error as ApiError });
        else if (status !== 404) onError?.(error);
      },
    });

    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    clock.sleep(Math.max(0, deadline - clock.now()), timer.signal).then(
      () =>
        end({
          kind: "timeout",
          ...(lastAnswer === undefined ? {} : { lastAnswer }),
          ...(lastError === undefined ? {} : { lastError }),
        }),
      () => undefined,
    );
  });
}
