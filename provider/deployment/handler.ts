import type { OnveraClient } from "../api/client";
import type { Clock } from "../clock";
import type { PollSchedule } from "../lro/poll-schedule";
import type { Poller } from "../lro/poller";
import type { ReadResult, ResourceHandler } from "../resource-handler";
import { checkInputs, parseInputs } from "./check";
import { diffDeployment, isUnfinished, isUnusable } from "./diff";
import { DeploymentLifecycle } from "./lifecycle";
import { DeploymentNotVisibleError, Organization } from "./organization";
import { outsFromState } from "./outputs";
import { type DeploymentOuts, inputNames, outputNames, outputProperties } from "./properties";

/** What the handler needs of the connection that calls with the same settings share. */
export interface DeploymentConnection {
  readonly settings: { readonly apiKey: string; readonly baseUrl: string };
  readonly client: OnveraClient;
  readonly poller: Poller;
  readonly schedule: PollSchedule;
  readonly clock: Clock;
  /** Ids of deployments that the state holds, from the calls of the engine. */
  readonly knownIds: Set<string>;
}

const lifecycles = new WeakMap<DeploymentConnection, DeploymentLifecycle>();

/** One lifecycle for each connection: its calls share lists, and know of each other's deployments. */
function lifecycleOf(connection: DeploymentConnection): DeploymentLifecycle {
  let lifecycle = lifecycles.get(connection);
  if (lifecycle === undefined) {
    lifecycle = new DeploymentLifecycle({ ...connection, organization: new Organization(connection) });
    lifecycles.set(connection, lifecycle);
  }
  return lifecycle;
}

/** The handler of `onvera:index:Deployment`. */
export const deploymentHandler: ResourceHandler<DeploymentConnection> = {
  kind: "deployment",
  nameInput: "name",
  requiredInput: "appType",
  createdOutputs: outputNames,
  stableOutputs: outputNames.filter((name) => outputProperties[name].isStable),
  outputsOfUpdate: (state) =>
    isUnfinished(outsFromState("", state).status) ? outputNames.filter((name) => !outputProperties[name].isStable) : [],

  check: checkInputs,

  async diff(id, state, news, { observe, isNameChosen, isMoved, onUnreadable, urn, signal, connect }) {
    const outs = outsFromState(id, state);
    const options = { urn, signal, isMoved, ...(onUnreadable === undefined ? {} : { onUnreadable }) };
    const naming = isNameChosen === undefined ? {} : { isNameChosen };
    if (observe === "platform") {
      const observed = await lifecycleOf(connect()).observe(id, state, options);
      return diffDeployment(outs, news, { observed, ...naming });
    }
    try {
      if (observe === "visibility") await lifecycleOf(connect()).assertVisible(id, state, options);
    } catch (error) {
      if (!isMoved || !(error instanceof DeploymentNotVisibleError)) throw error;
      // It is in another organization, so it is replaced, through both providers.
      return diffDeployment(outs, news, { observed: "gone", ...naming });
    }
    return diffDeployment(outs, news, naming);
  },

  async create(values, call) {
    const inputs = parseInputs(values);
    const outs = await lifecycleOf(call.connect()).create(inputs, call);
    return { id: outs.deploymentId, outs };
  },

  recorded: (id, state) => readResult(outsFromState(id, state)),

  async read(id, state, call) {
    const outs = await lifecycleOf(call.connect()).read(id, state, call);
    return outs === undefined ? undefined : readResult(outs);
  },

  update: (id, state, values, call) => lifecycleOf(call.connect()).resume(id, state, parseInputs(values), call),

  async delete(id, state, call) {
    await lifecycleOf(call.connect()).delete(id, state, call);
  },
};

function readResult(outs: DeploymentOuts): ReadResult {
  const { deploymentId, status, timeouts } = outs;
  const inputs = Object.fromEntries<unknown>([
    ...inputNames.map((name) => [name, outs[name]] as const).filter(([, value]) => value !== undefined),
    ...(timeouts === undefined ? [] : [["timeouts", timeouts] as const]),
  ]);
  const next = isUnusable(status) ? "replaces it" : isUnfinished(status) ? "waits until it is ready" : undefined;
  const importWarning =
    next === undefined
      ? undefined
      : `deployment ${deploymentId} has the status "${status}": the next \`pulumi up\` ${next}`;
  return { outs, inputs, importWarning };
}
