/** Tells a person what happens, on stderr, so that stdout stays the CLI's own. */
export interface Reporter {
  /** One line, at once. */
  say(line: string): void;
  /** Begins something that may take minutes; the elapsed time shows until `done`. */
  begin(what: string): Task;
}

export interface Task {
  /** What is being worked on now; shown with the next update. */
  detail(text: string): void;
  done(): void;
}

export interface ReporterOptions {
  stream: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  env?: NodeJS.ProcessEnv;
  /** Between two lines where lines cannot be rewritten; 12 s unless told. */
  lineEveryMs?: number;
}

/** On a terminal one line that is rewritten every second; elsewhere (a pipe, a CI log) a line every 12 s. */
export function createReporter({ stream, env = process.env, lineEveryMs = 12_000 }: ReporterOptions): Reporter {
  const rewrites = stream.isTTY === true && env["TERM"] !== "dumb";
  const clear = rewrites ? "\r\x1b[K" : "";
  return {
    say: (line) => stream.write(`${clear}${line}\n`),
    begin(what) {
      const startedMs = performance.now();
      let detail = "";
      const line = () => {
        const elapsed = `${Math.round((performance.now() - startedMs) / 1000)} s`;
        return `${what}: ${elapsed}${detail === "" ? "" : `, ${detail}`}`;
      };
      const show = () =>
        stream.write(rewrites ? `${clear}${line().slice(0, Math.max(20, (stream.columns ?? 80) - 1))}` : `${line()}\n`);
      stream.write(`${what} ...${rewrites ? "" : "\n"}`);
      const timer = setInterval(show, rewrites ? 1_000 : lineEveryMs);
      // A failure elsewhere must not keep the process alive for the sake of this line.
      timer.unref();
      return {
        detail: (text) => {
          detail = text;
        },
        done: () => {
          clearInterval(timer);
          detail = "";
          stream.write(`${clear}${line()}\n`);
        },
      };
    },
  };
}

/** For callers that want no output. */
export const silentReporter: Reporter = { say: () => {}, begin: () => ({ detail: () => {}, done: () => {} }) };
