/** How the plugin's process behaves towards the engine that started it: its streams, its signals, its end. */

export interface ProcessHooks {
  /** Tells of an error that no call waits for. */
  readonly warn: (message: string) => void;
  /** Ends every wait, and resolves when what is under way has been answered. */
  readonly stop: () => Promise<void>;
}

/** How long what is under way may take after a signal, in milliseconds: the answer to a create that was sent tells its id. */
const stopWithinMs = 35_000;
const parentCheckEveryMs = 5_000;

/**
 * Keeps stdout for the port alone, and the process alive through errors that no call has caught: other creates may be in
 * flight. Ends it on SIGINT and SIGTERM, once what is under way was answered, and when the engine is no more. Returns the
 * function that prints the port.
 */
export function guardProcess({ warn, stop }: ProcessHooks): (port: number) => void {
  const print = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  // The reader may be gone, as after a crash of the engine; that is no reason to fall over.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);

  const survive = (kind: string) => (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    warn(`${kind} in the onvera provider, which goes on; please report it: ${text}`);
  };
  process.on("uncaughtException", survive("uncaught error"));
  process.on("unhandledRejection", survive("unhandled rejection"));

  let isStopping = false;
  const end = () => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(0), stopWithinMs).unref();
    void stop().then(() => process.exit(0));
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  // An engine that was killed tells nobody. Where the system gives its children to another parent, that shows it.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, parentCheckEveryMs).unref();

  return (port) => {
    print(`${port}\n`);
  };
}
