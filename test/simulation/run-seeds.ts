/** Runs the histories of many seeds, and shrinks one that fails. */

import fc from "fast-check";
import { type History, type HostName, histories } from "./history";
import type { Patches } from "./product";
import { Coverage, Simulation } from "./simulation";

export interface Failure {
  readonly seed: number;
  readonly violation: string;
}

/** The history of a seed. */
export function historyOf(seed: number, hosts?: readonly HostName[]): History {
  const [history] = fc.sample(histories(hosts), { seed, numRuns: 1 });
  if (history === undefined) throw new Error(`no history for seed ${seed}`);
  return history;
}

export async function violationOf(
  history: History,
  coverage: Coverage,
  patches?: Patches,
): Promise<string | undefined> {
  const { violation } = await new Simulation(history, { coverage, isTraced: false, patches }).run();
  return violation;
}

export interface Batch {
  readonly done: number;
  readonly failures: readonly Failure[];
  readonly counts: readonly (readonly [string, number])[];
}

export interface SeedRange {
  readonly first: number;
  readonly count: number;
  readonly hosts?: readonly HostName[] | undefined;
  /** Stops at the first violation. */
  readonly stops: boolean;
  readonly patches?: Patches | undefined;
}

export async function runSeeds({ first, count, hosts, stops, patches }: SeedRange): Promise<Batch> {
  // Stacks of errors cost more than anything else that fails.
  Error.stackTraceLimit = 0;
  const coverage = new Coverage();
  const failures: Failure[] = [];
  let done = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const violation = await violationOf(historyOf(seed, hosts), coverage, patches);
    done += 1;
    if (violation === undefined) continue;
    failures.push({ seed, violation });
    if (stops) break;
  }
  return { done, failures, counts: [...coverage.counts] };
}

/** The smallest history with a violation that fast-check finds from a seed's. */
export async function shrink(
  seed: number,
  { hosts, coverage, maxRuns = 600 }: { hosts?: readonly HostName[] | undefined; coverage: Coverage; maxRuns?: number },
): Promise<History> {
  let runs = 0;
  const property = fc.asyncProperty(histories(hosts), async (history) => {
    runs += 1;
    if (runs > maxRuns) return;
    const violation = await violationOf(history, coverage);
    if (violation !== undefined) throw new Error(violation);
  });
  const { counterexample } = await fc.check(property, { seed, numRuns: 1 });
  return counterexample?.[0] ?? historyOf(seed, hosts);
}
