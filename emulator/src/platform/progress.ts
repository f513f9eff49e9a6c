import type { Clock } from "./clock";
import type { OperationRecord, OperationView, Progress } from "./records";

/** The current state of an operation, from its plan and the clock, or its final state. */
export function viewOf({ plan, requestedAt, final }: OperationRecord, clock: Clock): OperationView {
  if (final !== null) return final;
  const now = clock.workMs();
  if (plan.queuedUntil === null || now < plan.queuedUntil) {
    return { status: "queued", progress: plan.queued, error: null, startedAt: null, endedAt: null };
  }
  const step = plan.steps.find(({ until }) => until === null || now < until) ?? plan.steps.at(-1);
  const progress: Progress = step === undefined ? plan.queued : { phase: step.phase, message: step.message };
  const startedAt = Math.max(requestedAt, clock.wallAt(plan.queuedUntil));
  return { status: "running", progress, error: null, startedAt, endedAt: null };
}

/** The final state of an operation whose plan has ended. */
export function finalView({ plan, requestedAt }: OperationRecord, clock: Clock): OperationView {
  const { queuedUntil, endsAt, end, endProgress, error } = plan;
  const endedAt = Math.max(requestedAt, clock.wallAt(endsAt ?? clock.workMs()));
  const hasStarted = queuedUntil !== null && plan.steps.length > 0;
  const startedAt = hasStarted ? Math.max(requestedAt, clock.wallAt(queuedUntil)) : null;
  return { status: end, progress: endProgress, error, startedAt, endedAt };
}

/** The final state of an operation that is ended early. */
export function interruptedView(
  operation: OperationRecord,
  clock: Clock,
  status: "failed" | "canceled",
  error: OperationView["error"] = null,
): OperationView {
  return { ...viewOf(operation, clock), status, error, endedAt: clock.wallMs() };
}
