import { isDeepStrictEqual } from "node:util";
import { isUnusable } from "../../provider/deployment/diff";
import { nameInUrn } from "../../provider/runtime/engine-values";
import type { OthersMode } from "../arguments";
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
import type { StackState } from "./run-preview";

/** Both ways into the provider. */
const deploymentTypes: readonly string[] = ["onvera:index:Deployment", "pulumi-nodejs:dynamic/onvera:Deployment"];
/** What comes with every stack, or is nothing on any platform. */
const engineOwn = /^pulumi:pulumi:|^pulumi:providers:|^pulumi-nodejs:dynamic\/onvera:Seed$/;
/** Of the program, not of the platform. */
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
  const strangers = others === "ignore" ? [] : all.flatMap((each) => driftOfOther(each, plan));
  return {
    formatVersion,
    ...plan.stack,
    drift:
      drifted.length > 0 ||
      pending.some(({ type }) => others === "count" || isDeployment(type)) ||
      (others === "count" && strangers.length > 0),
    checked: deployments.length,
    deployments: drifted,
    pending,
    others: strangers,
    unapplied: plan.changed
      .filter(({ type, urn }) => isDeployment(type) && !driftedUrns.has(urn) && !pendingUrns.has(urn))
      .map(({ urn, up }) => ({ name: nameInUrn(urn), urn, up })),
    upErrors: errorsOf(events),
    sharedNames: sharedNamesOf([...all, ...plan.changed, ...pending]),
  };
}

/** The URNs of the deployments in the state that the preview did not read, so that nothing is known about them. */
export function unreadDeployments(events: readonly EngineEvent[], { resources }: StackState): string[] {
  const read = new Set(readResources(events).map(({ urn }) => urn));
  return (resources ?? []).flatMap(({ urn, type, external, delete: isReplaced, pendingReplacement }) =>
    isDeployment(type) && !external && !isReplaced && !pendingReplacement && !read.has(urn) ? [urn] : [],
  );
}

function isDeployment(type: string): boolean {
  return deploymentTypes.includes(type);
}

function pendingOf({ pending_operations: pending }: StackState, others: OthersMode): PendingOperation[] {
  return (pending ?? []).flatMap(({ type: operation, resource: { urn, type } }) =>
    isDeployment(type) || (others !== "ignore" && !engineOwn.test(type))
      ? [{ name: nameInUrn(urn), urn, type, operation }]
      : [],
  );
}

/** A deployment may have the name of a component or another resource: these are not in one table. */
function sharedNamesOf(resources: readonly { readonly urn: string; readonly type: string }[]): string[] {
  const urns = new Map<string, Set<string>>();
  for (const { urn, type } of resources) {
    const key = JSON.stringify([isDeployment(type) ? "" : type, nameInUrn(urn)]);
    urns.set(key, (urns.get(key) ?? new Set()).add(urn));
  }
  const shared = [...urns.values()].filter(({ size }) => size > 1);
  return [...new Set(shared.flatMap((each) => [...each].map(nameInUrn)))].sort();
}

function driftOf({ urn, id, old, seen }: ReadResource, plan: Plan): DriftedDeployment[] {
  const differences =
    seen === undefined
      ? [{ kind: "gone", property: "deploymentId", state: id, platform: null } as const]
      : [...differencesOf(old, seen), ...maskedDifferencesOf(old, seen, plan.reasonsFor(urn))];
  if (differences.length === 0) return [];
  return [{ name: nameInUrn(urn), urn, id, differences, up: plan.stepFor(urn) }];
}

type Properties = Readonly<Record<string, unknown>>;

function differencesOf(old: Properties, seen: Properties): Difference[] {
  return Object.entries(old).flatMap(([property, state]) => {
    const platform = seen[property] ?? null;
    if (notObserved.includes(property) || isMasked(state) || isMasked(platform)) return [];
    const kind = kindOf(property, platform);
    // One that failed needs somebody, also where an earlier refresh has written that into the state.
    const isHurt = kind === "failed" || kind === "destroying";
    return isHurt || !isDeepStrictEqual(state, platform) ? [{ kind, property, state, platform }] : [];
  });
}

/** The engine masks values that the program marks as secret, so only its own diff tells that they differ. */
function maskedDifferencesOf(old: Properties, seen: Properties, reasons: readonly string[]): Difference[] {
  return reasons
    .filter((property) => isMasked(old[property]) && isMasked(seen[property]))
    .map((property) => ({ kind: kindOf(property, undefined), property, state: "[secret]", platform: "[secret]" }));
}

function kindOf(property: string, platform: unknown): DifferenceKind {
  if (property === "name") return "renamed";
  if (property !== "status") return "changed";
  if (typeof platform !== "string" || !isUnusable(platform)) return "status";
  return platform === "failed" ? "failed" : "destroying";
}

/** The key by which Pulumi's wire format tells that an object stands for a value of a special kind. */
const specialKey = "4dabf18193072939515e22adb298388d";

function isMasked(value: unknown): boolean {
  return value === "[secret]" || (typeof value === "object" && value !== null && specialKey in value);
}

function driftOfOther({ urn, type, old, seen }: ReadResource, plan: Plan): DriftedResource[] {
  if (isDeployment(type) || engineOwn.test(type)) return [];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(seen ?? {})])].sort();
  const properties = seen === undefined ? [] : keys.filter((key) => !isDeepStrictEqual(old[key], seen[key]));
  if (seen !== undefined && properties.length === 0) return [];
  return [{ name: nameInUrn(urn), urn, type, isGone: seen === undefined, properties, up: plan.stepFor(urn) }];
}
