import { formatDuration } from "./timeouts";

/** What a wait tells while it goes on. */
export interface Progress {
  readonly kind: "phase" | "trouble" | "info";
  /** The deployment's name on the platform. */
  readonly name: string;
  /**
   * For people, without the name: `database provisioning, 12 s of 30 min: creating the database tenant`. What matters most comes
   * first, because a terminal cuts the line.
   */
  readonly text: string;
}

export type ReportProgress = (progress: Progress) => void;

/** The platform's `database_provisioning` as people write it. */
export function readablePhase(phase: string): string {
  return phase.replaceAll("_", " ");
}

/** A phase that takes longer is told again, so that nobody looks at a silent minute. In milliseconds. */
const repeatPhaseAfterMs = 30_000;

/**
 * Tells each change once: a phase or its message when it differs from the last one told or has gone on for long, a
 * trouble when it begins (the same one again only after an answer in between).
 */
export class WaitReporter {
  #phase: string | undefined;
  #lastPhase: string | undefined;
  #lastPhaseAtMs = 0;
  #lastTrouble: string | undefined;

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
    this.#lastTrouble = undefined;
    const what = readablePhase(phase ?? status);
    const text = message === undefined ? what : `${what}: ${message}`;
    this.#phase = what;
    const nowMs = this.options.elapsedMs();
    if (text === this.#lastPhase && nowMs - this.#lastPhaseAtMs < repeatPhaseAfterMs) return;
    this.#lastPhase = text;
    this.#lastPhaseAtMs = nowMs;
    this.#tell("phase", message);
  }

  trouble(text: string): void {
    if (text === this.#lastTrouble) return;
    this.#lastTrouble = text;
    this.#tell("trouble", text);
  }

  info(text: string): void {
    this.#tell("info", text);
  }

  /** The last word of a call that succeeded. */
  done(text: string): void {
    this.#send("info", `${text} (${formatDuration(this.options.elapsedMs())})`);
  }

  #tell(kind: Progress["kind"], text: string | undefined): void {
    const { elapsedMs, timeoutMs } = this.options;
    const phase = this.#phase === undefined ? "" : `${this.#phase}, `;
    const message = text === undefined ? "" : `: ${text}`;
    this.#send(kind, `${phase}${formatDuration(elapsedMs())} of ${formatDuration(timeoutMs)}${message}`);
  }

  #send(kind: Progress["kind"], text: string): void {
    try {
      this.options.report?.({ kind, name: this.options.name, text });
    } catch {
      // Progress is a service to the reader: no wait ends, and no id is lost, because it cannot be shown.
    }
  }
}
