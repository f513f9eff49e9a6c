import { ApiError, isNotFound, OperationFailedError, PlatformError } from "../api/errors";
import type { Operation } from "../api/schemas";
import { observedOuts } from "./outputs";
import { readablePhase } from "./progress";
import type { DeploymentOuts } from "./properties";
import { formatDuration } from "./timeouts";
import type { WaitContext } from "./wait-context";
import { describeDeployment, waitError, waitForOperation, waitForStatus } from "./wait-for-operation";

/** The result of a create: the deployment, and if it is not ready, why. */
export type CreateResult =
  | { readonly kind: "ready"; readonly outs: DeploymentOuts }
  /** It will never be ready. */
  | { readonly kind: "failed"; readonly outs: DeploymentOuts; readonly error: Error }
  /** It can still become ready, because the wait ended first, or it is ready although its operation failed. */
  | { readonly kind: "unfinished"; readonly outs: DeploymentOuts; readonly error: Error }
  | { readonly kind: "gone"; readonly error: Error };

/**
 * Waits for a deployment whose create was accepted: first for its operation, then for the deployment, whose status
 * decides.
 * Never rejects, so that no failure loses the id. `isOlder` if an earlier run started the create.
 */
export async function waitUntilReady(
  outs: DeploymentOuts,
  context: WaitContext,
  { isOlder = false }: { readonly isOlder?: boolean } = {},
): Promise<CreateResult> {
  if (outs.operationId === undefined) return waitForDeployment(outs, context);

  let lastPhase: string | undefined;
  const onOperation = (operation: Operation) => {
    lastPhase = operation.phase ?? lastPhase;
  };
  const end = await waitForOperation(outs.operationId, context, { onOperation, isOlder });
  if (end.kind === "notFound") return waitForDeployment(outs, context);
  // The key may lack only the scope for operations; the deployment itself shows the result as well.
  if (end.kind === "denied" && isForbidden(end.error)) return waitForDeployment(outs, context, end.error);
  if (end.kind !== "done") {
    return { kind: "unfinished", outs, error: waitError(end, describeDeployment(outs), context) };
  }
  if (end.response.status === "succeeded") return waitForDeployment(outs, context);
  return afterFailure(outs, describeFailure(end.response, lastPhase, describeDeployment(outs), context), context);
}

/** Reads the deployment of a create whose operation has failed: it can be ready nevertheless, and must not be replaced then. */
async function afterFailure(outs: DeploymentOuts, what: string, context: WaitContext): Promise<CreateResult> {
  const { client, signal, deadline } = context;
  const error = (next: string) => new OperationFailedError(`${what}; ${next}`);
  try {
    const observed = await client.getDeployment(outs.deploymentId, { signal, deadline });
    if (observed.status === "ready") {
      const next = 'but the deployment has the status "ready", so the next `pulumi up` keeps it';
      return { kind: "unfinished", outs: observedOuts(outs, observed), error: error(next) };
    }
  } catch (thrown) {
    if (!isNotFound(thrown)) {
      const next = `its own status cannot be read (${(thrown as Error).message}): the next \`pulumi up\` reads it again`;
      return { kind: "unfinished", outs, error: error(next) };
    }
  }
  const next = "a failed deployment cannot be recovered: the next `pulumi up` replaces it";
  return { kind: "failed", outs: { ...outs, status: "failed" }, error: error(next) };
}

/** Waits for the deployment's own status. `denied` is why its operation cannot be read. */
async function waitForDeployment(outs: DeploymentOuts, context: WaitContext, denied?: Error): Promise<CreateResult> {
  const { reporter } = context;
  const deployment = describeDeployment(outs);
  const isOver = (status: string) =>
    status === "ready" || status === "failed" || status === "destroying" || status === "destroyed";
  const end = await waitForStatus(outs, isOver, context, {
    onResponse: ({ status }) => {
      if (status !== "ready") reporter.phase({ status, message: "waiting until the deployment is ready" });
    },
  });
  if (end.kind === "notFound") return { kind: "gone", error: goneError(deployment) };
  if (end.kind !== "done") {
    const known =
      end.kind === "timeout" && end.lastResponse !== undefined ? observedOuts(outs, end.lastResponse) : outs;
    const cause = end.kind === "denied" && denied !== undefined ? { ...end, error: denied } : end;
    return {
      kind: "unfinished",
      outs: { ...known, status: outs.status },
      error: waitError(cause, deployment, context),
    };
  }
  const observed = observedOuts(outs, end.response);
  switch (end.response.status) {
    case "ready":
      reporter.done(observed.url === undefined ? "ready" : `ready at ${observed.url}`);
      return { kind: "ready", outs: observed };
    case "destroyed":
      return { kind: "gone", error: goneError(deployment) };
    case "destroying":
      return {
        kind: "failed",
        outs: observed,
        error: new OperationFailedError(
          `${deployment} is being destroyed outside this run; the next \`pulumi up\` creates a new one`,
        ),
      };
    default:
      return {
        kind: "failed",
        outs: observed,
        error: new OperationFailedError(
          `${deployment} has the status "failed", although its operation succeeded; the next \`pulumi up\` replaces it`,
        ),
      };
  }
}

function isForbidden(error: Error): boolean {
  return error instanceof ApiError && error.status === 403;
}

function describeFailure(
  operation: Operation,
  lastPhase: string | undefined,
  deployment: string,
  { clock, startedAt }: WaitContext,
): string {
  const what = operation.status === "canceled" ? "was canceled" : "failed";
  const phase = operation.phase ?? lastPhase;
  const where = phase === undefined ? "" : ` in phase "${readablePhase(phase)}"`;
  const { code, message } = operation.error ?? {};
  const reason = [code, message ?? operation.message].filter((part) => part !== undefined).join(": ");
  return `${deployment} ${what}${where} after ${formatDuration(clock.now() - startedAt)}${reason === "" ? "" : `: ${reason}`}`;
}

function goneError(deployment: string): PlatformError {
  return new PlatformError(
    `${deployment} no longer exists: it was destroyed outside this run while it was being created; the next \`pulumi up\` ` +
      "creates a new one",
  );
}
