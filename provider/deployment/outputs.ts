import type { Deployment } from "../api/schemas";
import type { DeploymentInputs } from "./check";
import type { Timeouts } from "./timeouts";

/** The outputs of a deployment: what the state keeps of it. Absent values are left out, never undefined. */
export interface DeploymentOuts {
  readonly deploymentId: string;
  readonly name: string;
  readonly appType: string;
  /** The platform's spelling. An unfinished create is kept as `provisioning`, one that failed for good as `failed`. */
  readonly status: string;
  readonly url?: string;
  readonly environmentId?: string;
  /** RFC 3339. */
  readonly createdAt?: string;
  /** The operation that creates, or has created, the deployment; what a later run waits for. */
  readonly operationId?: string;
  /** Kept for the delete, which gets nothing but the outputs. */
  readonly timeouts?: Timeouts;
  /**
   * Identifies the API key and base URL that created the deployment; see `Organization`. The engine hides the key in displays,
   * as it begins with `__`, but not in comparisons: once recorded it must not change by a refresh.
   */
  readonly __origin?: string;
}

/** What is known once the platform has accepted a create, before anything has been read. */
export function acceptedOuts(
  inputs: DeploymentInputs,
  { deploymentId, operationId }: { readonly deploymentId: string; readonly operationId?: string | undefined },
  origin: string,
): DeploymentOuts {
  return withoutUndefined({
    deploymentId,
    name: inputs.name,
    appType: inputs.appType,
    status: "provisioning",
    operationId,
    timeouts: inputs.timeouts,
    __origin: origin,
  });
}

/** The platform's view, on top of what is known already: values that it leaves out stay. */
export function observedOuts(known: DeploymentOuts, seen: Deployment): DeploymentOuts {
  return withoutUndefined({
    deploymentId: known.deploymentId,
    name: seen.name ?? known.name,
    appType: seen.appType ?? known.appType,
    status: seen.status,
    url: seen.url ?? known.url,
    environmentId: seen.environmentId ?? known.environmentId,
    createdAt: seen.createdAt ?? known.createdAt,
    operationId: known.operationId ?? seen.operationId,
    timeouts: known.timeouts,
    __origin: known.__origin,
  });
}

export type OutsLike = { readonly [K in keyof DeploymentOuts]?: DeploymentOuts[K] | undefined };

/** Reads outputs from the state, whatever wrote them: an unexpected type counts as absent. */
export function outsFromState(id: string, state: Readonly<Record<string, unknown>>): DeploymentOuts {
  const text = (key: string) => {
    const value = state[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  return withoutUndefined({
    deploymentId: text("deploymentId") ?? id,
    name: text("name") ?? "",
    appType: text("appType") ?? "",
    status: text("status") ?? "",
    url: text("url"),
    environmentId: text("environmentId"),
    createdAt: text("createdAt"),
    operationId: text("operationId"),
    timeouts: timeoutsFromState(state["timeouts"]),
    __origin: text("__origin"),
  });
}

export function timeoutsFromState(value: unknown): Timeouts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const timeouts: Record<string, number> = {};
  for (const [call, seconds] of Object.entries(value)) {
    if (["create", "update", "delete"].includes(call) && typeof seconds === "number") timeouts[call] = seconds;
  }
  return Object.keys(timeouts).length === 0 ? undefined : timeouts;
}

function withoutUndefined(outs: OutsLike): DeploymentOuts {
  return Object.fromEntries(
    Object.entries(outs).filter(([, value]) => value !== undefined),
  ) as unknown as DeploymentOuts;
}
