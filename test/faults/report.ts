import { type Counter, counters } from "./checks";
import type { CaseResult } from "./run-scenario";

/** The result of a run, as docs/fault-matrix.json has it. */
export interface MatrixData {
  readonly cases: number;
  readonly counts: Readonly<Record<Counter, number>>;
  readonly scenarios: readonly {
    readonly id: string;
    readonly title: string;
    readonly cases: readonly {
      readonly request: string;
      readonly fault: string;
      /** By the host's name. */
      readonly results: Readonly<Record<string, "passed" | "failed">>;
    }[];
  }[];
}

export function matrixData(results: readonly CaseResult[]): MatrixData {
  const scenarios = groupBy(results, ({ scenario: { id } }) => id).map((ofScenario) => ({
    id: ofScenario[0].scenario.id,
    title: ofScenario[0].scenario.title,
    cases: groupBy(ofScenario, ({ case: { logicalName } }) => logicalName).map((ofCase) => ({
      request: ofCase[0].case.request,
      fault: ofCase[0].case.fault,
      results: Object.fromEntries(
        ofCase.map(({ host, findings }) => [host.name, findings.isGood ? ("passed" as const) : ("failed" as const)]),
      ),
    })),
  }));
  const total = (counter: Counter) => results.reduce((sum, { findings }) => sum + findings.counts[counter], 0);
  const counts = Object.fromEntries(counters.map((counter) => [counter, total(counter)])) as Record<Counter, number>;
  return { cases: results.length, counts, scenarios };
}

/** The last line of a run: `150 cases: 0 duplicates, 0 orphans, 0 lost, 0 foreign, 0 leaks`. */
export function summary({ cases, counts }: MatrixData): string {
  return `${cases} cases: ${counters.map((counter) => `${counts[counter]} ${counter}`).join(", ")}`;
}

const [start, end] = ["<!-- results -->", "<!-- end of results -->"];

/** The page with the results in the place of the former ones. */
export function pageWith(page: string, data: MatrixData): string {
  const { scenarios } = data;
  const hosts = [...new Set(scenarios.flatMap(({ cases }) => cases.flatMap(({ results }) => Object.keys(results))))];
  const rows = scenarios.map(({ title, cases }) => {
    const cells = hosts.map((host) => {
      const results = cases.flatMap(({ results: { [host]: result } }) => result ?? []);
      return `${results.filter((result) => result === "passed").length} of ${results.length}`;
    });
    return `| ${title} | ${cells.join(" | ")} |`;
  });
  const table = [`| scenario | ${hosts.join(" | ")} |`, `|${" --- |".repeat(1 + hosts.length)}`, ...rows].join("\n");
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no ${start} … ${end}`);
  return `${page.slice(0, from)}${start}\n\n${table}\n\n    ${summary(data)}\n\n${page.slice(to)}`;
}

/** The cases that failed, with the reasons. */
export function explainFailures(results: readonly CaseResult[]): string {
  return results
    .filter(({ findings }) => !findings.isGood)
    .map(({ scenario, case: { logicalName, request, fault }, host, findings: { missed, problems } }) => {
      const lines = missed > 0 ? [...problems, `${missed} faults did not occur`] : problems;
      const title = `${scenario.id} ${logicalName}, ${host.name}: ${request}: ${fault}`;
      return [title, ...lines.map((line) => `    ${line}`)].join("\n");
    })
    .join("\n");
}

/** In the order in which each key comes first. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
