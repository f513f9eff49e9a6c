/** Reports progress to a person on stderr; stdout belongs to the CLI. */
export interface Reporter {
  /** Writes one line. */
  say(line: string): void;
  /** Begins a task that can take minutes. Its elapsed time is shown until `done`. */
  begin(what: string): Task;
}

export interface Task {
  /** The current step; shown with the next update. */
  detail(text: string): void;
  done(): void;
}

export interface ReporterOptions {
  stream: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  env?: NodeJS.ProcessEnv;
  /** The time between two lines if lines cannot be rewritten. Default: 12 s. */
  lineEveryMs?: number;
}

/** On a terminal: one line that is rewritten every second. Elsewhere (a pipe, a CI log): a line every 12 s. */
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
      // This timer must not keep the process alive after a failure elsewhere.
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
