import { type Counter, counters, isGood } from "./judge";
import type { CaseResult } from "./run-scene";

/** The closing line: `250 cases: 0 duplicates, 0 orphans, 0 lost, 0 foreign, 0 leaks`. */
export function summary(results: readonly CaseResult[]): string {
  const total = (counter: Counter) => results.reduce((sum, { verdict }) => sum + verdict.counts[counter], 0);
  return `${results.length} cases: ${counters.map((counter) => `${total(counter)} ${counter}`).join(", ")}`;
}

/** A line for each case, in columns. */
export function textTable(results: readonly CaseResult[]): string {
  const rows = results.map(({ scene, case: each, door, verdict }) => {
    const mark = isGood(verdict) ? "ok" : "FAILED";
    return [mark, door.name, scene.command, each.call, each.fault];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What is wrong with the cases that failed, each with the reasons. */
export function explainFailures(results: readonly CaseResult[]): string {
  return results
    .filter(({ verdict }) => !isGood(verdict))
    .map(({ scene, case: each, door, verdict }) => {
      const title = `${scene.id} ${each.logicalName}, ${door.name}: ${scene.command}, ${each.call}: ${each.fault}`;
      return [title, ...verdict.problems.map((problem) => `    ${problem}`)].join("\n");
    })
    .join("\n");
}
