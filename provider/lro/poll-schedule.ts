/** The number of durations to keep for each type: enough for the usual time, few enough to follow a server that slows down. */
const keptDurations = 50;
/** The number of durations that a prediction needs. */
const neededDurations = 3;
/** The number of operations to remember, so that a list that contains them again does not count them twice. */
const keptIds = 5_000;

/** What the schedule reads of an operation. Times are RFC 3339. */
export interface TimedOperation {
  readonly id: string;
  readonly type?: string;
  readonly status: string;
  readonly requestedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface PollScheduleOptions {
  /** Bounds of the time between two polls, in milliseconds. */
  readonly minIntervalMs?: number;
  readonly maxIntervalMs?: number;
}

/**
 * Predicts when to poll an operation next, from how long the latest succeeded operations of its type took, including those of other
 * clients. Polls are rare until the operation can have ended, frequent around the time at which such operations usually end, and
 * at the longest regular interval after that.
 */
export class PollSchedule {
  readonly #minIntervalMs: number;
  readonly #maxIntervalMs: number;
  /** By type: the latest durations, in milliseconds. */
  readonly #durations = new Map<string, number[]>();
  readonly #recordedIds = new Set<string>();

  constructor({ minIntervalMs = 2_000, maxIntervalMs = 5_000 }: PollScheduleOptions = {}) {
    this.#minIntervalMs = minIntervalMs;
    this.#maxIntervalMs = Math.max(minIntervalMs, maxIntervalMs);
  }

  /** Call it with each operation that was read. Those that have not succeeded, or have no times, are ignored. */
  record({ id, type = "", status, requestedAt, startedAt, endedAt }: TimedOperation): void {
    if (status !== "succeeded" || this.#recordedIds.has(id)) return;
    const durationMs = Date.parse(endedAt ?? "") - Date.parse(requestedAt ?? startedAt ?? "");
    if (!(durationMs >= 0)) return;
    if (this.#recordedIds.size >= keptIds) this.#recordedIds.clear();
    this.#recordedIds.add(id);
    const durations = this.#durations.get(type) ?? [];
    this.#durations.set(type, durations);
    durations.push(durationMs);
    if (durations.length > keptDurations) durations.shift();
  }

  /**
   * Milliseconds until the next poll of an operation; undefined if there is no prediction. `elapsedMs` is the time since the
   * operation started: undefined if an earlier run started it.
   */
  intervalMs({ type = "" }: Pick<TimedOperation, "type">, elapsedMs: number | undefined): number | undefined {
    const durations = this.#durations.get(type) ?? [];
    if (durations.length < neededDurations || elapsedMs === undefined) return undefined;
    const earliestMs = 0.9 * Math.min(...durations);
    const latestMs = 1.1 * Math.max(...durations);
    if (elapsedMs > latestMs) return this.#maxIntervalMs;
    // People still want to see the phases, so the interval is at most twice the longest regular one.
    return Math.max(this.#minIntervalMs, Math.min(earliestMs - elapsedMs, 2 * this.#maxIntervalMs));
  }
}
