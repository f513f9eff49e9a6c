import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { repositoryRoot } from "../../scripts/engine/project";
import type { CoreRun } from "../core-run";
import { type Row, short } from "../row";
import { median, quantile } from "../sampling";

/** A realistic latency of responses, in milliseconds. */
export const realisticLatencyMs = [20, 80] as const;

/** The maximum recommended poll interval is five seconds (API reference, "Operations"). */
const intervalMs = 5_000;

interface Polled {
  readonly count: number;
  readonly run: CoreRun;
  /** The number of poll requests, in total and in each round. */
  readonly polls: number;
  readonly pollsPerRound: number;
  /** The delay between the end of each operation and the end of its create, in milliseconds. */
  readonly lags: readonly number[];
  /** The number of all requests. */
  readonly requests: number;
}

/** The cost of operations in flight: requests, time, memory and CPU time, for each count. */
export async function measurePolling({ counts, speed }: { counts: readonly number[]; speed: number }): Promise<Row[]> {
  const emulator = await startEmulator({ speed, latencyMs: [...realisticLatencyMs] });
  const all: Polled[] = [];
  try {
    // A real platform has earlier deployments, too.
    await runCore(emulator, 5);
    for (const count of counts) all.push(await poll(emulator, count));
  } finally {
    await emulator.close();
  }
  const rows: Row[] = all.map(({ count, polls, pollsPerRound }) => {
    const goal = Math.max(1, count / 100);
    return {
      id: `polls-${count}`,
      what: `poll requests per round, ${count} in flight`,
      peer: `naive: ${count}`,
      goal: `about ${short(goal)}`,
      measured: `${short(pollsPerRound)} (${polls} in total)`,
      ratio: pollsPerRound / goal,
      goalRatio: 1.5,
      figures: { polls, pollsPerRound, naive: count },
    };
  });
  const lags = all.map(({ lags: each }) => median(each));
  const slowest = Math.max(...lags);
  rows.push({
    id: "noticed",
    what: `median delay after the end of an operation (${counts.join(", ")} in flight)`,
    peer: "naive: up to one interval",
    goal: "under one interval of 5 s",
    measured: `${lags.map((ms) => short(ms / 1_000)).join(", ")} s`,
    ratio: slowest / intervalMs,
    goalRatio: 1,
    figures: Object.fromEntries(
      all.flatMap(({ count, lags: each }) => [
        [`median-${count}`, median(each)],
        [`p95-${count}`, quantile(each, 0.95)],
      ]),
    ),
  });
  rows.push(growthRow(all));
  return rows;
}

/** The growth of each figure per deployment, from the second largest count to the largest. */
function growthRow(all: readonly Polled[]): Row {
  const [before, last] = all.slice(-2) as [Polled, Polled];
  const per = ({ count, run, requests }: Polled) => ({
    requests: requests / count,
    cpu: run.cpuMs / count,
    memory: (run.peakBytes - run.idleBytes) / count,
  });
  const [small, large] = [per(before), per(last)];
  const growths = [large.requests / small.requests, large.cpu / small.cpu, large.memory / small.memory];
  return {
    id: "growth",
    what: `cost per deployment at ${last.count}, relative to ${before.count}: requests, CPU, memory`,
    peer: [
      `with ${all.map(({ count }) => count).join(", ")} in flight: requests ${all.map(({ requests }) => requests).join(", ")}`,
      `time ${all.map(({ run }) => short(run.ms / 1_000)).join(", ")} s`,
      `CPU ${all.map(({ run }) => short(run.cpuMs / 1_000)).join(", ")} s`,
      `peak memory ${all.map(({ run }) => Math.round(run.peakBytes / 2 ** 20)).join(", ")} MB`,
    ].join("; "),
    goal: "no more than linear",
    measured: `${growths.map(short).join(", ")} ×`,
    ratio: Math.max(...growths),
    goalRatio: 1.1,
    figures: Object.fromEntries(
      all.flatMap(({ count, run, requests }) => [
        [`requests-${count}`, requests],
        [`ms-${count}`, run.ms],
        [`cpuMs-${count}`, run.cpuMs],
        [`peakBytes-${count}`, run.peakBytes],
      ]),
    ),
  };
}

async function poll(emulator: Emulator, count: number): Promise<Polled> {
  emulator.control.requests.clear();
  const run = await runCore(emulator, count);
  if (run.failed > 0) throw new Error(`${run.failed} of ${count} creates failed`);
  const { requests } = emulator.control.requests.list();
  const polls = requests.filter(({ method, path }) => method === "GET" && /\/operations/.test(path));
  const ends = new Map(
    emulator.control.state().operations.map(({ resource, ended_at }) => [resource.id, Date.parse(ended_at ?? "")]),
  );
  return {
    count,
    run,
    polls: polls.length,
    pollsPerRound: polls.length / roundsOf(polls.map(({ at }) => Date.parse(at))),
    lags: run.ready.map(({ id, at }) => at - (ends.get(id) ?? Number.NaN)),
    requests: requests.length,
  };
}

export async function runCore({ baseUrl, apiKey }: Emulator, count: number): Promise<CoreRun> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", join(__dirname, "..", "core-run.ts"), String(count)],
    {
      cwd: repositoryRoot,
      env: { ...process.env, ONVERA_BASE_URL: baseUrl, ONVERA_API_KEY: apiKey },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return JSON.parse(stdout) as CoreRun;
}

/** The number of rounds. Requests within a second of each other belong to one round. */
function roundsOf(times: readonly number[]): number {
  return times.filter((time, index) => index === 0 || time - (times[index - 1] ?? 0) > 1_000).length;
}
