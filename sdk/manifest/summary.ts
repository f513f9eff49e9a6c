import * as pulumi from "@pulumi/pulumi";
import { textTable } from "../text-table";
import type { DeclaredDeployment } from "./declare";

/** The number of rows to show. More would hide the rest of the output. */
const rowsShown = 40;
/** A shorter time means that nothing was created. */
const shortestCreateMs = 1_000;

export interface SummaryRow {
  readonly key: string;
  readonly appType: string;
  readonly status: string;
  readonly url: string;
  /** From the start of the create until the deployment was ready, in milliseconds. */
  readonly tookMs: number;
}

/** Logs, once all deployments of an `up` are ready, their addresses and how long each create took. Does nothing in a preview. */
export function logSummary(declared: readonly DeclaredDeployment[]): void {
  if (pulumi.runtime.isDryRun() || declared.length === 0) return;
  const startedMs = Date.now();
  const readyMs = new Map<string, pulumi.Output<number>>();
  const rows = declared.map(({ key, deployment: { appType, status, url, createdAt }, dependsOn }) => {
    const ready = pulumi.all([appType, status, url, createdAt]).apply((known) => ({ known, atMs: Date.now() }));
    readyMs.set(
      key,
      ready.apply(({ atMs }) => atMs),
    );
    const dependencies = pulumi.all(dependsOn.flatMap((other) => readyMs.get(other) ?? []));
    return pulumi.all([ready, dependencies]).apply(
      ([{ known, atMs }, dependenciesMs]): SummaryRow => ({
        key,
        appType: known[0],
        status: known[1],
        url: known[2] ?? "",
        tookMs: createMs({ createdAt: known[3], earliestMs: Math.max(startedMs, ...dependenciesMs), readyMs: atMs }),
      }),
    );
  });
  pulumi.all(rows).apply((all) => pulumi.log.info(summaryTable(all)));
}

/**
 * How long a create took. It starts at the platform's `createdAt`, which is later than the earliest possible time if the
 * create had to wait for one of Pulumi's parallel slots. A time outside the run comes from a clock that differs from this
 * one, or from an earlier run, and is not used.
 */
export function createMs({
  createdAt,
  earliestMs,
  readyMs,
}: {
  readonly createdAt: string | undefined;
  /** The program started, and all dependencies were ready. */
  readonly earliestMs: number;
  readonly readyMs: number;
}): number {
  const createdMs = Date.parse(createdAt ?? "");
  const isInRun = createdMs > earliestMs && createdMs < readyMs;
  return readyMs - (isInRun ? createdMs : earliestMs);
}

/** The table, in the order of the manifest. */
export function summaryTable(rows: readonly SummaryRow[]): string {
  const cells = rows
    .slice(0, rowsShown)
    .map(({ key, appType, status, url, tookMs }) => [
      key,
      appType,
      status,
      url === "" ? "–" : url,
      tookMs < shortestCreateMs ? "–" : pulumiDuration(tookMs),
    ]);
  const lines = textTable([["DEPLOYMENT", "APPLICATION", "STATUS", "URL", "TOOK"], ...cells]);
  const more = rows.length - cells.length;
  // The CLI prints the first line next to the resource's name, so the table starts on the second one.
  return ["deployments:", ...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

/** A duration in Pulumi's format: `45s`, `6m2s`, `1h0m5s`. */
function pulumiDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return [...(hours > 0 ? [`${hours}h`] : []), ...(minutes > 0 ? [`${minutes % 60}m`] : []), `${seconds % 60}s`].join(
    "",
  );
}
