import type { Deployment } from "../api/schemas";
import type { Values } from "../resource-handler";
import { isSameName } from "./naming";
import { type DeploymentInputs, type DeploymentOuts, outputNames } from "./properties";
import type { Timeouts } from "./timeouts";

/** What is known once the platform has accepted a create, before anything has been read. */
export function acceptedOuts(
  inputs: DeploymentInputs,
  {
    deploymentId,
    operationId,
    name = inputs.name,
  }: { readonly deploymentId: string; readonly operationId?: string | undefined; readonly name?: string | undefined },
  origin: string,
): DeploymentOuts {
  return outsFrom({ ...inputs, name, deploymentId, status: "provisioning", operationId, __origin: origin });
}

/** The outputs of a new deployment, with the name that the program gave if the platform spells it differently. */
export function withGivenName(outs: DeploymentOuts, name: string): DeploymentOuts {
  return name !== outs.name && isSameName(name, outs.name) ? { ...outs, __givenName: name } : outs;
}

/** The known outputs, updated with what the platform reports. Values that it omits stay as they are. */
export function observedOuts(known: DeploymentOuts, observed: Deployment): DeploymentOuts {
  const given = Object.fromEntries(Object.entries(observed).filter(([, value]) => value !== undefined));
  const { deploymentId, operationId = observed.operationId } = known;
  // A name that has changed on the platform is no spelling of the given one.
  const isRenamed = observed.name !== undefined && observed.name !== known.name;
  const __givenName = isRenamed ? undefined : known.__givenName;
  return outsFrom({ ...known, ...given, deploymentId, operationId, __givenName });
}

/**
 * Reads outputs from the state, whatever wrote them: an unexpected type counts as absent. The resource's id takes precedence over
 * `deploymentId` in the outputs, which can differ if the state was edited; an id of "" does not.
 */
export function outsFromState(id: string, state: Values): DeploymentOuts {
  const texts = Object.entries(state).filter(([, value]) => typeof value === "string" && value !== "");
  const ids = id === "" ? {} : { deploymentId: id };
  const timeouts = state["timeouts"];
  return outsFrom({
    deploymentId: "",
    name: "",
    appType: "",
    status: "",
    ...Object.fromEntries(texts),
    ...ids,
    timeouts,
  });
}

/** The timeouts in the state, in seconds; undefined if there are none. */
export function timeoutsFromState(value: unknown): Timeouts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const timeouts: Record<string, number> = {};
  for (const [call, seconds] of Object.entries(value)) {
    if (["create", "update", "delete"].includes(call) && typeof seconds === "number") timeouts[call] = seconds;
  }
  return Object.keys(timeouts).length === 0 ? undefined : timeouts;
}

/** Keeps only the outputs, in the order of `outputProperties`. */
function outsFrom(values: Values): DeploymentOuts {
  const texts = [...outputNames, "__origin", "__givenName"].map((name) => [name, values[name]] as const);
  const timeouts = timeoutsFromState(values["timeouts"]);
  return Object.fromEntries([
    ...texts.filter(([, value]) => typeof value === "string"),
    ...(timeouts === undefined ? [] : [["timeouts", timeouts]]),
  ]) as unknown as DeploymentOuts;
}
