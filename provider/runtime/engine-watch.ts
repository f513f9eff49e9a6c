import http2 from "node:http2";

interface WatchOptions {
  readonly onGone: () => void;
  /** Whether the engine is known to listen. If not, `onGone` is called only after a connection. Default: true. */
  readonly isListening?: boolean;
  /** The delay before a connection that the engine has closed is opened again, in milliseconds. */
  readonly retryMs?: number;
}

/**
 * Calls `onGone` when nothing listens on the engine's address any more, because the CLI has ended or was killed. It holds a connection to
 * the engine, which the system closes at once when the CLI dies. The parent process does not show that on every system, and that of a
 * dynamic provider is a shell.
 */
export function watchEngine(address: string, options: WatchOptions): void {
  const { onGone, isListening = true, retryMs = 200 } = options;
  let isRefused = false;
  let hasConnected = isListening;
  const session = http2.connect(`http://${address}`);
  session.unref();
  session.on("error", (error: NodeJS.ErrnoException) => {
    isRefused = error.code === "ECONNREFUSED";
  });
  session.on("connect", () => {
    hasConnected = true;
  });
  session.on("close", () => {
    if (!isRefused) setTimeout(() => watchEngine(address, { ...options, isListening: hasConnected }), retryMs).unref();
    else if (hasConnected) onGone();
  });
}
