import type { Progress, ReportProgress } from "../resource-handler";
import { formatDuration } from "./timeouts";

/** Makes a phase such as `database_provisioning` readable. */
export function readablePhase(phase: string): string {
  return phase.replaceAll("_", " ");
}

/** A phase that takes longer is reported again, so that no minute passes without a line. In milliseconds. */
const repeatPhaseAfterMs = 30_000;

/**
 * Reports the progress of one call without repetition. It reports a phase when the phase or its message changes, and again after
 * `repeatPhaseAfterMs`. It reports a warning when it begins; the same warning again only after a response in between.
 */
export class WaitReporter {
  #currentPhase: string | undefined;
  /** The phase and message that were reported last. */
  #reportedText: string | undefined;
  #reportedAtMs = 0;
  #lastWarning: string | undefined;

  constructor(
    private readonly options: {
      readonly name: string;
      readonly report: ReportProgress | undefined;
      /** Milliseconds since the call began. */
      readonly elapsedMs: () => number;
      readonly timeoutMs: number;
    },
  ) {}

  /** Call it with each response of a wait that continues. */
  phase({
    status,
    phase,
    message,
  }: {
    status: string;
    phase?: string | undefined;
    message?: string | undefined;
  }): void {
    this.#lastWarning = undefined;
    const what = readablePhase(phase ?? status);
    const text = message === undefined ? what : `${what}: ${message}`;
    this.#currentPhase = what;
    const nowMs = this.options.elapsedMs();
    if (text === this.#reportedText && nowMs - this.#reportedAtMs < repeatPhaseAfterMs) return;
    this.#reportedText = text;
    this.#reportedAtMs = nowMs;
    this.#report("phase", message);
  }

  warning(text: string): void {
    if (text === this.#lastWarning) return;
    this.#lastWarning = text;
    this.#report("warning", text);
  }

  info(text: string): void {
    this.#report("info", text);
  }

  /** The last line of a call that succeeded. */
  done(text: string): void {
    this.#send("info", `${text} (${formatDuration(this.options.elapsedMs())})`);
  }

  #report(kind: Progress["kind"], text: string | undefined): void {
    const { elapsedMs, timeoutMs } = this.options;
    const phase = this.#currentPhase === undefined ? "" : `${this.#currentPhase}, `;
    const message = text === undefined ? "" : `: ${text}`;
    this.#send(kind, `${phase}${formatDuration(elapsedMs())} of ${formatDuration(timeoutMs)}${message}`);
  }

  #send(kind: Progress["kind"], text: string): void {
    try {
      this.options.report?.({ kind, name: this.options.name, text });
    } catch {
      // An error in a report must not end the wait and lose the id.
    }
  }
}
