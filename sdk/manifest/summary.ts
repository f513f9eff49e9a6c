import * as pulumi from "@pulumi/pulumi";
import { formatDuration } from "../../provider/deployment/timeouts";
import { textTable } from "../../provider/text-table";
import type { Deployment } from "../deployment";

/** More rows would push what else a run says off the screen. */
const rowsShown = 40;
/** What was there already is known at once, in milliseconds. */
const atOnceMs = 1_000;

export interface SummaryRow {
  readonly key: string;
  readonly appType: string;
  readonly status: string;
  readonly url: string;
  /** From the start of the program until the deployment was as declared, in milliseconds. */
  readonly tookMs: number;
}

/** Tells, once all deployments of an `up` are ready, where they are and how long each took. Says nothing in a preview. */
export function tellSummary(deployments: Readonly<Record<string, Deployment>>): void {
  const entries = Object.entries(deployments);
  if (pulumi.runtime.isDryRun() || entries.length === 0) return;
  const startedMs = performance.now();
  const rows = entries.map(([key, { appType, status, url }]) =>
    pulumi.all([appType, status, url]).apply(
      (known): SummaryRow => ({
        key,
        appType: known[0],
        status: known[1],
        url: known[2] ?? "",
        tookMs: performance.now() - startedMs,
      }),
    ),
  );
  pulumi.all(rows).apply((all) => pulumi.log.info(summaryTable(all)));
}

/** A short table for people, in the order of the manifest. */
export function summaryTable(rows: readonly SummaryRow[]): string {
  const cells = rows
    .slice(0, rowsShown)
    .map(({ key, appType, status, url, tookMs }) => [
      key,
      appType,
      status,
      url === "" ? "–" : url,
      tookMs < atOnceMs ? "–" : formatDuration(tookMs),
    ]);
  const lines = textTable([["DEPLOYMENT", "APPLICATION", "STATUS", "URL", "TOOK"], ...cells]);
  const more = rows.length - cells.length;
  // The first line stands beside the resource's name; a table begins better on one of its own.
  return ["deployments:", ...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}
