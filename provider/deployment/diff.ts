import { isDeepStrictEqual } from "node:util";
import { unknownValue } from "./inputs";
import { type DeploymentOuts, timeoutsFromState } from "./outs";

export interface DeploymentDiff {
  /** Whether anything is to be done at all. */
  readonly changes: boolean;
  /** The properties for which the deployment must be replaced; the platform has no update call. */
  readonly replaces: readonly string[];
  /** The properties that change in the state only, or are settled by waiting for the create that is still going on. */
  readonly updates: readonly string[];
}

/**
 * What an apply would do with a deployment: pure, no request. A deployment that failed, or is being destroyed by
 * somebody, is replaced; one that is still being created is waited for, by `update`.
 */
export function diffDeployment(outs: DeploymentOuts, news: Readonly<Record<string, unknown>>): DeploymentDiff {
  const replaces: string[] = [];
  const updates: string[] = [];
  for (const key of ["appType", "name"] as const) {
    if (news[key] === unknownValue || news[key] !== outs[key]) replaces.push(key);
  }
  if (isLost(outs.status)) replaces.push("status");
  else if (isUnfinished(outs.status)) updates.push("status");
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
