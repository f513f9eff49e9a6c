import { isDeepStrictEqual } from "node:util";
import { isUnusable } from "../../provider/deployment/diff";
import { nameInUrn } from "../../provider/runtime/engine-values";
import { isDeployment, managedDeployments, type StackState } from "../stack";
import { type EngineEvent, errorsOf } from "./events";
import { type Plan, readPlan } from "./plan";
import { type ReadResource, readResources } from "./read-resources";
import {
  type Difference,
  type DifferenceKind,
  type DriftedDeployment,
  type DriftedResource,
  type DriftReport,
  formatVersion,
  type PendingOperation,
} from "./report";

export const othersModes = ["list", "count", "ignore"] as const;

/** How to treat resources of other providers. */
export type OthersMode = (typeof othersModes)[number];

/** Resources that are part of every stack, or exist on no platform. */
const engineOwn = /^pulumi:pulumi:|^pulumi:providers:|^pulumi-nodejs:dynamic\/onvera:Seed$/;
/** Properties of the program, not of the platform. */
const notObserved: readonly string[] = ["deploymentId", "timeouts", "__provider"];

export interface CompareOptions {
  readonly others: OthersMode;
  /** The stack's state, as exported. */
  readonly state: StackState;
}

/** The drift that the events of a `pulumi preview --refresh` and the state show. Has no side effects. */
export function compare(events: readonly EngineEvent[], { others, state }: CompareOptions): DriftReport {
  const plan = readPlan(events);
  const pending = pendingOf(state, others);
  const pendingUrns = new Set(pending.map(({ urn }) => urn));
  const all = readResources(events);
  const deployments = all.filter(({ type }) => isDeployment(type));
  const drifted = deployments.flatMap((each) => driftOf(each, plan));
  const driftedUrns = new Set(drifted.map(({ urn }) => urn));
  const otherResources = others === "ignore" ? [] : all.flatMap((each) => driftOfOther(each, plan));
  return {
    formatVersion,
    ...plan.stack,
    drift:
      drifted.length > 0 ||
      pending.some(({ type }) => others === "count" || isDeployment(type)) ||
      (others === "count" && otherResources.length > 0),
    checked: deployments.length,
    deployments: drifted,
    pending,
    others: otherResources,
    unapplied: plan.changed
      .filter(({ type, urn }) => isDeployment(type) && !driftedUrns.has(urn) && !pendingUrns.has(urn))
      .map(({ urn, up }) => ({ name: nameInUrn(urn), urn, up })),
    upErrors: errorsOf(events),
    sharedNames: sharedNamesOf([...all, ...plan.changed, ...pending]),
  };
}

/** The URNs of the deployments in the state that the preview did not read, so that nothing is known about them. */
export function unreadDeployments(events: readonly EngineEvent[], state: StackState): string[] {
  const read = new Set(readResources(events).map(({ urn }) => urn));
  return managedDeployments(state).flatMap(({ urn, pendingReplacement }) =>
    !pendingReplacement && !read.has(urn) ? [urn] : [],
  );
}

function pendingOf({ pending_operations: pending }: StackState, others: OthersMode): PendingOperation[] {
  return (pending ?? []).flatMap(({ type: operation, resource: { urn, type } }) =>
    isDeployment(type) || (others !== "ignore" && !engineOwn.test(type))
      ? [{ name: nameInUrn(urn), urn, type, operation }]
      : [],
  );
}

/** A deployment and another resource may have the same name: they are in different tables. */
function sharedNamesOf(resources: readonly { readonly urn: string; readonly type: string }[]): string[] {
  const urns = new Map<string, Set<string>>();
  for (const { urn, type } of resources) {
    const key = JSON.stringify([isDeployment(type) ? "" : type, nameInUrn(urn)]);
    urns.set(key, (urns.get(key) ?? new Set()).add(urn));
  }
  const shared = [...urns.values()].filter(({ size }) => size > 1);
  return [...new Set(shared.flatMap((each) => [...each].map(nameInUrn)))].sort();
}

function driftOf({ urn, id, old, observed }: ReadResource, plan: Plan): DriftedDeployment[] {
  const differences =
    observed === undefined
      ? [{ kind: "gone", property: "deploymentId", state: id, platform: null } as const]
      : [...differencesOf(old, observed), ...maskedDifferencesOf(old, observed, plan.reasonsFor(urn))];
  if (differences.length === 0) return [];
  return [{ name: nameInUrn(urn), urn, id, differences, up: plan.stepFor(urn) }];
}

type Properties = Readonly<Record<string, unknown>>;

function differencesOf(old: Properties, observed: Properties): Difference[] {
  return Object.entries(old).flatMap(([property, state]) => {
    const platform = observed[property] ?? null;
    if (notObserved.includes(property) || isMasked(state) || isMasked(platform)) return [];
    const kind = kindOf(property, platform);
    // A failed deployment is drift even if an earlier refresh has written that status to the state.
    const isLostStatus = kind === "failed" || kind === "destroying";
    return isLostStatus || !isDeepStrictEqual(state, platform) ? [{ kind, property, state, platform }] : [];
  });
}

/** The engine masks values that the program marks as secret, so only its own diff shows that they differ. */
function maskedDifferencesOf(old: Properties, observed: Properties, reasons: readonly string[]): Difference[] {
  return reasons
    .filter((property) => isMasked(old[property]) && isMasked(observed[property]))
    .map((property) => ({ kind: kindOf(property, undefined), property, state: "[secret]", platform: "[secret]" }));
}

function kindOf(property: string, platform: unknown): DifferenceKind {
  if (property === "name") return "renamed";
  if (property !== "status") return "changed";
  if (typeof platform !== "string" || !isUnusable(platform)) return "status";
  return platform === "failed" ? "failed" : "destroying";
}

/** The key that marks an object of Pulumi's wire format as a value of a special kind. */
const specialKey = "4dabf18193072939515e22adb298388d";

function isMasked(value: unknown): boolean {
  return value === "[secret]" || (typeof value === "object" && value !== null && specialKey in value);
}

function driftOfOther({ urn, type, old, observed }: ReadResource, plan: Plan): DriftedResource[] {
  if (isDeployment(type) || engineOwn.test(type)) return [];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(observed ?? {})])].sort();
  const properties = observed === undefined ? [] : keys.filter((key) => !isDeepStrictEqual(old[key], observed[key]));
  if (observed !== undefined && properties.length === 0) return [];
  return [{ name: nameInUrn(urn), urn, type, isGone: observed === undefined, properties, up: plan.stepFor(urn) }];
}
