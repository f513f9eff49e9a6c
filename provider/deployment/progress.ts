import { formatDuration } from "./timeouts";

/** What a wait tells while it goes on. */
export interface Progress {
  readonly kind: "phase" | "trouble" | "info";
  /** The deployment's name on the platform. */
  readonly name: string;
  /** For people, without the name: `database provisioning: creating the database tenant (12 s of 30 min)`. */
  readonly text: string;
}

export type ReportProgress = (progress: Progress) => void;

/** The platform's `database_provisioning` as people write it. */
export function readablePhase(phase: string): string {
  return phase.replaceAll("_", " ");
}

/**
 * Tells each change once: a phase or its message when it differs from the last one told, a trouble when it begins (the
 * same one again only after an answer in between).
 */
export class WaitReporter {
  #lastPhase: string | undefined;
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
    if (text === this.#lastPhase) return;
    this.#lastPhase = text;
    this.#tell("phase", text);
  }

  trouble(text: string): void {
    if (text === this.#lastTrouble) return;
    this.#lastTrouble = text;
    this.#tell("trouble", text);
  }

  info(text: string): void {
    this.#tell("info", text);
  }

  #tell(kind: Progress["kind"], text: string): void {
    const { name, report, elapsedMs, timeoutMs } = this.options;
    report?.({ kind, name, text: `${text} (${formatDuration(elapsedMs())} of ${formatDuration(timeoutMs)})` });
  }
}
