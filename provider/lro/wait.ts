import type { Clock } from "../clock";
import { classify } from "./poll-error";
import type { Poller } from "./poller";

/** How a wait ended. Only `done` has the result; the others say why it is not known. */
export type WaitEnd<T> =
  | { readonly kind: "done"; readonly response: T }
  /** The server reports several times in a row that it does not exist. */
  | { readonly kind: "notFound" }
  /** The server reports several times in a row that the caller may not read it. */
  | { readonly kind: "denied"; readonly error: Error }
  | { readonly kind: "timeout"; readonly lastResponse?: T; readonly lastError?: Error }
  /** The given signal was aborted: the user canceled. */
  | { readonly kind: "aborted"; readonly lastError?: Error };

export interface WaitOptions<T> {
  readonly poller: Poller;
  readonly clock: Clock;
  /** What is polled; waits with equal keys share their requests. */
  readonly key: string;
  readonly fetch: (signal: AbortSignal) => Promise<T>;
  readonly isDone: (response: T) => boolean;
  /** On the clock's `now()`, in milliseconds. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly firstPollDelayMs?: number;
  /** Milliseconds from a response to the next poll; see `PollTarget`. */
  readonly intervalMs?: (response: T) => number | undefined;
  /** The number of `notFound` in a row that ends the wait. Default: 3, because a new target may not be found yet. */
  readonly notFoundAfter?: number;
  readonly onResponse?: (response: T) => void;
  /** Called with the error of each failed poll, except `notFound`. The wait continues. */
  readonly onError?: (error: Error) => void;
}

/**
 * A server can report 404 right after it accepted an operation, and 401 while it distributes keys, so only this many in a row
 * count.
 */
const confirmAfter = 3;

/**
 * Waits until `isDone`, with the poller's shared loop. Never rejects and always ends: at the deadline at the latest, and at
 * once when the signal is aborted, even during a request. Failed polls do not end it, except for repeated `notFound` and
 * `denied`: "the operation failed" and "the operation cannot be read" are different.
 */
export function waitUntil<T>(options: WaitOptions<T>): Promise<WaitEnd<T>> {
  const { poller, clock, key, fetch, isDone, deadline, signal, onResponse, onError } = options;
  const { firstPollDelayMs, intervalMs, notFoundAfter = confirmAfter } = options;
  return new Promise((resolve) => {
    const timer = new AbortController();
    let lastResponse: T | undefined;
    let lastError: Error | undefined;
    let notFound = 0;
    let denied = 0;

    const end = (result: WaitEnd<T>) => {
      stop();
      timer.abort("ended");
      signal?.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const failedRead = () => (lastError === undefined ? {} : { lastError });
    const onAbort = () => end({ kind: "aborted", ...failedRead() });
    const stop = poller.add<T>({
      key,
      fetch,
      ...(firstPollDelayMs === undefined ? {} : { firstPollDelayMs }),
      ...(intervalMs === undefined ? {} : { intervalMs }),
      onResult: (result) => {
        if ("response" in result) {
          notFound = denied = 0;
          lastResponse = result.response;
          lastError = undefined;
          onResponse?.(result.response);
          if (isDone(result.response)) end({ kind: "done", response: result.response });
          return;
        }
        const { error } = result;
        lastError = error;
        const { kind } = classify(error);
        notFound = kind === "notFound" ? notFound + 1 : 0;
        denied = kind === "denied" ? denied + 1 : 0;
        if (notFound >= notFoundAfter) end({ kind: "notFound" });
        else if (denied >= confirmAfter) end({ kind: "denied", error });
        else if (kind !== "notFound") onError?.(error);
      },
    });

    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    clock.sleep(Math.max(0, deadline - clock.now()), timer.signal).then(
      () =>
        end({
          kind: "timeout",
          ...(lastResponse === undefined ? {} : { lastResponse }),
          ...failedRead(),
        }),
      () => undefined,
    );
  });
}
