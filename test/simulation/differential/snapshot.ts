/** What the model and the real engine are compared by. It has no ids, which differ, but shows who holds which deployment. */

import type { ResourceState } from "../../../scripts/engine/project";
import type { Entry } from "../engine";
import type { RecordedRun } from "../simulation";

export interface Snapshot {
  readonly exit: "success" | "failure" | "killed";
  readonly creates: number;
  readonly deletes: number;
  /** By stack. */
  readonly state: Readonly<Record<string, readonly string[]>>;
  /** The names in each stack's `onvera:adopt`, with what their values are about. */
  readonly adopt: Readonly<Record<string, readonly string[]>>;
  readonly platform: readonly string[];
}

/**
 * A deployment's entry in a state, whichever engine wrote it. `onvera-seed` is not compared: a run that fails or is killed can end
 * before or after the engine has created or deleted it.
 */
export interface EntryView {
  readonly id: string;
  readonly name: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly isUnfinished: boolean;
  readonly isPendingDelete: boolean;
  readonly isPendingReplacement: boolean;
  readonly isTainted: boolean;
}

export interface DeploymentView {
  readonly id: string;
  readonly appType: string;
  readonly name: string;
  readonly status: string;
  readonly creator: string | undefined;
}

/** One side after a run. */
export interface Side {
  readonly exit: Snapshot["exit"];
  /** The methods of the requests. */
  readonly requests: readonly string[];
  readonly stacks: readonly {
    readonly name: string;
    readonly entries: readonly EntryView[];
    readonly adopt: Readonly<Record<string, string>>;
  }[];
  readonly deployments: readonly DeploymentView[];
}

export function modelSide({ end, requests, stacks, deployments }: RecordedRun): Side {
  return {
    exit: end.isKilled ? "killed" : end.errors.length > 0 ? "failure" : "success",
    requests,
    stacks: stacks.map(({ name, entries, adopt }) => ({
      name,
      entries: entries.flatMap((entry) => modelEntry(entry) ?? []),
      adopt,
    })),
    deployments,
  };
}

/** The entry of the model's state, if it is a deployment's. */
export function modelEntry({ initErrors, kind, ...entry }: Entry): EntryView | undefined {
  return kind === "deployment" ? { ...entry, isUnfinished: initErrors.length > 0 } : undefined;
}

/** The entry of a real state, if it is a deployment's. */
export function realEntry(resource: ResourceState): EntryView | undefined {
  const { urn, type, id = "", inputs = {}, outputs = {}, initErrors = [] } = resource;
  if (!type.endsWith(":Deployment")) return undefined;
  return {
    ...{ id, inputs, outputs },
    name: nameOf(urn),
    isUnfinished: initErrors.length > 0,
    isPendingDelete: resource.delete === true,
    isPendingReplacement: resource.pendingReplacement === true,
    isTainted: resource.taint === true,
  };
}

export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

export function snapshot({ exit, requests, stacks, deployments }: Side): Snapshot {
  const labels = new Map(deployments.map((each) => [each.id, describeDeployment(each)]));
  const holders = new Map<string, string[]>();
  for (const { name, entries } of stacks) {
    for (const entry of entries) holders.set(entry.id, [...(holders.get(entry.id) ?? []), `${name} ${entry.name}`]);
  }
  const about = (value: string) =>
    value
      .replace(/dep_[\w-]+/g, (id) => (id === "dep_gone" ? id : `[${labels.get(id) ?? "gone"}]`))
      .split(",")
      .sort()
      .join(",");
  return {
    exit,
    creates: requests.filter((method) => method === "POST").length,
    deletes: requests.filter((method) => method === "DELETE").length,
    state: byStack(stacks, ({ entries }) =>
      entries.map((entry) => `${entryKey(entry)} -> ${labels.get(entry.id) ?? "gone"}`),
    ),
    adopt: byStack(stacks, ({ adopt }) => Object.entries(adopt).map(([name, value]) => `${name}: ${about(value)}`)),
    platform: deployments
      .map(
        (each) => `${describeDeployment(each)}, held by ${(holders.get(each.id) ?? ["nobody"]).sort().join(" and ")}`,
      )
      .sort(),
  };
}

function byStack(
  stacks: Side["stacks"],
  linesOf: (stack: Side["stacks"][number]) => readonly string[],
): Record<string, readonly string[]> {
  return Object.fromEntries(stacks.map((stack) => [stack.name, [...linesOf(stack)].sort()]));
}

function describeDeployment({ appType, name, status, creator }: DeploymentView): string {
  return `${appType} ${kindOfName(name)} ${status} of ${creator ?? "someone else"}`;
}

/** The entry as text, without its id. */
export function entryKey(entry: EntryView): string {
  const { name, inputs, outputs } = entry;
  const marks = [
    entry.isUnfinished ? "unfinished" : "",
    entry.isPendingDelete ? "to be deleted" : "",
    entry.isPendingReplacement ? "to be replaced" : "",
    entry.isTainted ? "tainted" : "",
  ].filter((mark) => mark !== "");
  const text = (key: string) => String(outputs[key] ?? inputs[key]);
  const about = `${name}: ${text("appType")} ${kindOfName(text("name"))} ${text("status")}`;
  return marks.length === 0 ? about : `${about} (${marks.join(", ")})`;
}

/** An automatic name without its random part. */
function kindOfName(name: string): string {
  return name.replace(/^(r\d+x*)-[a-z0-9]{7}(?=$|-renamed)/, "automatic $1");
}

/** Which deployment of one side is which of the other; both sides have the same snapshot. */
export function pairIds(from: Side, to: Side): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  const pair = <T extends { readonly id: string }>(
    left: readonly T[],
    right: readonly T[],
    describe: (each: T) => string,
  ) => {
    const sorted = (all: readonly T[]) => [...all].sort((a, b) => describe(a).localeCompare(describe(b)));
    const others = sorted(right);
    for (const [position, { id }] of sorted(left).entries()) {
      const other = others[position]?.id;
      if (other !== undefined && !pairs.has(id)) pairs.set(id, other);
    }
  };
  for (const [position, { entries }] of from.stacks.entries()) {
    pair(entries, to.stacks[position]?.entries ?? [], entryKey);
  }
  const isLeft = (known: ReadonlySet<string>) => (deployment: DeploymentView) => !known.has(deployment.id);
  const left = from.deployments.filter(isLeft(new Set(pairs.keys())));
  const right = to.deployments.filter(isLeft(new Set(pairs.values())));
  pair(left, right, describeDeployment);
  return pairs;
}
