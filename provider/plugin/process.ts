/** The streams, signals and exit of the plugin process. */

export interface ProcessHooks {
  /** The address of the engine's gRPC server. Without one, the plugin was started by hand. */
  readonly engineAddress: string | undefined;
  /** Reports an error outside of a call. */
  readonly warn: (message: string) => void;
  /** Ends every wait, and resolves when the running calls have ended. */
  readonly stop: () => Promise<void>;
}

/** The time for running calls after a signal, in milliseconds: the response to a create that was sent contains its id. */
const stopWithinMs = 35_000;

/**
 * Reserves stdout for the port. Keeps the process alive after uncaught errors, because other creates can be in flight. Ends it on
 * SIGINT, SIGTERM and the end of the engine, after the running calls. Returns the function that prints the port.
 */
export function guardProcess({ engineAddress, warn, stop }: ProcessHooks): (port: number) => void {
  const print = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  // If the engine has crashed, nothing reads the streams. That must not end this process.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);

  const survive = (kind: string) => (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    warn(`${kind} in the onvera provider, which continues; please report it: ${text}`);
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

  return (port) => {
    print(`${port}\n`);
    const { isEngineAddress } = require("../runtime/engine-values") as typeof import("../runtime/engine-values");
    if (engineAddress === undefined || !isEngineAddress(engineAddress)) return;
    // A killed engine sends no signal.
    const { watchEngine } = require("../runtime/engine-watch") as typeof import("../runtime/engine-watch");
    watchEngine(engineAddress, { onGone: end, isListening: false });
  };
}
