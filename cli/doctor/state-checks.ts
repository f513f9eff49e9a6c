import { adoptTexts, removeAdoptCommand } from "../../provider/deployment/adopt-setting";
import { nameInUrn } from "../../provider/runtime/engine-values";
import { shellQuoted } from "../../provider/shell";
import { count } from "../output";
import { managedDeployments, type OnveraConfig, type StackState } from "../stack";
import { type Check, ok, problem } from "./report";

/** Leftovers in the stack's state and configuration: interrupted runs, duplicates, and `onvera:adopt` settings. */
export function checkState(state: StackState): Check[] {
  const deployments = managedDeployments(state);
  const checks: Check[] = [];
  const pending = state.pending_operations ?? [];
  if (pending.length > 0) {
    const names = pending.map(({ type, resource }) => `${nameInUrn(resource.urn)} (${type})`).join(", ");
    checks.push(
      problem(
        "state",
        "warning",
        `${count(pending.length, "operation")} of an interrupted run, or of one that still runs: ${names}`,
        "if no run is active, run `pulumi up` with the same program; it completes them",
      ),
    );
  }
  const unfinished = deployments.filter(({ initErrors }) => (initErrors ?? []).length > 0);
  if (unfinished.length > 0) {
    checks.push(
      problem(
        "state",
        "warning",
        `not ready after the last run: ${unfinished.map(({ urn }) => nameInUrn(urn)).join(", ")}`,
        "run `pulumi up`; it waits for the same operation, or replaces a deployment that failed",
      ),
    );
  }
  for (const [id, urns] of holdersById(deployments)) {
    if (urns.length < 2) continue;
    checks.push(
      problem(
        "state",
        "error",
        `the state has deployment ${id} ${urns.length} times: ${urns.join(", ")}`,
        `keep one, and remove the others: \`pulumi state delete ${shellQuoted(urns.at(-1) ?? "")}\``,
      ),
    );
  }
  if (checks.length === 0) {
    checks.push(ok("state", `${count(deployments.length, "deployment")}, and no operation is unfinished`));
  }
  return checks;
}

/** Settings `onvera:adopt` that had their effect. */
export function checkAdoptLeftovers(config: OnveraConfig, state: StackState): Check[] {
  const held = holdersById(managedDeployments(state));
  return [...adoptSettings(config)].flatMap(([name, value]) => {
    const isExcluding = value.startsWith("not:");
    const [holder] = held.get(value) ?? [];
    if (!isExcluding && holder === undefined) return [];
    return [
      problem(
        "adopt",
        "warning",
        isExcluding
          ? `onvera:adopt still says which deployments are not "${name}" (${value})`
          : `onvera:adopt still names ${value} for "${name}", which the state has as ${nameInUrn(holder ?? "")}`,
        `remove the setting: \`${removeAdoptCommand(name)}\``,
      ),
    ];
  });
}

/** The deployments that `onvera:adopt` settings name and that the state does not have, by the resource's name. */
export function adoptTargets(config: OnveraConfig, state: StackState | undefined): ReadonlyMap<string, string> {
  const held = holdersById(state === undefined ? [] : managedDeployments(state));
  return new Map([...adoptSettings(config)].filter(([, value]) => !value.startsWith("not:") && !held.has(value)));
}

function adoptSettings(config: OnveraConfig): ReadonlyMap<string, string> {
  const given = config.get("adopt")?.value;
  const settings = typeof given === "object" && given !== null && !Array.isArray(given) ? given : {};
  return new Map(adoptTexts({ ...settings }));
}

function holdersById(deployments: ReturnType<typeof managedDeployments>): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const { id = "", urn } of deployments) holders.set(id, [...(holders.get(id) ?? []), urn]);
  return holders;
}
