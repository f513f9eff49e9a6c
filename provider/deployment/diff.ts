import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "../api/schemas";
import { unknownValue } from "./check";
import { type DeploymentOuts, timeoutsFromState } from "./outputs";

export interface DeploymentDiff {
  /** Whether anything is to be done at all. */
  readonly changes: boolean;
  /** The properties for which the deployment must be replaced; the platform has no update call. */
  readonly replaces: readonly string[];
  /** The properties that change in the state only, or are settled by waiting for the create that is still going on. */
  readonly updates: readonly string[];
}

/** What the platform says of a deployment at the moment; `gone` where it says that there is none. */
export type Observation = Pick<Deployment, "name" | "status"> | "gone";

/**
 * What an apply would do with a deployment: pure, no request. What was observed at the platform goes before what the state
 * says; a name that differs there counts only where the user has chosen the declared one. A deployment that failed, or is being destroyed by
 * somebody, is replaced; one that is still being created is waited for, and any other status taken over, by `update`.
 */
export function diffDeployment(
  outs: DeploymentOuts,
  news: Readonly<Record<string, unknown>>,
  { observed, isNameChosen = true }: { observed?: Observation | undefined; isNameChosen?: boolean } = {},
): DeploymentDiff {
  const replaces: string[] = [];
  const updates: string[] = [];
  const seen = observed === "gone" ? undefined : observed;
  for (const key of ["appType", "name"] as const) {
    const current = key === "name" && isNameChosen ? (seen?.name ?? outs.name) : outs[key];
    if (news[key] === unknownValue || news[key] !== current) replaces.push(key);
  }
  if (observed === "gone") replaces.push("deploymentId");
  else if (isLost(outs.status) || isLost(seen?.status ?? "")) replaces.push("status");
  else if (isUnfinished(outs.status) || (seen !== undefined && seen.status !== outs.status)) updates.push("status");
  if (!isDeepStrictEqual(timeoutsFromState(news["timeouts"]), outs.timeouts)) updates.push("timeouts");
  return { changes: replaces.length + updates.length > 0, replaces, updates };
}

/** Such a deployment can never be used again. Source: the API contract, "Deployments" (`failed` cannot be recovered). */
export function isLost(status: string): boolean {
  return status === "failed" || status === "destroying" || status === "destroyed";
}

/** Still being created, as far as the state knows. A status that we do not know is nothing to wait for. */
export function isUnfinished(status: string): boolean {
  return status === "provisioning" || status === "";
}
