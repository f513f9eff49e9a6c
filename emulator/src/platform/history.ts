import type { Clock } from "./clock";
import { viewOf } from "./progress";
import type { OperationRecord } from "./records";

/** A phase that an operation has reached. Times in milliseconds since the epoch. */
export interface PhaseInterval {
  phase: string;
  startedAt: number;
  /** `null` for the one that it is in. */
  endedAt: number | null;
}

/** The phases that an operation has been through, in order, from the queue to the present or the last one. */
export function historyOf(operation: OperationRecord, clock: Clock): PhaseInterval[] {
  const { plan, requestedAt } = operation;
  const { progress, endedAt } = viewOf(operation, clock);
  const planned = [{ phase: plan.queued.phase, until: plan.queuedUntil }, ...plan.steps];
  const present = planned.findIndex(({ phase }) => phase === progress.phase);
  // What succeeded shows a phase of its own that is none of its plan: then it has been through all of them.
  const reached = present === -1 ? planned : planned.slice(0, present + 1);
  let startedAt = requestedAt;
  return reached.map(({ phase, until }, index) => {
    const isLast = index === reached.length - 1;
    // Time that was skewed in between may run backwards; a phase never does.
    const over = isLast || until === null ? endedAt : Math.max(startedAt, clock.wallAt(until));
    const ended = over === null ? null : Math.max(startedAt, Math.min(over, endedAt ?? over));
    const interval = { phase, startedAt, endedAt: ended };
    startedAt = ended ?? startedAt;
    return interval;
  });
}
