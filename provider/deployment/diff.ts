import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "../api/schemas";
import { type Diff, unknownValue, type Values } from "../resource-handler";
import { timeoutsFromState } from "./outputs";
import { type DeploymentOuts, inputNames } from "./properties";

/** What the platform reports of a deployment now; `gone` if it does not exist. */
export type Observation = (Pick<Deployment, "status"> & Partial<Deployment>) | "gone";

/**
 * What an apply would do with a deployment: pure, no request. What was observed on the platform takes precedence over the
 * state. A name that differs counts only if the user chose it: an automatic one only served to create the deployment. A
 * deployment that failed, or is being destroyed outside Pulumi, is replaced. For one that is still being created, and for any
 * other change of the status, there is an update.
 */
export function diffDeployment(
  outs: DeploymentOuts,
  news: Values,
  { observed, isNameChosen = true }: { observed?: Observation | undefined; isNameChosen?: boolean } = {},
): Diff {
  const replaces: string[] = [];
  const updates: string[] = [];
  const current = observed === "gone" ? undefined : observed;
  for (const key of inputNames) {
    // The platform chooses what the program omits.
    if (news[key] === undefined) continue;
    const value = key === "appType" ? outs[key] : (current?.[key] ?? outs[key]);
    // The platform spells the name that the program gave differently.
    if (key === "name" && news.name === outs.__givenName && value === outs.name) continue;
    if (news[key] === unknownValue) replaces.push(key);
    else if (news[key] !== value && (key !== "name" || isNameChosen)) replaces.push(key);
  }
  if (observed === "gone") replaces.push("deploymentId");
  else if (isUnusable(outs.status) || isUnusable(current?.status ?? "")) replaces.push("status");
  else if (isUnfinished(outs.status) || (current !== undefined && current.status !== outs.status))
    updates.push("status");
  if (!isDeepStrictEqual(timeoutsFromState(news["timeouts"]), outs.timeouts)) updates.push("timeouts");
  return { replaces, updates };
}

/** Whether a deployment with this status can never be used again. Source: the API reference, "Deployments" (`failed` cannot be recovered). */
export function isUnusable(status: string): boolean {
  return status === "failed" || status === "destroying" || status === "destroyed";
}

/** Whether a deployment with this status is still being created. A status that is not published does not count. */
export function isUnfinished(status: string): boolean {
  return status === "provisioning" || status === "";
}
