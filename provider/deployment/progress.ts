import type { Progress, ReportProgress } from "../resource-handler";
import { formatDuration } from "./timeouts";

/** Makes a phase such as `database_provisioning` readable. */
export function readablePhase(phase: string): string {
  return phase.replaceAll("_", " ");
}

/** A phase that takes longer is reported again, so that no minute passes without a line. In milliseconds. */
const repeatPhaseAfterMs = 30_000;

/**
 * Reports each change once: a phase or its message if it differs from the last one reported or has lasted long, a warning when
 * it begins (the same one again only after a response in between).
 */
export class WaitReporter {
  #phase: string | undefined;
  #lastPhase: string | undefined;
  #lastPhaseAtMs = 0;
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
    this.#phase = what;
    const nowMs = this.options.elapsedMs();
    if (text === this.#lastPhase && nowMs - this.#lastPhaseAtMs < repeatPhaseAfterMs) return;
    this.#lastPhase = text;
    this.#lastPhaseAtMs = nowMs;
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
    const phase = this.#phase === undefined ? "" : `${this.#phase}, `;
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
