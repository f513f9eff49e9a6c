import http2 from "node:http2";

interface WatchOptions {
  readonly onGone: () => void;
  /** The delay before a connection that the engine has closed is opened again, in milliseconds. */
  readonly retryMs?: number;
}

/**
 * Calls `onGone` when nothing listens on the engine's address any more, because the CLI has ended or was killed. It holds a connection to
 * the engine, which the system closes at once when the CLI dies. The parent process does not show that: it is a shell.
 */
export function watchEngine(address: string, options: WatchOptions): void {
  const { onGone, retryMs = 200 } = options;
  let isRefused = false;
  const session = http2.connect(`http://${address}`);
  session.unref();
  session.on("error", (error: NodeJS.ErrnoException) => {
    isRefused = error.code === "ECONNREFUSED";
  });
  session.on("close", () => {
    if (isRefused) onGone();
    else setTimeout(() => watchEngine(address, options), retryMs).unref();
  });
}
