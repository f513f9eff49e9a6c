import type { DeploymentState } from "../../emulator/src/control/control";
import type { ResourceState } from "../support/engine";
import type { FaultHarness } from "./harness";

export const counters = ["duplicates", "orphans", "lost", "foreign", "leaks"] as const;
export type Counter = (typeof counters)[number];

/** What the checks of one case found. */
export class Findings {
  readonly counts: Record<Counter, number> = { duplicates: 0, orphans: 0, lost: 0, foreign: 0, leaks: 0 };
  /** Everything that is wrong, for people, including what is counted. */
  readonly problems: string[] = [];
  /** How many faults did not occur. */
  missed = 0;

  count(counter: Counter, problem: string): void {
    this.counts[counter] += 1;
    this.problems.push(problem);
  }

  get isGood(): boolean {
    return this.problems.length === 0 && this.missed === 0;
  }
}

/** What exists of the resource: its deployments on the platform, and its entries in the state. */
function find(logicalName: string, harness: FaultHarness): { live: DeploymentState[]; recorded: ResourceState[] } {
  const { operations, deployments } = harness.control.state();
  const created = operations
    .filter(({ type, deployment_name: name }) => type === "deployment.create" && name.startsWith(`${logicalName}-`))
    .map(({ resource }) => resource.id);
  return {
    live: deployments.filter(({ id }) => created.includes(id)),
    recorded: harness.recorded().filter(({ urn }) => urn.endsWith(`::${logicalName}`)),
  };
}

/** After an `up` without faults: one deployment, which is ready and in the state. */
export function checkUp(logicalName: string, harness: FaultHarness, findings: Findings): void {
  const { live, recorded } = find(logicalName, harness);
  for (const { id } of live.slice(1)) findings.count("duplicates", `after up: a second deployment exists: ${id}`);
  for (const { id } of live) {
    if (!recorded.some((entry) => entry.id === id)) findings.count("orphans", `after up: ${id} is not in the state`);
  }
  if (recorded.length === 0) findings.count("lost", "after up: not in the state");
  if (recorded.length > 1) findings.problems.push(`after up: ${recorded.length} entries in the state`);
  for (const { id, initErrors = [], outputs = {} } of recorded) {
    const found = live.find((deployment) => deployment.id === id);
    if (found === undefined) findings.count("lost", `after up: the state has ${id}, which does not exist`);
    else if (found.status !== "ready") findings.problems.push(`after up: ${id} is "${found.status}"`);
    if (outputs["status"] !== "ready") findings.problems.push(`after up: the state has "${outputs["status"]}"`);
    if (initErrors.length > 0) findings.problems.push(`after up: the state has the errors ${initErrors.join("; ")}`);
  }
}

/** If neither the program nor a command deletes deployments, no deployment that was ready is deleted. */
export function checkKept(logicalName: string, harness: FaultHarness, findings: Findings): void {
  const { requests } = harness.control.requests.list();
  for (const { type, resource, deployment_name: name, deployment_before: before } of harness.control.state()
    .operations) {
    if (type !== "deployment.destroy" || before !== "ready" || !name.startsWith(`${logicalName}-`)) continue;
    const isOurs = requests.some(({ method, path }) => method === "DELETE" && path.endsWith(`/${resource.id}`));
    if (isOurs) findings.count("lost", `${resource.id} was deleted, although it was ready`);
  }
}

/** After a `destroy`: nothing exists. */
export function checkDestroy(logicalName: string, harness: FaultHarness, findings: Findings): void {
  const { live, recorded } = find(logicalName, harness);
  for (const { id } of live) findings.count("orphans", `after destroy: ${id} exists`);
  for (const { id = "an entry without an id" } of recorded) {
    findings.problems.push(`after destroy: the state has ${id}`);
  }
}

/** The deployments of someone else are neither deleted nor changed nor adopted. */
export function checkForeign(harness: FaultHarness, findings: Findings): void {
  const { requests } = harness.control.requests.list();
  const { deployments } = harness.control.state();
  const recorded = harness.recorded();
  for (const [id, { name, status }] of harness.foreign) {
    const found = deployments.find((deployment) => deployment.id === id);
    const wrongs = [
      requests.some(({ method, path }) => method === "DELETE" && path.endsWith(`/${id}`)) ? "a delete was sent" : "",
      found === undefined ? "gone" : found.name !== name || found.status !== status ? "changed" : "",
      recorded.some((entry) => entry.id === id) ? "in the state" : "",
    ].filter((wrong) => wrong !== "");
    if (wrongs.length > 0) findings.count("foreign", `someone else's "${name}" (${id}): ${wrongs.join(", ")}`);
  }
}

/** The API key is in nothing that was written, and nothing was sent to another host. */
export function checkLeaks(harness: FaultHarness, findings: Findings): void {
  for (const where of harness.keySearch.found) findings.count("leaks", `the API key is in: ${where}`);
  if (harness.strayRequests > 0) findings.count("leaks", `${harness.strayRequests} requests were sent to another host`);
}
