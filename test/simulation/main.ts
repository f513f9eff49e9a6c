/**
 * `npm run simulate -- --seeds N [--from S] [--host dynamic|plugin] [--keep-going] [--coverage]` runs the histories of many
 * seeds; `--seed S [--no-shrink]` replays one, and prints the smallest failing history as a timeline.
 */

import { parseArgs } from "node:util";
import { type HostName, hostNames } from "./history";
import { historyOf, shrink, violationOf } from "./run-seeds";
import { Coverage, Simulation } from "./simulation";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      host: { type: "string" },
      "keep-going": { type: "boolean", default: false },
      coverage: { type: "boolean", default: false },
      "no-shrink": { type: "boolean", default: false },
    },
  });
  const hosts = values.host === undefined ? undefined : hostNames.filter((name) => name === values.host);
  if (hosts?.length === 0) throw new Error(`--host must be ${hostNames.join(" or ")}`);
  const coverage = new Coverage();
  if (values.seed !== undefined) return replay(Number(values.seed), { hosts, isShrunk: !values["no-shrink"] });

  const first = Number(values.from);
  const end = first + Number(values.seeds);
  const startedAt = performance.now();
  const failures = new Map<string, number[]>();
  let done = 0;
  for (let seed = first; seed < end; seed += 1) {
    const violation = await violationOf(historyOf(seed, hosts), coverage);
    done += 1;
    if (violation === undefined) continue;
    const kind = kindOf(violation);
    failures.set(kind, [...(failures.get(kind) ?? []), seed]);
    if (!values["keep-going"]) break;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`${done} histories in ${seconds.toFixed(1)} s: ${Math.round(done / seconds)} a second`);
  for (const [kind, seeds] of [...failures].sort(([, a], [, b]) => b.length - a.length)) {
    console.log(`${String(seeds.length).padStart(6)} × ${kind} (seeds ${seeds.slice(0, 5).join(", ")})`);
  }
  if (values.coverage) printCoverage(coverage);
  const [seed] = [...failures.values()][0] ?? [];
  if (seed === undefined) return;
  process.exitCode = 1;
  if (!values["keep-going"]) await replay(seed, { hosts, isShrunk: !values["no-shrink"] });
}

async function replay(
  seed: number,
  { hosts, isShrunk }: { hosts: readonly HostName[] | undefined; isShrunk: boolean },
): Promise<void> {
  const coverage = new Coverage();
  const whole = historyOf(seed, hosts);
  const fails = (await violationOf(whole, coverage)) !== undefined;
  const history = fails && isShrunk ? await shrink(seed, { hosts, coverage }) : whole;
  console.log(JSON.stringify(history));
  const { timeline, violation } = await new Simulation(history, { coverage, isTraced: true }).run();
  console.log(timeline.join("\n"));
  console.log(violation === undefined ? `seed ${seed}: every invariant held` : `seed ${seed}: ${violation}`);
  if (violation !== undefined) process.exitCode = 1;
}

/** A violation without what differs between histories. */
function kindOf(violation: string): string {
  return violation
    .replace(/(dep|op)_[\w-]+/g, "<id>")
    .replace(/urn:\S+/g, "<urn>")
    .replace(/\br\d+x*\b/g, "<r>")
    .replace(/\d+/g, "N")
    .slice(0, 160);
}

function printCoverage({ counts }: Coverage): void {
  for (const [what, count] of [...counts].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`${String(count).padStart(8)}  ${what}`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
