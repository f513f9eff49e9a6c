import type { DeploymentState } from "../../emulator/src/control/control";
import type { ResourceState } from "../support/engine";
import type { PlacedCase } from "./case";
import type { FaultWorld } from "./fault-world";

export const counters = ["duplicates", "orphans", "lost", "foreign", "leaks"] as const;
export type Counter = (typeof counters)[number];

/** What became of one case. */
export interface Verdict {
  readonly counts: Record<Counter, number>;
  /** Everything that is not as it should be, for people; whatever is counted is told here, too. */
  readonly problems: string[];
}

export const newVerdict = (): Verdict => ({
  counts: { duplicates: 0, orphans: 0, lost: 0, foreign: 0, leaks: 0 },
  problems: [],
});

export function isGood({ counts, problems }: Verdict): boolean {
  return problems.length === 0 && counters.every((counter) => counts[counter] === 0);
}

const unstruck = "of its faults did not strike";

export function noteUnstruck(verdict: Verdict, faults: number): void {
  verdict.problems.push(`${faults} ${unstruck}`);
}

/** Whether nothing is wrong but that faults did not strike: what they were to show was not tried. */
export function isUntried({ counts, problems }: Verdict): boolean {
  return (
    problems.length === 1 && problems[0]?.endsWith(unstruck) === true && counters.every((each) => counts[each] === 0)
  );
}

export function count(verdict: Verdict, counter: Counter, problem: string): void {
  verdict.counts[counter] += 1;
  verdict.problems.push(problem);
}

/** Adds what was found for one to what was found for another. */
export function merge(from: Verdict, into: Verdict): void {
  for (const counter of counters) into.counts[counter] += from.counts[counter];
  into.problems.push(...from.problems);
}

/** The name of the deployment that a resource asks for: chosen, or made from the resource's name. */
function isNameOf({ logicalName }: PlacedCase, name: string): boolean {
  return name === logicalName || name.startsWith(`${logicalName}-`);
}

/** What this case's resource has had made at the platform, as far as it still exists. */
export function liveFor(each: PlacedCase, world: FaultWorld): DeploymentState[] {
  const { operations, deployments } = world.control.state();
  const made = operations
    .filter(({ type, deployment_name }) => type === "deployment.create" && isNameOf(each, deployment_name))
    .map(({ resource }) => resource.id);
  return deployments.filter(({ id }) => made.includes(id));
}

function recordedFor({ logicalName }: PlacedCase, world: FaultWorld): ResourceState[] {
  return world.recorded().filter(({ urn }) => urn.endsWith(`::${logicalName}`));
}

/** After a plain `pulumi up`: exactly one deployment, ready, and the state has it. */
export function judgeAfterUp(each: PlacedCase, world: FaultWorld, verdict: Verdict): void {
  const live = liveFor(each, world);
  const recorded = recordedFor(each, world);
  if (!world.declarations.has(each.logicalName)) {
    judgeAfterDestroy(each, world, verdict);
    return;
  }
  for (const { id } of live.slice(1)) {
    count(verdict, "duplicates", `after up: one too many on the platform: ${id}`);
  }
  judgeAgreement(each, world, verdict, "after up");
  if (recorded.length === 0) count(verdict, "lost", "after up: not in the state");
  for (const { id, initErrors = [], outputs = {} } of recorded) {
    if (initErrors.length > 0) verdict.problems.push(`after up: the state says ${initErrors.join("; ")}`);
    const there = live.find((deployment) => deployment.id === id);
    if (there !== undefined && there.status !== "ready") {
      verdict.problems.push(`after up: ${id} is "${there.status}" on the platform`);
    }
    if (outputs["status"] !== "ready") verdict.problems.push(`after up: "${String(outputs["status"])}" in the state`);
  }
  if (recorded.length > 1) verdict.problems.push(`after up: ${recorded.length} in the state`);
}

/** Where nobody has asked for that, we destroy only what can never be used again. */
export function judgeDestroyed(each: PlacedCase, world: FaultWorld, verdict: Verdict): void {
  if (world.mayDestroy) return;
  const { requests } = world.control.requests.list();
  for (const { type, resource, deployment_name, deployment_before } of world.control.state().operations) {
    if (type !== "deployment.destroy" || deployment_before !== "ready" || !isNameOf(each, deployment_name)) continue;
    const isOurs = requests.some(
      ({ method, path, platformStatus }) =>
        method === "DELETE" && path.endsWith(`/${resource.id}`) && platformStatus === 202,
    );
    if (isOurs) count(verdict, "lost", `${resource.id} was destroyed, although nothing was wrong with it`);
  }
}

/** After a `pulumi destroy`: nothing, neither here nor there. */
export function judgeAfterDestroy(each: PlacedCase, world: FaultWorld, verdict: Verdict): void {
  for (const { id } of liveFor(each, world)) {
    count(verdict, "orphans", `after destroy: still on the platform: ${id}`);
  }
  for (const { id = "without an id" } of recordedFor(each, world)) {
    verdict.problems.push(`after destroy: still in the state: ${id}`);
  }
}

/** What the platform has, the state has, and the other way round. */
export function judgeAgreement(each: PlacedCase, world: FaultWorld, verdict: Verdict, when: string): void {
  const live = liveFor(each, world);
  const recorded = recordedFor(each, world);
  for (const { id } of live) {
    if (!recorded.some((resource) => resource.id === id)) {
      count(verdict, "orphans", `${when}: ${id} is on the platform, but not in the state`);
    }
  }
  for (const { id } of recorded) {
    if (id === undefined || id === "") count(verdict, "lost", `${when}: in the state without an id`);
    else if (!live.some((deployment) => deployment.id === id)) {
      count(verdict, "lost", `${when}: the state has ${id}, which is not on the platform`);
    }
  }
}

/** Nobody else's deployments may be destroyed, changed or taken over. */
export function judgeForeign(world: FaultWorld, verdict: Verdict): void {
  const { requests } = world.control.requests.list();
  const { deployments } = world.control.state();
  const recorded = world.recorded();
  for (const [id, { name, status }] of world.foreign) {
    const now = deployments.find((deployment) => deployment.id === id);
    const touches = [
      requests.some(({ method, path }) => method === "DELETE" && path.endsWith(`/${id}`))
        ? "asked to be destroyed"
        : "",
      now === undefined ? "gone" : now.name !== name || now.status !== status ? "changed" : "",
      recorded.some((resource) => resource.id === id) ? "in the state" : "",
    ].filter((touch) => touch !== "");
    if (touches.length > 0) count(verdict, "foreign", `somebody else's "${name}" (${id}): ${touches.join(", ")}`);
  }
}

/** The key is nowhere, and went nowhere. */
export function judgeLeaks(world: FaultWorld, verdict: Verdict): void {
  for (const where of world.keyWatch.found) count(verdict, "leaks", `the API key was found: ${where}`);
  if (world.strayRequests > 0) count(verdict, "leaks", `${world.strayRequests} requests went to another host`);
}
