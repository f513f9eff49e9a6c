import type { CallContext } from "../call-context";
import type { Clock } from "../clock";
import type { OnveraClient } from "../api/client";
import {
  ApiError,
  OperationDetachedError,
  OperationFailedError,
  OperationTimeoutError,
  PlatformError,
} from "../api/errors";
import type { Deployment, Operation } from "../api/schemas";
import type { OperationPace } from "../lro/poll-schedule";
import type { Poller } from "../lro/poller";
import { type WaitEnd, waitUntil } from "../lro/wait";
import type { Organization } from "./organization";
import { type DeploymentOuts, observedOuts } from "./outputs";
import { readablePhase, type WaitReporter } from "./progress";
import { formatDuration } from "./timeouts";

/** The calls of the platform that the lifecycle makes. */
export type LifecycleClient = Pick<
  OnveraClient,
  "createDeployment" | "getDeployment" | "listDeployments" | "allDeployments" | "deleteDeployment" | "getOperation"
>;

/** What a wait for a deployment needs to know about its surroundings. */
export interface WaitContext extends CallContext {
  readonly client: LifecycleClient;
  readonly poller: Poller;
  readonly pace: OperationPace;
  readonly organization: Organization;
  readonly clock: Clock;
  readonly reporter: WaitReporter;
  readonly deadline: number;
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** Of the resource, for messages, if the host knows it. */
  readonly urn?: string | undefined;
  /** What goes on when the wait is left, for messages. */
  readonly call: "create" | "delete";
}

/** What became of a create: the deployment as it is, why it is not ready, or that it is not there any more. */
export type Settled =
  | { readonly kind: "ready"; readonly outs: DeploymentOuts }
  /** It will never be ready. */
  | { readonly kind: "failed"; readonly outs: DeploymentOuts; readonly error: Error }
  /** It may still become ready: it could not be waited for any longer. */
  | { readonly kind: "unfinished"; readonly outs: DeploymentOuts; readonly error: Error }
  | { readonly kind: "gone"; readonly error: Error };

const terminalStatuses: ReadonlySet<string> = new Set(["succeeded", "failed", "canceled"]);
const operationStatuses: ReadonlySet<string> = new Set(["queued", "running", ...terminalStatuses]);

export function isTerminal(operation: Operation): boolean {
  return terminalStatuses.has(operation.status);
}

/**
 * Follows the create of a deployment to its end: its operation first, then the deployment itself, which has the last
 * word. Never rejects, so that no way out loses what is known.
 */
export async function settleCreate(
  outs: DeploymentOuts,
  context: WaitContext,
  firstPollDelayMs?: number,
): Promise<Settled> {
  if (outs.operationId === undefined) return settleByDeployment(outs, context, undefined);

  let lastPhase: string | undefined;
  const rememberPhase = (operation: Operation) => {
    lastPhase = operation.phase ?? lastPhase;
  };
  const end = await waitForOperation(outs.operationId, context, rememberPhase, firstPollDelayMs);
  if (end.kind === "vanished") return settleByDeployment(outs, context, undefined);
  // The key may lack the scope for operations only; the deployment tells as much.
  if (end.kind === "refused" && end.error.status === 403) return settleByDeployment(outs, context, end.error);
  if (end.kind !== "done") return { kind: "unfinished", outs, error: whyNotSeen(end, subjectOf(outs), context) };

  const operation = end.answer;
  if (operation.status === "succeeded") return settleByDeployment(outs, context, undefined);
  return {
    kind: "failed",
    outs: { ...outs, status: "failed" },
    error: operationFailed(operation, lastPhase, subjectOf(outs), context),
  };
}

/** Waits for the deployment's own status, where there is no operation to wait for, or none that can be seen. */
async function settleByDeployment(
  outs: DeploymentOuts,
  context: WaitContext,
  refused: ApiError | undefined,
): Promise<Settled> {
  const { client, reporter } = context;
  const subject = subjectOf(outs);
  const end = await waitUntil<Deployment>({
    ...context,
    key: deploymentKey(outs.deploymentId),
    fetch: (signal) => client.getDeployment(outs.deploymentId, { signal, retry: "none", urgency: "poll" }),
    isDone: ({ status }) =>
      status === "ready" || status === "failed" || status === "destroying" || status === "destroyed",
    firstPollDelayMs: 0,
    onAnswer: ({ status }) => {
      if (status !== "ready") reporter.phase({ status, message: "waiting for the deployment to become ready" });
    },
    onError: (error) => reporter.trouble(cannotSee("deployment", error)),
  });
  if (end.kind === "vanished") return { kind: "gone", error: goneError(subject) };
  if (end.kind !== "done") {
    const seen = end.kind === "timeout" && end.lastAnswer !== undefined ? observedOuts(outs, end.lastAnswer) : outs;
    const cause = end.kind === "refused" && refused !== undefined ? { ...end, error: refused } : end;
    return { kind: "unfinished", outs: { ...seen, status: outs.status }, error: whyNotSeen(cause, subject, context) };
  }
  const seen = observedOuts(outs, end.answer);
  switch (end.answer.status) {
    case "ready":
      reporter.done(seen.url === undefined ? "ready" : `ready at ${seen.url}`);
      return { kind: "ready", outs: seen };
    case "destroyed":
      return { kind: "gone", error: goneError(subject) };
    case "destroying":
      return {
        kind: "failed",
        outs: seen,
        error: new OperationFailedError(
          `${subject} is being destroyed by somebody else; the next \`pulumi up\` makes a new one`,
        ),
      };
    default:
      return {
        kind: "failed",
        outs: seen,
        error: new OperationFailedError(
          `${subject} ended as "failed", although its operation did not; the next \`pulumi up\` replaces it`,
        ),
      };
  }
}

/** Under which the poller knows a deployment. */
export function deploymentKey(deploymentId: string): string {
  return `deployment/${deploymentId}`;
}

/** Under which the poller knows an operation. */
export function operationKey(operationId: string): string {
  return `operation/${operationId}`;
}

/** Waits for one operation and reports its phases; see `waitUntil` for what the ends mean. */
export function waitForOperation(
  operationId: string,
  context: WaitContext,
  onOperation?: (operation: Operation) => void,
  firstPollDelayMs?: number,
): Promise<WaitEnd<Operation>> {
  const { client, reporter, pace, clock } = context;
  const watchedFrom = clock.now();
  // What is looked at without delay was begun by somebody before, nobody knows when.
  const isOlder = firstPollDelayMs === 0;
  return waitUntil<Operation>({
    ...context,
    key: operationKey(operationId),
    fetch: (signal) => client.getOperation(operationId, { signal, retry: "none", urgency: "poll" }),
    isDone: isTerminal,
    ...(firstPollDelayMs === undefined ? {} : { firstPollDelayMs }),
    // One that an earlier run knew is not too new to be found. Whoever waits then asks the deployment itself.
    ...(isOlder ? { notFoundAfter: 1 } : {}),
    intervalMs: (operation) => pace.intervalMs(operation, isOlder ? undefined : clock.now() - watchedFrom),
    onAnswer: (operation) => {
      pace.learn(operation);
      onOperation?.(operation);
      if (!operationStatuses.has(operation.status)) {
        reporter.trouble(`operation ${operationId} has the unknown status "${operation.status}"; waiting on`);
      } else if (!isTerminal(operation)) {
        reporter.phase(operation);
      }
    },
    onError: (error) => reporter.trouble(cannotSee(`operation ${operationId}`, error)),
  });
}

function cannotSee(what: string, error: Error): string {
  return `the ${what} cannot be seen at the moment, trying on: ${error.message}`;
}

export function subjectOf({ name, appType, deploymentId, operationId }: DeploymentOuts): string {
  const operation = operationId === undefined ? "" : `, operation ${operationId}`;
  return `deployment "${name}" (${appType}, ${deploymentId}${operation})`;
}

function operationFailed(
  operation: Operation,
  lastPhase: string | undefined,
  subject: string,
  { clock, startedAt }: WaitContext,
): OperationFailedError {
  const what = operation.status === "canceled" ? "was canceled" : "failed";
  const phase = operation.phase ?? lastPhase;
  const where = phase === undefined ? "" : ` in phase "${readablePhase(phase)}"`;
  const { code, message } = operation.error ?? {};
  const said = [code, message ?? operation.message].filter((part) => part !== undefined).join(": ");
  return new OperationFailedError(
    `${subject} ${what}${where} after ${formatDuration(clock.now() - startedAt)}${said === "" ? "" : `: ${said}`}; ` +
      "a deployment that failed cannot be recovered: the next `pulumi up` replaces it",
  );
}

function goneError(subject: string): PlatformError {
  return new PlatformError(
    `${subject} no longer exists: somebody destroyed it while it was being created; the next \`pulumi up\` makes a new one`,
  );
}

/** Why a wait ended without knowing, and what the reader can do. */
export function whyNotSeen(
  end: Exclude<WaitEnd<unknown>, { kind: "done" } | { kind: "vanished" }>,
  subject: string,
  { timeoutMs, call }: Pick<WaitContext, "timeoutMs" | "call">,
): Error {
  const goesOn = `the ${call} goes on at Onvera`;
  const next = `the next \`pulumi ${call === "create" ? "up" : "up` or `pulumi destroy"}\` goes on waiting for it`;
  switch (end.kind) {
    case "timeout": {
      const seen = end.lastError === undefined ? "" : ` (it could not be seen at last: ${end.lastError.message})`;
      return new OperationTimeoutError(
        `${call} of ${subject} is not finished after ${formatDuration(timeoutMs)}${seen}; ${goesOn}, and ${next}; ` +
          `to wait longer, raise customTimeouts.${call}`,
        { cause: end.lastError },
      );
    }
    case "refused":
      return new OperationDetachedError(
        `${call} of ${subject} cannot be followed: ${end.error.message}; ${goesOn}; with an API key that has the scopes ` +
          `deployments:read and operations:read, ${next}`,
        { cause: end.error },
      );
    case "aborted":
      return new OperationDetachedError(`${call} of ${subject} was canceled here, but ${goesOn}; ${next}`);
  }
}

/** True for the platform's answer that a thing does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
