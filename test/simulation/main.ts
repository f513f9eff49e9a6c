/** `npm run simulate`: runs the histories of many seeds, replays one, or turns the protections off one after another. */

import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { coverageTables } from "./coverage-tables";
import { type HostName, hostNames } from "./history";
import { elsewhere, mutations } from "./mutations";
import type { Patches } from "./product";
import { type Batch, type Failure, historyOf, runSeeds, shrink, violationOf } from "./run-seeds";
import { Coverage, Simulation } from "./simulation";

const help = `npm run simulate -- [--seeds N] [--from S] [--host dynamic|plugin] [--jobs N] [--keep-going]
                    [--seed S [--no-shrink] | --mutations [--only ID]]

  --seeds N      how many histories to run; default 1000
  --from S       the first seed; default 1
  --host NAME    only histories of this host
  --jobs N       how many processes share the work; default 1
  --keep-going   continue after a violation
  --seed S       replay one history as a timeline, shrunk if it fails
  --mutations    turn each protection of the provider off, and print after how many seeds that is noticed
`;
/** One process runs so many seeds at a time. */
const batchSize = 250;

interface WorkerTask {
  readonly first: number;
  readonly count: number;
  readonly hosts: readonly HostName[] | undefined;
  readonly stops: boolean;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      host: { type: "string" },
      jobs: { type: "string", default: "1" },
      "keep-going": { type: "boolean", default: false },
      "no-shrink": { type: "boolean", default: false },
      mutations: { type: "boolean", default: false },
      only: { type: "string" },
      worker: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  if (values.worker) return work();
  const hosts = values.host === undefined ? undefined : hostNames.filter((name) => name === values.host);
  if (hosts?.length === 0) throw new Error(`--host must be ${hostNames.join(" or ")}`);
  if (values.seed !== undefined) return replay(Number(values.seed), { hosts, isShrunk: !values["no-shrink"] });
  if (values.mutations) return runMutations({ only: values.only, maxSeeds: Number(values.seeds ?? 20_000) });

  const first = Number(values.from);
  const startedAt = performance.now();
  const tasks: WorkerTask[] = [];
  const end = first + Number(values.seeds ?? 1_000);
  for (let next = first; next < end; next += batchSize) {
    tasks.push({ first: next, count: Math.min(batchSize, end - next), hosts, stops: !values["keep-going"] });
  }
  const batches = Number(values.jobs) > 1 ? await inWorkers(tasks, Number(values.jobs)) : await inThisProcess(tasks);
  const seconds = (performance.now() - startedAt) / 1_000;
  const done = batches.reduce((sum, batch) => sum + batch.done, 0);
  const coverage = new Coverage();
  for (const [what, count] of batches.flatMap(({ counts }) => counts)) coverage.add(what, count);
  console.log(coverageTables(coverage));
  console.log(`${done} histories in ${seconds.toFixed(1)} s: ${(done / seconds).toFixed(1)} a second`);
  const failures = new Map<string, number[]>();
  for (const { seed, violation } of batches.flatMap((batch) => batch.failures)) {
    const kind = kindOf(violation);
    failures.set(kind, [...(failures.get(kind) ?? []), seed]);
  }
  for (const [kind, seeds] of [...failures].sort(([, a], [, b]) => b.length - a.length)) {
    console.log(`${String(seeds.length).padStart(6)} × ${kind} (seeds ${seeds.slice(0, 5).join(", ")})`);
  }
  const [seed] = [...failures.values()][0] ?? [];
  if (seed === undefined) return;
  process.exitCode = 1;
  if (!values["keep-going"]) await replay(seed, { hosts, isShrunk: !values["no-shrink"] });
}

async function inThisProcess(tasks: readonly WorkerTask[]): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (const task of tasks) {
    const batch = await runSeeds(task);
    batches.push(batch);
    if (task.stops && batch.failures.length > 0) break;
  }
  return batches;
}

async function inWorkers(tasks: readonly WorkerTask[], jobs: number): Promise<Batch[]> {
  const left = [...tasks];
  const batches: Batch[] = [];
  const serve = () =>
    new Promise<void>((resolve, reject) => {
      const worker = fork(process.argv[1] as string, ["--worker"]);
      const next = () => {
        const task = left.shift();
        if (task === undefined) worker.disconnect();
        else worker.send(task);
      };
      worker.on("message", (batch: Batch) => {
        batches.push(batch);
        if (tasks[0]?.stops && batch.failures.length > 0) left.length = 0;
        next();
      });
      worker.on("error", reject);
      worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      next();
    });
  await Promise.all(Array.from({ length: jobs }, serve));
  return batches;
}

function work(): void {
  process.on("message", (task: WorkerTask) => {
    runSeeds(task).then(
      (batch) => process.send?.(batch),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

/** Prints the table of docs/safeguards.md. Exit code 1 if a protection can be turned off unnoticed. */
async function runMutations({ only, maxSeeds }: { only: string | undefined; maxSeeds: number }): Promise<void> {
  console.log("| protection: the provider … | noticed at seed | violation |\n| --- | --- | --- |");
  for (const [id, { what, patches }] of Object.entries(mutations)) {
    if (only !== undefined && only !== id) continue;
    const noticed = await firstNoticed(patches, maxSeeds);
    if (noticed === undefined) process.exitCode = 1;
    console.log(`| ${what} (\`${id}\`) | ${noticed?.seed ?? "never"} | ${readable(noticed?.violation ?? "")} |`);
  }
  if (only === undefined) for (const [what, why] of elsewhere) console.log(`| ${what} | not simulated | ${why} |`);
}

/** The first seed whose history breaks an invariant with the patches, and holds every one without them. */
async function firstNoticed(patches: Patches, maxSeeds: number): Promise<Failure | undefined> {
  Error.stackTraceLimit = 0;
  for (let seed = 1; seed <= maxSeeds; seed += 1) {
    const history = historyOf(seed);
    const violation = await violationOf(history, new Coverage(), patches);
    if (violation !== undefined && (await violationOf(history, new Coverage())) === undefined)
      return { seed, violation };
  }
  return undefined;
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
  return readable(violation).replace(/\d+/g, "N");
}

function readable(violation: string): string {
  return violation
    .replace(/\b(?:(?:dep|op)_)?[0-9a-f]{8}-[0-9a-f-]{27}\b/g, "an id")
    .replace(/urn:\S+/g, "a URN")
    .replace(/\br\d+x*(-\w{7})?\b/g, "a resource")
    .replace(/[|\n].*/s, "")
    .slice(0, 110);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
