export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** What a process that such a signal ends answers to its shell: 128 and the signal's number. */
export const exitCodes: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** npm and shells pass a signal on that its sender has sent to everyone already; what comes within this time is a copy. */
const copyWithinMs = 300;

/**
 * Calls `listener` once for each time that somebody wants this process to stop. `isTerminals` is true where the terminal
 * has told every process in the foreground, so that nobody needs to be told by us. The answer stops listening.
 */
export function onStopSignal(
  { atTerminal }: { atTerminal: boolean },
  listener: (signal: StopSignal, options: { isTerminals: boolean }) => void,
): () => void {
  const lastMs = new Map<StopSignal, number>();
  const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const hear = () => {
      const nowMs = performance.now();
      const isCopy = nowMs - (lastMs.get(signal) ?? Number.NEGATIVE_INFINITY) < copyWithinMs;
      lastMs.set(signal, nowMs);
      if (!isCopy) listener(signal, { isTerminals: atTerminal && signal !== "SIGTERM" });
    };
    process.on(signal, hear);
    return { signal, hear };
  });
  return () => {
    for (const { signal, hear } of listeners) process.off(signal, hear);
  };
}
