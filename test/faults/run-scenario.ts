import type { Host } from "../../scripts/engine/hosts";
import { checkDestroy, checkForeign, checkKept, checkLeaks, checkUp, Findings } from "./checks";
import { type Declaration, FaultHarness, type FaultHarnessOptions } from "./harness";
import { killWhen } from "./kill";
import { type PlacedCase, placeCases, type Scenario } from "./scenario";

/** A scenario to run with one host. */
export interface Task extends Pick<FaultHarnessOptions, "host" | "keySource"> {
  readonly scenario: Scenario;
}

export interface CaseResult {
  readonly scenario: Scenario;
  readonly case: PlacedCase;
  readonly host: Host;
  readonly findings: Findings;
}

/** Every scenario with every host. The source of the API key alternates. */
export function tasksOf(scenarios: readonly Scenario[], hosts: readonly Host[]): Task[] {
  return scenarios.flatMap((scenario, number) =>
    hosts.map((host, index): Task => {
      return { scenario, host, keySource: (number + index) % 2 === 0 ? "environment" : "config" };
    }),
  );
}

export interface MatrixOptions {
  readonly tasks: readonly Task[];
  /** How many scenarios run at once. */
  readonly jobs: number;
  readonly onResults: (results: readonly CaseResult[], durationMs: number) => void;
}

/** Runs the tasks. The results have the order of the tasks. */
export async function runMatrix({ tasks, jobs, onResults }: MatrixOptions): Promise<CaseResult[]> {
  const results: CaseResult[][] = [];
  const queue = [...tasks.entries()];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, task] = next;
      const startedMs = performance.now();
      const done = await runTask(task);
      results[index] = done;
      onResults(done, performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results.flat();
}

/** Runs a scenario with one host. Never rejects: what goes wrong is in the findings. */
export async function runTask(task: Task): Promise<CaseResult[]> {
  const results = await runOnce(task);
  const wrong = results.filter(({ findings }) => !findings.isGood);
  // On a busy machine, an operation can end before the poll that its fault is for.
  const isMissed = wrong.length > 0 && wrong.every(({ findings }) => findings.problems.length === 0);
  return isMissed ? runOnce(task) : results;
}

async function runOnce({ scenario, host, keySource }: Task): Promise<CaseResult[]> {
  const results = placeCases(scenario).map((each) => ({ scenario, case: each, host, findings: new Findings() }));
  const { keepsData = false, isInline = false } = scenario;
  let harness: FaultHarness | undefined;
  try {
    harness = await FaultHarness.start({ host, keySource, keepsData, isInline });
    const stopSearch = harness.keySearch.inProcesses();
    try {
      await play(scenario, results, harness);
    } finally {
      stopSearch();
      harness.searchFiles();
    }
    const [first] = results;
    // What belongs to no single case is counted once.
    if (first !== undefined) {
      checkForeign(harness, first.findings);
      checkLeaks(harness, first.findings);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    for (const { findings } of results) findings.problems.push(`the scenario could not continue: ${reason}`);
  } finally {
    await harness?.stop();
  }
  return results;
}

async function play(scenario: Scenario, results: readonly CaseResult[], harness: FaultHarness): Promise<void> {
  const resources = resourcesOf(scenario, results);
  for (const { logicalName } of resources) await harness.addForeign(`${logicalName}-abcdefg`, "superset");
  const existing = resources.filter(({ exists }) => exists);
  if (existing.length > 0) {
    harness.declare(Object.fromEntries(existing.map(({ logicalName, before }) => [logicalName, before])));
    await harness.finish(harness.spawn("up"));
    if (harness.code !== 0) throw new Error(`the up without faults failed: ${harness.report}`);
  }
  harness.declare(Object.fromEntries(resources.map(({ logicalName, after }) => [logicalName, after])));

  for (const path of scenario.failingLists ?? []) {
    harness.control.faults.add({
      match: { method: "GET", path, times: "always" },
      action: { type: "answer", status: 500 },
    });
  }
  const countMissed = results.map(({ case: each }) => arm(each, harness));
  const isKilled = await runCommand(scenario, harness);
  if (scenario.succeeds && harness.code !== 0) addFailure("the command failed", results, harness);
  const [first] = results;
  if (scenario.kill !== undefined && !isKilled && first !== undefined) first.findings.missed += 1;
  harness.repair();
  for (const [index, { findings }] of results.entries()) findings.missed += countMissed[index]?.() ?? 0;

  await harness.project.unlock();
  // With the flag, an `up` that fails affects fewer of the other cases.
  await harness.finish(harness.spawn("up", ["--continue-on-error"]));
  if (harness.code !== 0) addFailure("the up without faults failed", results, harness);
  const isKept = scenario.command !== "destroy" && results.every(({ case: { change } }) => change !== "replace");
  for (const { logicalName, findings } of resources) {
    checkUp(logicalName, harness, findings);
    if (isKept) checkKept(logicalName, harness, findings);
  }
  await harness.finish(harness.spawn("destroy"));
  if (harness.code !== 0) addFailure("the destroy failed", results, harness);
  for (const { logicalName, findings } of resources) checkDestroy(logicalName, harness, findings);
}

interface Resource {
  readonly logicalName: string;
  readonly exists: boolean;
  readonly before: Declaration;
  readonly after: Declaration;
  readonly findings: Findings;
}

/** The resources of the cases, and the others, which count for the first case. */
function resourcesOf({ command, others = 0 }: Scenario, results: readonly CaseResult[]): Resource[] {
  const existsForAll = command !== "up";
  const ofCases = results.map(({ case: { logicalName, change, declaration }, findings }): Resource => {
    const before = { appType: "superset", ...declaration } as const;
    const after = change === "replace" ? ({ ...before, appType: "airflow" } as const) : before;
    return { logicalName, exists: existsForAll || change !== undefined, before, after, findings };
  });
  const [first] = ofCases;
  if (first === undefined) return [];
  return [
    ...ofCases,
    ...Array.from({ length: others }, (_, index) => ({ ...first, logicalName: `other${index + 1}` })),
  ];
}

/** Returns whether a kill ended the command. */
async function runCommand({ command, kill, during }: Scenario, harness: FaultHarness): Promise<boolean> {
  // A killed run has no flag: with it, the engine (3.259.0) can wait forever after a failed delete of a replacement.
  const run = harness.spawn(command, kill === undefined && command !== "refresh" ? ["--continue-on-error"] : []);
  let isKilled = false;
  if (kill !== undefined) {
    const { how, isTime = () => harness.isEverythingHeld() } = kill;
    isKilled = await killWhen(run, { how, isTime: () => isTime(harness), release: () => harness.releaseHolds() });
  }
  await during?.(harness, run);
  await harness.finish(run);
  return isKilled;
}

/** Adds what a failed command reported about each case, or all of it if it names none. */
function addFailure(what: string, results: readonly CaseResult[], { report }: FaultHarness): void {
  let isNamed = false;
  for (const { case: each, findings } of results) {
    const lines = report.split("\n").filter((line) => new RegExp(`(?<!\\w)${each.logicalName}(?!\\w)`).test(line));
    if (lines.length === 0) continue;
    isNamed = true;
    findings.problems.push(`${what}: ${lines.join(" | ").slice(0, 600)}`);
  }
  if (!isNamed) results[0]?.findings.problems.push(`${what}: ${report}`);
}

/** Adds the faults of a case. Returns a function that counts those that were not applied. */
function arm({ logicalName, rules = [], outcomes = [] }: PlacedCase, harness: FaultHarness): () => number {
  const name = `${logicalName}-*`;
  const ids = [
    ...rules.map(({ match, ...rule }) => {
      // A request for a list concerns no single deployment.
      const ofCase = match?.path === "/deployments" && match.method === "GET" ? {} : { name };
      return harness.control.faults.add({ ...harness.fillIn(rule), match: { ...ofCase, ...match } }).id;
    }),
    ...outcomes.map((rule) => harness.control.outcomes.add({ ...rule, match: { name, ...rule.match } }).id),
  ];
  return () => ids.filter((id) => !harness.applied.has(id)).length;
}
