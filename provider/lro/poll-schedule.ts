import type { Operation } from "../api/schemas";

/** What is kept of one kind of operation: enough to know its usual time, and to follow a platform that becomes slower. */
const keptDurations = 50;
/** So many have to be known before anything is expected of the next one. */
const neededDurations = 3;
/** Operations that were looked at already, so that a list that shows them again teaches nothing twice. */
const keptIds = 5_000;

export interface PaceOptions {
  /** Bounds of the time between two polls, in milliseconds; the contract ("Operations") asks for 2 to 5 seconds. */
  readonly minIntervalMs?: number;
  readonly maxIntervalMs?: number;
}

/**
 * How often an operation is worth a look: seldom while no operation of its kind has ever ended so early, often around the
 * time at which they usually end, and at the slowest usual pace after that. What is usual is learned from the operations
 * that the platform shows as succeeded, whoever began them.
 */
export class OperationPace {
  readonly #minIntervalMs: number;
  readonly #maxIntervalMs: number;
  /** By kind of operation: how long the latest ones took, in milliseconds. */
  readonly #durations = new Map<string, number[]>();
  readonly #known = new Set<string>();

  constructor({ minIntervalMs = 2_000, maxIntervalMs = 5_000 }: PaceOptions = {}) {
    this.#minIntervalMs = minIntervalMs;
    this.#maxIntervalMs = Math.max(minIntervalMs, maxIntervalMs);
  }

  /** To be told of operations as they are seen; those that have not succeeded, or lack their times, teach nothing. */
  learn({ id, type = "", status, requestedAt, startedAt, endedAt }: Operation): void {
    if (status !== "succeeded" || this.#known.has(id)) return;
    const durationMs = Date.parse(endedAt ?? "") - Date.parse(requestedAt ?? startedAt ?? "");
    if (!(durationMs >= 0)) return;
    if (this.#known.size >= keptIds) this.#known.clear();
    this.#known.add(id);
    const durations = this.#durations.get(type) ?? [];
    this.#durations.set(type, durations);
    durations.push(durationMs);
    if (durations.length > keptDurations) durations.shift();
  }

  /**
   * Milliseconds until the next look at an operation; undefined where nothing is known to expect. `elapsedMs` is how long it
   * has been going on: undefined for one that an earlier run began.
   */
  intervalMs({ type = "" }: Operation, elapsedMs: number | undefined): number | undefined {
    const durations = this.#durations.get(type) ?? [];
    if (durations.length < neededDurations || elapsedMs === undefined) return undefined;
    const sorted = [...durations].sort((a, b) => a - b);
    const earliestMs = 0.9 * (sorted[0] ?? 0);
    const latestMs = 1.1 * (sorted.at(-1) ?? 0);
    if (elapsedMs > latestMs) return this.#maxIntervalMs;
    const untilEarliestMs = earliestMs - elapsedMs;
    // Its phases are to be seen all the same, so never more seldom than twice the slowest usual pace.
    return Math.max(this.#minIntervalMs, Math.min(untilEarliestMs, 2 * this.#maxIntervalMs));
  }
}
