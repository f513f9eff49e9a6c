import type { Clock } from "./clock";
import { viewOf } from "./progress";
import type { OperationRecord } from "./records";

/** A phase that an operation has reached. Times are in milliseconds since the epoch. */
export interface PhaseInterval {
  phase: string;
  startedAt: number;
  /** `null` for the current phase. */
  endedAt: number | null;
}

/** The phases of an operation in order, from `queued` to the current or final one. */
export function historyOf(operation: OperationRecord, clock: Clock): PhaseInterval[] {
  const { plan, requestedAt } = operation;
  const { progress, endedAt } = viewOf(operation, clock);
  const planned = [{ phase: plan.queued.phase, until: plan.queuedUntil }, ...plan.steps];
  const current = planned.findIndex(({ phase }) => phase === progress.phase);
  // A successful create ends in the phase `ready`, which is not part of its plan: it has completed all planned phases.
  const reached = current === -1 ? planned : planned.slice(0, current + 1);
  let startedAt = requestedAt;
  return reached.map(({ phase, until }, index) => {
    const isLast = index === reached.length - 1;
    // A skew may move wall time backward, but a phase never ends before it starts.
    const plannedEnd = isLast || until === null ? endedAt : Math.max(startedAt, clock.wallAt(until));
    const phaseEndedAt = plannedEnd === null ? null : Math.max(startedAt, Math.min(plannedEnd, endedAt ?? plannedEnd));
    const interval = { phase, startedAt, endedAt: phaseEndedAt };
    startedAt = phaseEndedAt ?? startedAt;
    return interval;
  });
}
