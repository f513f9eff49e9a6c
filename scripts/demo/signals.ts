export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The exit codes of a process that a signal ends: 128 plus the signal's number. */
export const exitCodes: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** npm and shells forward signals that every process has received already. A signal within this time is such a copy. */
const copyWithinMs = 300;

/**
 * Calls `listener` once for each request to stop this process. `isTerminals` is true if the terminal has signaled every process
 * in its foreground, so no signal needs to be forwarded. The returned function removes the listeners.
 */
export function onStopSignal(
  { atTerminal }: { atTerminal: boolean },
  listener: (signal: StopSignal, options: { isTerminals: boolean }) => void,
): () => void {
  const lastMs = new Map<StopSignal, number>();
  const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const onSignal = () => {
      const nowMs = performance.now();
      const isCopy = nowMs - (lastMs.get(signal) ?? Number.NEGATIVE_INFINITY) < copyWithinMs;
      lastMs.set(signal, nowMs);
      if (!isCopy) listener(signal, { isTerminals: atTerminal && signal !== "SIGTERM" });
    };
    process.on(signal, onSignal);
    return { signal, onSignal };
  });
  return () => {
    for (const { signal, onSignal } of listeners) process.off(signal, onSignal);
  };
}
