import { availableParallelism } from "node:os";
import { FleetRun, type FleetRunOptions } from "../../scripts/fleet-run";
import { treeCpuMs, usageOf } from "../processes";
import { inMb, inSeconds, type Row, short } from "../row";

interface FleetOptions {
  readonly stacks: number;
  /** Deployments of each stack. */
  readonly size: number;
  readonly workers: readonly number[];
  readonly speed: number;
  readonly rateLimit: { readonly requests: number; readonly perSeconds: number };
}

/** Stacks of examples/fleet through a queue in PostgreSQL, applied by several workers, with and without a rate limit. */
export async function measureFleet({ rateLimit, workers, ...options }: FleetOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const limit of [undefined, rateLimit]) {
    for (const count of workers) {
      const measured = await measureWorkers({ ...options, workers: count, rateLimit: limit });
      for (const row of measured) process.stderr.write(`${row.id}: ${row.measured}\n`);
      rows.push(...measured);
    }
  }
  return rows;
}

async function measureWorkers({
  stacks,
  size,
  workers,
  speed,
  rateLimit,
}: Omit<FleetOptions, "workers" | "rateLimit"> & {
  readonly workers: number;
  readonly rateLimit: FleetOptions["rateLimit"] | undefined;
}): Promise<Row[]> {
  const deployments = Object.fromEntries(Array.from({ length: size }, (_, index) => [`d${index}`, "superset"]));
  const teams = {
    bench: {
      apiKey: "ONVERA_API_KEY",
      stacks: Object.fromEntries(Array.from({ length: stacks }, (_, index) => [`s${index}`, deployments])),
    },
  };
  const limited: Partial<FleetRunOptions> = rateLimit === undefined ? {} : { rateLimit, settings: { rateLimit } };
  const run = await FleetRun.start({ teams, speed, pollIntervalMs: 1_000, ...limited });
  if ("missing" in run) {
    process.stderr.write(`not measured: ${run.missing}\n`);
    return [];
  }
  try {
    await run.command(["enqueue"]);
    const startedMs = performance.now();
    const processes = Array.from({ length: workers }, () => run.startWorker());
    await run.command(["status", "--follow"]);
    const ms = performance.now() - startedMs;
    const pids = processes.map(({ pid = 0 }) => pid);
    const cpuMs = pids.reduce((sum, pid) => sum + (treeCpuMs(pid) ?? 0), 0);
    const peakBytes = Math.max(...pids.map((pid) => usageOf(pid)?.peakBytes ?? 0));
    const { requests } = run.emulator.control.requests.list();
    const refused = requests.filter(({ status }) => status === 429).length;
    const failed = stacks * size - run.emulator.control.state().counts.deployments.ready;
    const cpuFloorMs = cpuMs / availableParallelism();
    const limitFloorMs =
      rateLimit === undefined ? 0 : (requests.length / rateLimit.requests) * rateLimit.perSeconds * 1_000;
    const floorMs = Math.max(cpuFloorMs, limitFloorMs);
    const limits = limitFloorMs > cpuFloorMs ? "the rate limit" : "CPU";
    const isWithin = failed === 0 && refused < requests.length / 100;
    const key = rateLimit === undefined ? "no limit" : `a limit of ${rateLimit.requests} in ${rateLimit.perSeconds} s`;
    return [
      {
        id: `fleet-${workers}${rateLimit === undefined ? "" : "-limited"}`,
        what: `fleet: ${stacks} stacks of ${size} deployments, ${workers} ${workers === 1 ? "worker" : "workers"} with 2 slots each, ${key}`,
        peer: `the floor, ${limits}: ${inSeconds(floorMs)}`,
        goal: "≤ 1.5 × the floor, < 1 % refused, no failure",
        measured:
          `${inSeconds(ms)}, ${short(ms / floorMs)} ×, ${requests.length} requests, ${refused} refused, ${failed} failed; ` +
          `per worker ${inSeconds(cpuMs / workers)} of CPU with its engines, ${inMb(peakBytes)} without them`,
        ratio: isWithin ? ms / floorMs : Number.POSITIVE_INFINITY,
        goalRatio: 1.5,
        figures: {
          ...{ ms, requests: requests.length, refused, failed, workers, stacks, size },
          ...{ cpuMsPerWorker: cpuMs / workers, peakBytes, cpuFloorMs, limitFloorMs },
        },
      },
    ];
  } finally {
    await run.stop();
  }
}
