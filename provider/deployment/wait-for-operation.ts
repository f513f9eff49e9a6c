import { OperationDetachedError, OperationTimeoutError } from "../api/errors";
import type { Deployment, Operation } from "../api/schemas";
import { type WaitEnd, type WaitOptions, waitUntil } from "../lro/wait";
import type { DeploymentOuts } from "./properties";
import { formatDuration } from "./timeouts";
import { deploymentKey, operationKey, type WaitContext } from "./wait-context";

/** Source: the API reference, "Operations". */
const terminalStatuses: ReadonlySet<string> = new Set(["succeeded", "failed", "canceled"]);
const operationStatuses: ReadonlySet<string> = new Set(["queued", "running", ...terminalStatuses]);

export function isTerminal(operation: Operation): boolean {
  return terminalStatuses.has(operation.status);
}

export interface OperationWaitOptions {
  readonly onOperation?: (operation: Operation) => void;
  /** Whether an earlier run, or someone else, started the operation. If so, the first poll is sent at once. */
  readonly isOlder?: boolean;
}

/** Waits for one operation and reports its phases; see `waitUntil` for what the ends mean. */
export function waitForOperation(
  operationId: string,
  context: WaitContext,
  { onOperation, isOlder = false }: OperationWaitOptions = {},
): Promise<WaitEnd<Operation>> {
  const { client, reporter, schedule, clock } = context;
  const startedAt = clock.now();
  return waitUntil<Operation>({
    ...context,
    key: operationKey(operationId),
    fetch: (signal) => client.getOperation(operationId, { signal, retry: "rateLimit", priority: "poll" }),
    isDone: isTerminal,
    // An operation of an earlier run must exist already. After a 404, the caller reads the deployment itself.
    ...(isOlder ? { firstPollDelayMs: 0, notFoundAfter: 1 } : {}),
    intervalMs: (operation) => schedule.intervalMs(operation, isOlder ? undefined : clock.now() - startedAt),
    onResponse: (operation) => {
      schedule.record(operation);
      onOperation?.(operation);
      if (!operationStatuses.has(operation.status)) {
        reporter.warning(`operation ${operationId} has the unknown status "${operation.status}"; waiting`);
      } else if (!isTerminal(operation)) {
        reporter.phase(operation);
      }
    },
    onError: (error) => reporter.warning(cannotRead(`operation ${operationId}`, error)),
  });
}

/** Waits until the status of a deployment is one of those wanted; the first poll is sent at once. */
export function waitForStatus(
  { deploymentId }: DeploymentOuts,
  isWanted: (status: string) => boolean,
  context: WaitContext,
  options: Pick<WaitOptions<Deployment>, "onResponse" | "notFoundAfter"> = {},
): Promise<WaitEnd<Deployment>> {
  const { client, reporter } = context;
  return waitUntil<Deployment>({
    ...context,
    key: deploymentKey(deploymentId),
    fetch: (signal) => client.getDeployment(deploymentId, { signal, retry: "rateLimit", priority: "poll" }),
    isDone: ({ status }) => isWanted(status),
    firstPollDelayMs: 0,
    ...options,
    onError: (error) => reporter.warning(cannotRead("deployment", error)),
  });
}

/** The warning about a failed poll. */
function cannotRead(what: string, error: Error): string {
  return `cannot read the ${what}; retrying: ${error.message}`;
}

/** A deployment in messages: its name, application, id and operation. */
export function describeDeployment({ name, appType, deploymentId, operationId }: DeploymentOuts): string {
  const operation = operationId === undefined ? "" : `, operation ${operationId}`;
  return `deployment "${name}" (${appType}, ${deploymentId}${operation})`;
}

/** Why a wait ended before the result was known, and what the reader can do. */
export function waitError(
  end: Exclude<WaitEnd<unknown>, { kind: "done" } | { kind: "notFound" }>,
  deployment: string,
  { timeoutMs, call, timeoutOption }: Pick<WaitContext, "timeoutMs" | "call" | "timeoutOption">,
): Error {
  const continues = `the ${call} continues on Onvera`;
  const next = `the next \`pulumi ${call === "create" ? "up" : "up` or `pulumi destroy"}\` continues to wait for it`;
  switch (end.kind) {
    case "timeout": {
      const lastError =
        end.lastError === undefined ? "" : ` (the last attempt to read it failed: ${end.lastError.message})`;
      return new OperationTimeoutError(
        `${call} of ${deployment} is not finished after ${formatDuration(timeoutMs)}${lastError}; ${continues}, and ${next}; ` +
          `to wait longer, raise customTimeouts.${timeoutOption}`,
        { cause: end.lastError },
      );
    }
    case "denied":
      return new OperationDetachedError(
        `${call} of ${deployment} cannot be followed: ${end.error.message}; ${continues}; with an API key that has the scopes ` +
          `deployments:read and operations:read, ${next}`,
        { cause: end.error },
      );
    case "aborted":
      return new OperationDetachedError(`${call} of ${deployment} was canceled here, but ${continues}; ${next}`, {
        cause: end.lastError,
      });
  }
}
