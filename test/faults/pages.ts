import { isGood } from "./judge";
import { summary } from "./report";
import type { CaseResult } from "./run-scene";

const matrixHead = `# The fault matrix

Written by \`npm run faults\`. The local platform fails in each of these ways, at each of these calls, while a real \`pulumi\`
command runs against it; then everything is mended, and one plain \`pulumi up\` and a \`pulumi destroy\` follow. Counted are
deployments that were made twice (duplicates), that are on the platform but not in the state, or outlive the destroy
(orphans), that are in the state without being there, or have left it (lost), that belong to somebody else and were touched
(foreign), and places where the API key was found: state, output, event log, debug log, process arguments, other hosts
(leaks).`;

const matrixLegend = `✓ all as it should be, and nothing counted · ✗ not so · – the call is not made through this door. Where one row stands
for several cases, they differ in what had gone on before.`;

/**
 * The page that shows the matrix: a row for each fault at each call, with the doors side by side. The same results give the
 * same text: nothing in it depends on when or where it was run.
 */
export function matrixPage(results: readonly CaseResult[]): string {
  const doors = [...new Set(results.map(({ door }) => door.name))];
  const sections = groupBy(results, ({ scene }) => scene.command).map(([command, ofCommand]) => {
    const rows = groupBy(ofCommand, ({ case: { call, fault } }) => `| \`${call}\` | ${fault.replaceAll("|", "\\|")} |`);
    const lines = rows.map(([row, ofRow]) => {
      const marks = doors.map((name) => markOf(ofRow.filter(({ door }) => door.name === name)));
      return `${row} ${marks.join(" | ")} |`;
    });
    const columns = `| call | what goes wrong | ${doors.join(" | ")} |`;
    return [`## ${capitalized(command)}`, "", columns, `|${" --- |".repeat(2 + doors.length)}`, ...lines].join("\n");
  });
  return `${[matrixHead, `    ${summary(results)}`, matrixLegend, ...sections].join("\n\n")}\n`;
}

function markOf(results: readonly CaseResult[]): string {
  if (results.length === 0) return "–";
  return results.every(({ verdict }) => isGood(verdict)) ? "✓" : "✗";
}

/** In the order in which each key came first. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
