/**
 * Creates deployments without the engine, and prints the measurements as JSON. It runs in a process of its own, so that it measures
 * only the memory and the CPU time of the provider.
 *
 * usage: core-run.ts COUNT, with ONVERA_BASE_URL and ONVERA_API_KEY set
 */
import { writeSync } from "node:fs";
import { resources } from "../provider/resources";
import { connect } from "../provider/runtime/connect";
import { resolveSettings } from "../provider/runtime/settings";

export interface CoreRun {
  /** The id of each deployment, and the time at which it was reported ready, in milliseconds since 1970. */
  readonly ready: readonly { readonly id: string; readonly at: number }[];
  readonly failed: number;
  readonly ms: number;
  readonly cpuMs: number;
  /** The memory before the first create and at its peak, in bytes. */
  readonly idleBytes: number;
  readonly peakBytes: number;
}

async function main(count: number): Promise<CoreRun> {
  const connection = connect(resolveSettings());
  const { client } = connection;
  const handler = resources["onvera:index:Deployment"];
  // Loads everything that the first call needs.
  await client.listDeployments();
  const idleBytes = process.memoryUsage().rss;
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const ready: { id: string; at: number }[] = [];
  const ends = await Promise.allSettled(
    Array.from({ length: count }, async (_, index) => {
      const name = `bench-${index}-${Math.random().toString(36).slice(2)}`;
      const call = { connect: () => connection, nameOwner: "run" } as const;
      const { id } = await handler.create({ appType: "superset", name }, call);
      ready.push({ id, at: Date.now() });
    }),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    ready,
    failed: ends.filter(({ status }) => status === "rejected").length,
    ms: performance.now() - startedMs,
    cpuMs: (user + system) / 1_000,
    idleBytes,
    peakBytes: process.resourceUsage().maxRSS * 1_024,
  };
}

void main(Number(process.argv[2])).then((run) => {
  writeSync(1, JSON.stringify(run));
  process.exit(0);
});
