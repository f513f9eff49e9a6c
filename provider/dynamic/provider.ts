/**
 * The provider that the host of Pulumi's dynamic resources loads, by what the state says (serialized-provider.ts): its
 * functions are the host's calls. They translate, call the lifecycle, and translate back.
 */

import { createHash } from "node:crypto";
import { AutoNames, type Seed } from "../deployment/auto-names";
import { diffDeployment, type Observation } from "../deployment/diff";
import { DeploymentInitError, withKeyHint } from "../deployment/errors";
import type { Watched } from "../runtime/failure-summary";
import type { CheckFailure, DeploymentInputs } from "../deployment/check";
import { checkInputs, unknownValue } from "../deployment/check";
import { type DeploymentOuts, outsFromState } from "../deployment/outputs";
import type { Progress } from "../deployment/progress";
import { engineUnknown } from "../runtime/engine-unknown";
import { PlatformError, SettingsError } from "../api/errors";
import { nameInUrn } from "../runtime/urn";
import { deletes } from "./deletes";
import {
  during,
  endWithEngine,
  engineLog,
  engineSignal,
  knownIds,
  lifecycleFor,
  type ProviderConfig,
  preflightFor,
  settingsFor,
  watch,
} from "./runtime";
import type { Hints } from "../../sdk/metadata";

type Props = Readonly<Record<string, unknown>>;

/**
 * By key (see `keyOf`), for the calls that follow the `check` in the same run: the host tells them neither URN nor options.
 */
const hintsByKey = new Map<string, CheckedHints>();

interface CheckedHints extends Hints {
  /** Whether the user has given the name: then one that differs on the platform is drift. */
  readonly isNameChosen: boolean;
}
/** URNs by the name that the state holds, for the progress of the `delete` of what is replaced. */
const urnsByOldName = new Map<string, string>();
const names = new AutoNames();

let config: ProviderConfig = {};
let hasWarnedUnreadable = false;

export function configure({ config: stack }: { config: { get(key: string): string | undefined } }): void {
  config = {
    apiKey: stack.get("onvera:apiKey"),
    baseUrl: stack.get("onvera:baseUrl"),
    refreshBeforeUpdate: stack.get("onvera:refreshBeforeUpdate"),
  };
  endWithEngine();
}

export async function check(olds: Props, news: Props) {
  // A missing or malformed setting fails the preview, not the apply. A failure shows as one sentence, an error with its stack twice.
  const settingsFailure = settingsFailureOf(config);
  if (settingsFailure !== undefined) return { inputs: news, failures: [settingsFailure] };
  const { __provider, __resource, ...given } = news;
  const hints = readHints(__resource);
  const urn = hints.urn ?? hints.name;
  names.record(urn, hints.previousName ?? olds["name"]);
  if (Object.keys(olds).length === 0) watch.plan(urn);
  if (typeof olds["name"] === "string" && hints.urn !== undefined) urnsByOldName.set(olds["name"], hints.urn);
  const { inputs, failures } = checkInputs({
    olds,
    news: fromEngine(given),
    autoName: () => names.make({ urn, logicalName: hints.name, seed: seedOf(hints) }),
  });
  const isNameChosen = given["name"] !== undefined && given["name"] !== null;
  // A state of an earlier version has no token, and does not get one without need: its inputs stay as they are.
  const hasToken = isNameChosen && (Object.keys(olds).length === 0 || olds["__resource"] !== undefined);
  const checked = { ...toEngine(inputs), ...(hasToken ? { __resource: tokenOf(urn) } : {}) };
  hintsByKey.set(keyOf(checked), { ...hints, isNameChosen });
  // Before anything is changed: a preview warns of what would fail in the apply.
  if (hints.isPreview && failures.length === 0 && Object.keys(olds).length === 0) await preflightFor(config);
  return { inputs: checked, failures };
}

function settingsFailureOf(stack: ProviderConfig): CheckFailure | undefined {
  try {
    settingsFor(stack);
    return undefined;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { property: "", reason: error.message };
  }
}

export async function diff(id: string, olds: Props, news: Props) {
  const outs = outsFromState(id, olds);
  knownIds.add(outs.deploymentId);
  const { __provider, __resource, ...inputs } = news;
  const hints = hintsByKey.get(keyOf(news));
  const isNameChosen = hints?.isNameChosen === true && !hints.ignoresName;
  const observed = await observe(id, olds, urnOf(news));
  const { changes, replaces } = diffDeployment(outs, fromEngine(inputs), { observed, isNameChosen });
  // An update takes over what the plugin created: without this code in the state, nothing could delete it.
  const isForeign = olds["__provider"] === undefined;
  return { changes: changes || isForeign, replaces: [...replaces] };
}

/** What the platform says, unless the stack's configuration wants previews to go by the state alone. */
async function observe(id: string, olds: Props, urn: string | undefined): Promise<Observation | undefined> {
  if (config.refreshBeforeUpdate === "false") {
    await lifecycleFor(config).assertVisible(id, olds, { urn, signal: engineSignal });
    return undefined;
  }
  return lifecycleFor(config).observe(id, olds, {
    urn,
    signal: engineSignal,
    onUnreadable: ({ message: reason }) => {
      if (hasWarnedUnreadable) return;
      hasWarnedUnreadable = true;
      const message = `Onvera cannot be read, so this shows what the stack's state says: ${reason}`;
      engineLog.write({ severity: "warning", message, isEphemeral: false });
    },
  });
}

export async function create(props: Props) {
  const inputs = inputsFromEngine(props);
  const hints = hintsByKey.get(keyOf(props));
  const urn = hints?.urn ?? hints?.name;
  const outs = await withInitErrors(props, () =>
    during(resourceCall("create", props), () =>
      lifecycleFor(config).create(inputs, {
        nameOwner: names.ownerOf(urn, inputs.name),
        adopt: hints?.adopt,
        resource: urn,
        logicalName: hints?.name,
        state: {
          isKnown: hints?.isStateKnown ?? false,
          whyUnknown:
            "the program could not read the stack's state, so the provider does not know whether the state already holds it",
          ownId: hints?.ownId,
          heldIds: hints?.heldIds ?? [],
          adoptHeldBy: hints?.adoptHeldBy,
          held: hints?.held ?? [],
        },
        onProgress: progressOf(props),
        signal: engineSignal,
      }),
    ),
  );
  return { id: outs.deploymentId, outs };
}

export async function update(id: string, olds: Props, news: Props) {
  const inputs = inputsFromEngine(news);
  const outs = await withInitErrors(news, () =>
    during(resourceCall("resume", news), () =>
      lifecycleFor(config).resume(id, olds, inputs, { onProgress: progressOf(news), signal: engineSignal }),
    ),
  );
  return { outs };
}

export async function read(id: string, props: Props) {
  const outs = await lifecycleFor(config)
    .read(id, props, { urn: urnOf(props), onProgress: progressOf(props), signal: engineSignal })
    .catch((error: unknown) => {
      throw withKeyHint(error);
    });
  if (outs === undefined) {
    // A `get` comes with no outputs of ours. The engine would take an empty id from it like any other.
    if (props["deploymentId"] === undefined) throw new PlatformError(`deployment "${id}" does not exist`);
    return { id: "", props: {} };
  }
  const { name, appType, timeouts } = outs;
  return { id, props: outs, inputs: { name, appType, ...(timeouts === undefined ? {} : { timeouts }) } };
}

async function destroy(id: string, props: Props): Promise<void> {
  try {
    await deletes.during(id, () =>
      during(resourceCall("delete", props), () =>
        lifecycleFor(config).delete(id, props, {
          urn: urnOf(props),
          onProgress: progressOf(props),
          signal: engineSignal,
        }),
      ),
    );
  } catch (error) {
    throw withKeyHint(error);
  }
}

export { destroy as delete };

/** For messages, as far as the resource is known: `read` and `delete` get its outputs only. */
function resourceCall(call: Watched["call"], props: Props): Watched {
  const urn = urnOf(props);
  const known = urn === undefined ? hintsByKey.get(keyOf(props))?.name : nameInUrn(urn);
  const name = known ?? String(props["name"] ?? "");
  return { resource: urn ?? name, name, call };
}

function progressOf(props: Props): (progress: Progress) => void {
  const urn = urnOf(props);
  return ({ kind, name, text }) => {
    const message = urn === undefined ? `${name}: ${text}` : text;
    engineLog.write({ severity: kind === "trouble" ? "warning" : "info", message, urn, isEphemeral: true });
  };
}

function urnOf(props: Props): string | undefined {
  return hintsByKey.get(keyOf(props))?.urn ?? urnsByOldName.get(String(props["name"]));
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

function inputsFromEngine({ __provider, __resource, ...inputs }: Props): DeploymentInputs {
  return inputs as unknown as DeploymentInputs;
}

/**
 * What identifies a resource in its checked inputs. An automatic name is derived from the URN, so it is unique. Several
 * resources can share a chosen name, so `check` adds a token of the URN to their inputs. (Its key begins with `__`, by which
 * the engine hides it in displays.)
 */
function keyOf(props: Props): string {
  return String(props["__resource"] ?? props["name"]);
}

function tokenOf(urn: string): string {
  return createHash("sha256").update(urn).digest("hex").slice(0, 8);
}

/** Reads hints as the engine passes them: what is not known yet is absent. */
function readHints(value: unknown): Hints {
  const given = fieldsOf(value);
  const create = fieldsOf(given["create"]);
  const text = (field: unknown) => (typeof field === "string" && field !== engineUnknown ? field : undefined);
  const { heldIds } = create;
  return {
    name: text(given["name"]) ?? "deployment",
    isPreview: given["isPreview"] === true,
    ignoresName: given["ignoresName"] === true,
    isStateKnown: given["isStateKnown"] === true,
    urn: text(given["urn"]),
    adopt: text(given["adopt"]),
    adoptHeldBy: text(given["adoptHeldBy"]),
    ownId: text(given["ownId"]),
    previousName: text(given["previousName"]),
    seed: text(create["seed"]),
    held: Array.isArray(given["held"]) ? given["held"].map(fieldsOf) : undefined,
    heldIds: Array.isArray(heldIds) ? heldIds.filter((id) => typeof id === "string") : undefined,
  };
}

function fieldsOf(value: unknown): Props {
  return typeof value === "object" && value !== null ? (value as Props) : {};
}

function seedOf({ seed, isPreview }: Hints): Seed {
  // Outside a preview, a seed that does not exist was left out by `--target`: the run has to do without it.
  if (seed === undefined || (seed === "" && !isPreview)) return { kind: "none" };
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
