import { ApiError, isNotFound, OperationFailedError } from "../api/errors";
import type { Deployment } from "../api/schemas";
import { waitUntil } from "../lro/wait";
import { isUnfinished } from "./diff";
import type { DeploymentOuts } from "./properties";
import { deploymentKey, type WaitContext } from "./wait-context";
import { cannotRead, describeDeployment, isTerminal, waitError, waitForOperation } from "./wait-for-operation";

/**
 * Destroys a deployment, and waits until it is gone. Succeeds if it is gone already. If a destroy is already running, waits for
 * that one. If its create is still in progress, waits for that first. After any failure, it is safe to call this again.
 */
export async function destroyDeployment(outs: DeploymentOuts, context: WaitContext): Promise<void> {
  const { client, organization, reporter, signal, deadline } = context;
  if (isUnfinished(outs.status)) await waitForCreate(outs, context);

  for (;;) {
    let operationId: string | undefined;
    try {
      ({ operationId } = await client.deleteDeployment(outs.deploymentId, { signal, deadline }));
    } catch (error) {
      if (isNotFound(error)) return organization.assertGone(outs, context);
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      organization.recordVisible(outs.deploymentId);
      const current = await find(outs.deploymentId, context);
      if (current === undefined) return;
      if (current.status !== "destroying") {
        // The conflict is with its create, or with another operation on it: wait for that, then send the delete again.
        await waitForConflict(outs, error, current, context);
        continue;
      }
      reporter.info("it is already being destroyed; waiting for that");
      operationId = error.operationId ?? current.operationId;
    }
    organization.recordVisible(outs.deploymentId);
    await waitUntilGone({ ...outs, ...(operationId === undefined ? {} : { operationId }) }, operationId, context);
    reporter.done("destroyed");
    return;
  }
}

async function waitForCreate(outs: DeploymentOuts, context: WaitContext): Promise<void> {
  const current = await find(outs.deploymentId, context);
  if (current === undefined || !isUnfinished(current.status)) return;
  context.reporter.info("it is still being created; waiting for that first");
  const operationId = outs.operationId ?? current.operationId;
  if (operationId === undefined) return;
  const end = await waitForOperation(operationId, context, { isOlder: true });
  if (end.kind === "timeout" || end.kind === "aborted") throw waitError(end, describeDeployment(outs), context);
}

/** Waits for the operation that blocks the destroy. Throws the conflict itself if there is nothing to wait for. */
async function waitForConflict(
  outs: DeploymentOuts,
  conflict: ApiError,
  current: Deployment,
  context: WaitContext,
): Promise<void> {
  const { client, clock, deadline, reporter, signal } = context;
  const deployment = describeDeployment(outs);
  const operationId = conflict.operationId ?? current.operationId;
  reporter.info(`${conflict.reason}; waiting for that first`);
  const operation =
    operationId === undefined
      ? undefined
      : await client.getOperation(operationId, { signal, deadline }).catch(() => undefined);
  if (operationId === undefined || operation === undefined || isTerminal(operation)) {
    if (!isUnfinished(current.status)) throw conflict;
    const remainingMs = Math.max(0, deadline - clock.now());
    await clock.sleep(Math.min(2_000, remainingMs), signal).catch(() => undefined);
    if (signal?.aborted) throw waitError({ kind: "aborted" }, deployment, context);
  } else {
    const end = await waitForOperation(operationId, context);
    if (end.kind === "timeout" || end.kind === "aborted") throw waitError(end, deployment, context);
  }
  if (clock.now() >= deadline) throw waitError({ kind: "timeout" }, deployment, context);
}

async function waitUntilGone(
  outs: DeploymentOuts,
  operationId: string | undefined,
  context: WaitContext,
): Promise<void> {
  const { client, reporter } = context;
  const deployment = describeDeployment(outs);
  let failure: string | undefined;
  if (operationId !== undefined) {
    const end = await waitForOperation(operationId, context);
    if (end.kind === "done") {
      if (end.response.status === "succeeded") return;
      const { code, message } = end.response.error ?? {};
      failure = [`operation ${operationId} ${end.response.status}`, code, message ?? end.response.message]
        .filter((part) => part !== undefined)
        .join(": ");
    } else if (end.kind === "notFound") {
      failure = `operation ${operationId} no longer exists`;
    } else if (end.kind === "timeout" || end.kind === "aborted") {
      throw waitError(end, deployment, context);
    }
  }
  const end = await waitUntil<Deployment>({
    ...context,
    key: deploymentKey(outs.deploymentId),
    fetch: (signal) => client.getDeployment(outs.deploymentId, { signal, retry: "rateLimit", priority: "poll" }),
    isDone: ({ status }) => status === "destroyed" || (failure !== undefined && status !== "destroying"),
    firstPollDelayMs: 0,
    onResponse: ({ status }) => reporter.phase({ status, message: "waiting until the deployment is gone" }),
    onError: (error) => reporter.warning(cannotRead("deployment", error)),
  });
  if (end.kind === "notFound" || (end.kind === "done" && end.response.status === "destroyed")) return;
  if (end.kind === "done") {
    throw new OperationFailedError(
      `delete of ${deployment} did not succeed: ${failure}; it still exists with the status "${end.response.status}", and the ` +
        "next `pulumi up` or `pulumi destroy` tries again",
    );
  }
  throw waitError(end, deployment, context);
}

async function find(id: string, { client, signal, deadline }: WaitContext): Promise<Deployment | undefined> {
  try {
    const deployment = await client.getDeployment(id, { signal, deadline });
    return deployment.status === "destroyed" ? undefined : deployment;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
