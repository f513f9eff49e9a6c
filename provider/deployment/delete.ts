import { ApiError, isNotFound, OperationFailedError, PlatformError } from "../api/errors";
import type { Deployment } from "../api/schemas";
import { isUnfinished } from "./diff";
import type { DeploymentOuts } from "./properties";
import { formatDuration } from "./timeouts";
import type { WaitContext } from "./wait-context";
import { describeDeployment, isTerminal, waitError, waitForOperation, waitForStatus } from "./wait-for-operation";

/** The number of reads, after a delete was accepted, that may show a deployment which is not being destroyed yet. */
const maxReadsBeforeDestroy = 5;
/** The number of times that a delete is repeated after a conflict that the deployment's status does not explain. */
const maxRepeatsAfterConflict = 4;
/** The time before a delete is repeated, which doubles with each repetition; in milliseconds. */
const firstRepeatMs = 2_000;
const maxRepeatMs = 30_000;

/**
 * Destroys a deployment, and waits until it is gone. Succeeds if it is gone already. If a destroy is already running, waits for
 * that one. If its create is still in progress, waits for that first. After any failure, it is safe to call this again.
 */
export async function destroyDeployment(outs: DeploymentOuts, context: WaitContext): Promise<void> {
  const { client, organization, reporter, signal, deadline } = context;
  if (isUnfinished(outs.status)) await waitForCreate(outs, context);

  let pauses = 0;
  let unexplained = 0;
  for (;;) {
    let operationId: string | undefined;
    try {
      ({ operationId } = await client.deleteDeployment(outs.deploymentId, { signal, deadline }));
    } catch (error) {
      if (isNotFound(error)) return organization.assertGone(outs, context);
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      const current = await find(outs.deploymentId, context);
      if (current === undefined) return organization.assertGone(outs, context);
      organization.recordVisible(outs.deploymentId);
      if (current.status === "destroyed") return;
      if (current.status !== "destroying") {
        // The conflict is with its create, or with another operation on it: wait for that, then send the delete again.
        const blocker = await waitForConflict(outs, error, current, context);
        if (blocker === "unknown") {
          if (pauses === 0) reporter.info(`${error.reason}; waiting for that first`);
          pauses += 1;
          await waitBeforeRepeat(outs, context, pauses);
        }
        // It can have ended between the two requests. If the conflict remains, the read can lag behind.
        unexplained = blocker === "none" ? unexplained + 1 : 0;
        if (unexplained > maxRepeatsAfterConflict) throw error;
        if (unexplained > 1) await waitBeforeRepeat(outs, context, unexplained - 1);
        continue;
      }
      reporter.info("it is already being destroyed; waiting for that");
      // The operation that the deployment names can be another one, such as its create.
      operationId = error.operationId;
    }
    organization.recordVisible(outs.deploymentId);
    const { operationId: _ofCreate, ...others } = outs;
    await waitUntilGone(operationId === undefined ? others : { ...others, operationId }, context);
    reporter.done("destroyed");
    return;
  }
}

async function waitForCreate(outs: DeploymentOuts, context: WaitContext): Promise<void> {
  const current = await find(outs.deploymentId, context);
  if (current === undefined || !isUnfinished(current.status)) return;
  context.reporter.info("it is still being created; waiting for that first");
  const operationId = outs.operationId ?? current.operationId;
  if (operationId !== undefined) {
    const end = await waitForOperation(operationId, context, { isOlder: true });
    if (end.kind === "done") return;
    if (end.kind === "timeout" || end.kind === "aborted") throw notSent(end, outs, context);
  }
  // Without its operation, the deployment shows when the create has ended.
  const end = await waitForStatus(outs, (status) => !isUnfinished(status), context);
  if (end.kind === "timeout" || end.kind === "aborted") throw notSent(end, outs, context);
}

/**
 * Waits for the operation that blocks the destroy, if it is known. Returns what that was: "unknown" if only the status shows that there
 * is one, because it is neither `ready` nor `failed`; "none" if nothing shows it.
 */
async function waitForConflict(
  outs: DeploymentOuts,
  conflict: ApiError,
  current: Deployment,
  context: WaitContext,
): Promise<"operation" | "unknown" | "none"> {
  const { client, clock, deadline, reporter, signal } = context;
  const isSettled = current.status === "ready" || current.status === "failed";
  const operationId = conflict.operationId ?? current.operationId;
  const operation =
    operationId === undefined
      ? undefined
      : await client.getOperation(operationId, { signal, deadline }).catch(() => undefined);
  if (operationId === undefined || operation === undefined || isTerminal(operation)) {
    return isSettled ? "none" : "unknown";
  }
  reporter.info(`${conflict.reason}; waiting for that first`);
  const end = await waitForOperation(operationId, context);
  if (end.kind === "timeout" || end.kind === "aborted") throw notSent(end, outs, context);
  if (clock.now() >= deadline) throw notSent({ kind: "timeout" }, outs, context);
  return "operation";
}

async function waitBeforeRepeat(outs: DeploymentOuts, context: WaitContext, repetition: number): Promise<void> {
  const { clock, deadline, signal } = context;
  const remainingMs = Math.max(0, deadline - clock.now());
  const delayMs = Math.min(firstRepeatMs * 2 ** (repetition - 1), maxRepeatMs, remainingMs);
  await clock.sleep(delayMs, signal).catch(() => undefined);
  if (signal?.aborted) throw notSent({ kind: "aborted" }, outs, context);
  if (clock.now() >= deadline) throw notSent({ kind: "timeout" }, outs, context);
}

/** `outs` has the operation of the destroy, if it is known. */
async function waitUntilGone(outs: DeploymentOuts, context: WaitContext): Promise<void> {
  const { reporter } = context;
  const { operationId } = outs;
  const deployment = describeDeployment(outs);
  let failure: string | undefined;
  let hasEnded = false;
  if (operationId !== undefined) {
    const end = await waitForOperation(operationId, context);
    if (end.kind === "done") {
      if (end.response.status === "succeeded") return;
      hasEnded = true;
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
  let readsLeft = failure === undefined ? maxReadsBeforeDestroy : 0;
  const isOver = (status: string) => {
    if (status === "destroyed") return true;
    readsLeft = status === "destroying" ? 0 : readsLeft - 1;
    return status !== "destroying" && readsLeft <= 0;
  };
  const end = await waitForStatus(outs, isOver, context, {
    onResponse: ({ status }) => reporter.phase({ status, message: "waiting until the deployment is gone" }),
    // The platform knew the deployment when the destroy began. Unless that failed, one 404 is enough.
    ...(failure === undefined ? { notFoundAfter: 1 } : {}),
  });
  if (end.kind === "notFound" || (end.kind === "done" && end.response.status === "destroyed")) return;
  if (end.kind !== "done" && !hasEnded) throw waitError(end, deployment, context);
  const remains =
    end.kind === "done"
      ? `it still exists with the status "${end.response.status}"`
      : "whether it still exists cannot be read";
  throw new OperationFailedError(
    `delete of ${deployment} did not succeed: ${failure ?? "it is not being destroyed"}; ${remains}, and the next \`pulumi up\` ` +
      "or `pulumi destroy` tries again",
  );
}

/** The call ends before the operation that blocks the delete. */
function notSent(
  { kind }: { readonly kind: "timeout" | "aborted" },
  outs: DeploymentOuts,
  { timeoutMs }: WaitContext,
): PlatformError {
  const deployment = describeDeployment(outs);
  const next = "the next `pulumi up` or `pulumi destroy` tries again";
  return new PlatformError(
    kind === "aborted"
      ? `delete of ${deployment} was canceled while another operation on it was running; the delete has not begun; ${next}`
      : `delete of ${deployment} has not begun after ${formatDuration(timeoutMs)}, because another operation on it is still ` +
          `running; ${next}; to wait longer, raise customTimeouts.delete`,
  );
}

async function find(id: string, { client, signal, deadline }: WaitContext): Promise<Deployment | undefined> {
  try {
    return await client.getDeployment(id, { signal, deadline });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
