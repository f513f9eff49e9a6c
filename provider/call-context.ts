import type { Clock } from "./clock";

/** When a call has to end. The host passes it down to the rate limiter and the HTTP client, and every wait observes it. */
export interface CallContext {
  /** Aborted on Ctrl-C. It ends the call at once, except that a POST that was sent still waits for its response. */
  readonly signal?: AbortSignal | undefined;
  /** The time at which the call ends, on the clock's `now()`, in milliseconds. */
  readonly deadline?: number | undefined;
}

export type CallEnd = "canceled" | "deadline";

/** The longest time for a call that sets no deadline, in milliseconds. */
export const defaultCallMs = 10 * 60_000;

/** Why the call has to end now; undefined if it can continue. */
export function callEnd({ signal, deadline }: CallContext, clock: Clock): CallEnd | undefined {
  if (signal?.aborted) return "canceled";
  return deadline !== undefined && clock.now() >= deadline ? "deadline" : undefined;
}

/** Calls `onEnd` as soon as the call has to end. The returned function cancels that. */
export function onCallEnd(
  { signal, deadline }: CallContext,
  { clock, onEnd }: { clock: Clock; onEnd: (why: CallEnd) => void },
): () => void {
  const timer = new AbortController();
  const stop = () => {
    timer.abort("stopped");
    signal?.removeEventListener("abort", onAbort);
  };
  const end = (why: CallEnd) => {
    stop();
    onEnd(why);
  };
  const onAbort = () => end("canceled");
  if (signal?.aborted) {
    end("canceled");
    return stop;
  }
  signal?.addEventListener("abort", onAbort, { once: true });
  if (deadline !== undefined) {
    clock.sleep(Math.max(0, deadline - clock.now()), timer.signal).then(
      () => end("deadline"),
      () => undefined,
    );
  }
  return stop;
}

/**
 * Waits for something that several calls share, such as a page of a list. Rejects with the result of `toError` when the call has
 * to end; the shared work continues for the other calls.
 */
export function waitWithin<T>(
  shared: Promise<T>,
  context: CallContext,
  { clock, toError }: { clock: Clock; toError: (why: CallEnd) => Error },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onCallEnd(context, { clock, onEnd: (why) => reject(toError(why)) });
    shared.then(resolve, reject).finally(stop);
  });
}
