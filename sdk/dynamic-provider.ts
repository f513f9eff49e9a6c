/**
 * The provider that the host of Pulumi's dynamic resources loads, by what the state says (serialized-provider.ts): its
 * functions are the host's calls. They translate, call the lifecycle, and translate back.
 */

import { AutoNames, type Seed } from "../provider/deployment/auto-names";
import { diffDeployment, type Observation } from "../provider/deployment/diff";
import { DeploymentInitError } from "../provider/deployment/errors";
import type { Watched } from "../provider/deployment/failure-summary";
import type { DeploymentInputs } from "../provider/deployment/inputs";
import { checkInputs, unknownValue } from "../provider/deployment/inputs";
import { type DeploymentOuts, outsFromState } from "../provider/deployment/outs";
import type { Progress } from "../provider/deployment/progress";
import { engineUnknown } from "../provider/engine-unknown";
import { PlatformError } from "../provider/onvera/errors";
import { nameInUrn } from "../provider/urn";
import {
  engineLog,
  knownIds,
  lifecycleFor,
  type ProviderConfig,
  preflightFor,
  settingsFor,
  watch,
} from "./dynamic-process";

type Props = Readonly<Record<string, unknown>>;

/** What the SDK tells a resource's `check` about it; see `hints` in deployment.ts. */
interface Hints {
  readonly name: string;
  readonly urn?: string;
  readonly adopt?: string;
  /** The stack's seed; empty where it is not known yet. */
  readonly seed?: string;
  /** Whether the program gives the deployment a name. */
  readonly hasName?: boolean;
  readonly isPreview?: boolean;
}

/** By checked name and URN, for the `create` that follows the `check` in the same run and is told neither. */
const hintsByName = new Map<string, Map<string, Hints>>();
/** URNs by the name that the state holds, for the progress of the `delete` of what is replaced. */
const urnsByOldName = new Map<string, string>();
const names = new AutoNames();

let config: ProviderConfig = {};
let hasToldUnseen = false;

export function configure({ config: stack }: { config: { get(key: string): string | undefined } }): void {
  config = {
    apiKey: stack.get("onvera:apiKey"),
    baseUrl: stack.get("onvera:baseUrl"),
    refreshBeforeUpdate: stack.get("onvera:refreshBeforeUpdate"),
  };
}

export async function check(olds: Props, news: Props) {
  // A missing or malformed setting must fail the preview, not the apply.
  settingsFor(config);
  const { __provider, __resource, ...given } = news;
  const hints = readHints(__resource);
  const urn = hints.urn ?? hints.name;
  names.record(urn, olds["name"]);
  if (Object.keys(olds).length === 0) watch.plan(urn);
  if (typeof olds["name"] === "string" && hints.urn !== undefined) urnsByOldName.set(olds["name"], hints.urn);
  const { inputs, failures } = checkInputs({
    olds,
    news: fromEngine(given),
    autoName: () => names.make({ urn, logicalName: hints.name, seed: seedOf(hints) }),
  });
  if (typeof inputs["name"] === "string") {
    const namesakes = hintsByName.get(inputs["name"]) ?? new Map<string, Hints>();
    hintsByName.set(inputs["name"], namesakes.set(urn, hints));
  }
  // Before anything is touched: a preview of what is to be made says what would go wrong with it.
  if (hints.isPreview && failures.length === 0 && Object.keys(olds).length === 0) await preflightFor(config);
  return { inputs: toEngine(inputs), failures };
}

export async function diff(id: string, olds: Props, news: Props) {
  const { __provider, ...inputs } = news;
  const outs = outsFromState(id, olds);
  knownIds.add(outs.deploymentId);
  const isNameChosen = hintsFor(String(inputs["name"]))?.hasName ?? false;
  const observed = await observe(outs.deploymentId);
  const { changes, replaces } = diffDeployment(outs, fromEngine(inputs), { observed, isNameChosen });
  // What the plugin has made is taken over by an update: without this code in the state, nothing could delete it.
  const isForeign = olds["__provider"] === undefined;
  return { changes: changes || isForeign, replaces: [...replaces] };
}

/** What the platform says, unless the stack's configuration wants previews to go by the state alone. */
async function observe(deploymentId: string): Promise<Observation | undefined> {
  if (config.refreshBeforeUpdate === "false") return undefined;
  const observed = await lifecycleFor(config).observe(deploymentId);
  if (observed === undefined && !hasToldUnseen) {
    hasToldUnseen = true;
    const message = "Onvera cannot be seen at the moment: what is shown here goes by the stack's state";
    engineLog.write({ severity: "warning", message, isEphemeral: false });
  }
  return observed;
}

export async function create(props: Props) {
  const inputs = inputsFromEngine(props);
  const hints = hintsFor(inputs.name);
  const outs = await withInitErrors(props, () =>
    watch.during(watchedAs("create", inputs.name), () =>
      lifecycleFor(config).create(inputs, {
        nameOwner: names.ownerOf(hints?.urn ?? hints?.name, inputs.name),
        adopt: hints?.adopt,
        resource: hints?.urn,
        logicalName: hints?.name,
        onProgress: tellProgress,
      }),
    ),
  );
  return { id: outs.deploymentId, outs };
}

export async function update(id: string, olds: Props, news: Props) {
  const inputs = inputsFromEngine(news);
  const outs = await withInitErrors(news, () =>
    watch.during(watchedAs("resume", inputs.name), () =>
      lifecycleFor(config).resume(id, olds, inputs, { onProgress: tellProgress }),
    ),
  );
  return { outs };
}

export async function read(id: string, props: Props) {
  const outs = await lifecycleFor(config).read(id, props, { onProgress: tellProgress });
  if (outs === undefined) {
    // A `get` comes with no outputs of ours. The engine would take an empty id from it for an answer like any other.
    if (props["deploymentId"] === undefined) throw new PlatformError(`deployment "${id}" does not exist`);
    return { id: "", props: {} };
  }
  const { name, appType, timeouts } = outs;
  return { id, props: outs, inputs: { name, appType, ...(timeouts === undefined ? {} : { timeouts }) } };
}

async function destroy(id: string, props: Props): Promise<void> {
  const { name } = outsFromState(id, props);
  await watch.during(watchedAs("delete", name), () =>
    lifecycleFor(config).delete(id, props, { onProgress: tellProgress }),
  );
}

export { destroy as delete };

/** As far as is known: `create`, `update` and `delete` are told no URN. */
function watchedAs(call: Watched["call"], deploymentName: string): Watched {
  const urn = urnOf(deploymentName);
  const name = urn === undefined ? (hintsFor(deploymentName)?.name ?? deploymentName) : nameInUrn(urn);
  return { resource: urn ?? name, name, call };
}

function urnOf(deploymentName: string): string | undefined {
  return hintsFor(deploymentName)?.urn ?? urnsByOldName.get(deploymentName);
}

function tellProgress({ kind, name, text }: Progress): void {
  const urn = urnOf(name);
  const message = urn === undefined ? `${name}: ${text}` : text;
  engineLog.write({ severity: kind === "trouble" ? "warning" : "info", message, urn, isEphemeral: true });
}

/** Lets a deployment that the platform has accepted reach the state, with what a later call needs to load this code. */
async function withInitErrors(props: Props, call: () => Promise<DeploymentOuts>): Promise<DeploymentOuts> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof DeploymentInitError)) throw error;
    throw Object.assign(error, {
      properties: { ...error.outs, __provider: props["__provider"] },
      reasons: [error.message],
    });
  }
}

function inputsFromEngine({ __provider, ...inputs }: Props): DeploymentInputs {
  return inputs as unknown as DeploymentInputs;
}

/** Nothing for a name that several resources have: which of them is meant is not told. */
function hintsFor(name: string): Hints | undefined {
  const [only, ...others] = hintsByName.get(name)?.values() ?? [];
  return others.length === 0 ? only : undefined;
}

function readHints(value: unknown): Hints {
  const given: Props = typeof value === "object" && value !== null ? (value as Props) : {};
  const text = (key: string) => {
    const part = given[key];
    return typeof part === "string" && part !== engineUnknown ? { [key]: part } : {};
  };
  return {
    name: "deployment",
    ...text("name"),
    ...text("urn"),
    ...text("adopt"),
    ...text("seed"),
    hasName: given["hasName"] === true,
    isPreview: given["isPreview"] === true,
  };
}

function seedOf({ seed }: Hints): Seed {
  if (seed === undefined) return { kind: "none" };
  return seed === "" ? { kind: "unknown" } : { kind: "stack", value: seed };
}

function fromEngine(props: Props): Record<string, unknown> {
  return mapValues(props, (value) => (value === engineUnknown ? unknownValue : value));
}

function toEngine(props: Props): Record<string, unknown> {
  return mapValues(props, (value) => (value === unknownValue ? engineUnknown : value));
}

function mapValues(props: Props, map: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => [
      key,
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? mapValues(value as Props, map)
        : map(value),
    ]),
  );
}
