import { ApiError, OperationFailedError } from "../api/errors";
import type { Deployment } from "../api/schemas";
import { waitUntil } from "../lro/wait";
import { isUnfinished } from "./diff";
import type { DeploymentOuts } from "./outputs";
import {
  deploymentKey,
  isNotFound,
  isTerminal,
  subjectOf,
  type WaitContext,
  waitForOperation,
  whyNotSeen,
} from "./wait-until-ready";

/**
 * Destroys a deployment and waits until it is gone. One that is gone already is a success; a destroy that is running
 * already is joined; a create that is going on is waited out first. After any failure a repeated call is safe.
 */
export async function destroyDeployment(outs: DeploymentOuts, context: WaitContext): Promise<void> {
  const { client, organization, reporter, signal, deadline } = context;
  if (isUnfinished(outs.status)) await waitOutCreate(outs, context);

  for (;;) {
    let operationId: string | undefined;
    try {
      ({ operationId } = await client.deleteDeployment(outs.deploymentId, { signal, deadline }));
    } catch (error) {
      if (isNotFound(error)) return organization.assertGone(outs, context);
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      organization.show(outs.deploymentId);
      const seen = await find(outs.deploymentId, context);
      if (seen === undefined) return;
      if (seen.status !== "destroying") {
        // What conflicts is its create, or another operation on it: wait for that, then ask again.
        await waitOutConflict(outs, error, seen, context);
        continue;
      }
      reporter.info("it is being destroyed already, waiting for that");
      operationId = error.operationId ?? seen.operationId;
    }
    organization.show(outs.deploymentId);
    await waitUntilGone({ ...outs, ...(operationId === undefined ? {} : { operationId }) }, operationId, context);
    reporter.done("destroyed");
    return;
  }
}

async function waitOutCreate(outs: DeploymentOuts, context: WaitContext): Promise<void> {
  const seen = await find(outs.deploymentId, context);
  if (seen === undefined || !isUnfinished(seen.status)) return;
  context.reporter.info("it is still being created, waiting for that first");
  const operationId = outs.operationId ?? seen.operationId;
  if (operationId === undefined) return;
  const end = await waitForOperation(operationId, context, undefined, 0);
  if (end.kind === "timeout" || end.kind === "aborted") throw whyNotSeen(end, subjectOf(outs), context);
}

/** Waits until what stands in the way of a destroy is over; throws the conflict itself when that cannot be seen. */
async function waitOutConflict(
  outs: DeploymentOuts,
  conflict: ApiError,
  seen: Deployment,
  context: WaitContext,
): Promise<void> {
  const operationId = conflict.operationId ?? seen.operationId;
  context.reporter.info(`${conflict.reason}; waiting for that first`);
  const operation =
    operationId === undefined
      ? undefined
      : await context.client
          .getOperation(operationId, { signal: context.signal, deadline: context.deadline })
          .catch(() => undefined);
  if (operationId === undefined || operation === undefined || isTerminal(operation)) {
    if (!isUnfinished(seen.status)) throw conflict;
    const leftMs = Math.max(0, context.deadline - context.clock.now());
    await context.clock.sleep(Math.min(2_000, leftMs), context.signal).catch(() => undefined);
    if (context.signal?.aborted) throw whyNotSeen({ kind: "aborted" }, subjectOf(outs), context);
  } else {
    const end = await waitForOperation(operationId, context);
    if (end.kind === "timeout" || end.kind === "aborted") throw whyNotSeen(end, subjectOf(outs), context);
  }
  if (context.clock.now() >= context.deadline) throw whyNotSeen({ kind: "timeout" }, subjectOf(outs), context);
}

async function waitUntilGone(
  outs: DeploymentOuts,
  operationId: string | undefined,
  context: WaitContext,
): Promise<void> {
  let failure: string | undefined;
  if (operationId !== undefined) {
    const end = await waitForOperation(operationId, context);
    if (end.kind === "done") {
      if (end.answer.status === "succeeded") return;
      const { code, message } = end.answer.error ?? {};
      failure = [`operation ${operationId} ${end.answer.status}`, code, message ?? end.answer.message]
        .filter((part) => part !== undefined)
        .join(": ");
    } else if (end.kind === "vanished") {
      failure = `operation ${operationId} no longer exists`;
    } else if (end.kind === "timeout" || end.kind === "aborted") {
      throw whyNotSeen(end, subjectOf(outs), context);
    }
  }
  const end = await waitUntil<Deployment>({
    ...context,
    key: deploymentKey(outs.deploymentId),
    fetch: (signal) => context.client.getDeployment(outs.deploymentId, { signal, retry: "none", urgency: "poll" }),
    isDone: ({ status }) => status === "destroyed" || (failure !== undefined && status !== "destroying"),
    firstPollDelayMs: 0,
    onAnswer: ({ status }) => context.reporter.phase({ status, message: "waiting until the deployment is gone" }),
    onError: (error) =>
      context.reporter.trouble(`the deployment cannot be seen at the moment, trying on: ${error.message}`),
  });
  if (end.kind === "vanished" || (end.kind === "done" && end.answer.status === "destroyed")) return;
  if (end.kind === "done") {
    throw new OperationFailedError(
      `delete of ${subjectOf(outs)} did not succeed: ${failure}; it is still there as "${end.answer.status}", and the ` +
        "next `pulumi up` or `pulumi destroy` tries again",
    );
  }
  throw whyNotSeen(end, subjectOf(outs), context);
}

async function find(id: string, { client, signal, deadline }: WaitContext): Promise<Deployment | undefined> {
  try {
    const seen = await client.getDeployment(id, { signal, deadline });
    return seen.status === "destroyed" ? undefined : seen;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
