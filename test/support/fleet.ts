import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import pg from "pg";
import { postgresPassword } from "../../scripts/engine/postgres";
import { FleetRun, type FleetRunOptions } from "../../scripts/fleet-run";
import { untilDeployments } from "./harness";

interface StackStatus {
  readonly stack: string;
  readonly status: string;
  readonly reason: string | null;
  readonly next_step: string | null;
}

/** A fleet of real processes, and what tests look at. */
export class FleetHarness {
  constructor(readonly run: FleetRun) {}

  get control() {
    return this.run.emulator.control;
  }

  get databaseUrl(): string {
    return `postgres://pulumi:${postgresPassword}@127.0.0.1:${this.run.postgres.port}/postgres`;
  }

  countRequests(isCounted: (request: { method: string; status: number | null }) => boolean): number {
    return this.control.requests.list().requests.filter(isCounted).length;
  }

  /** The platform has accepted so many creates. */
  untilDeployments(count: number): Promise<void> {
    return untilDeployments(this.control, count);
  }

  /** Resolves with the stacks as soon as they are as wanted; PostgreSQL may restart meanwhile. */
  async until(
    isWanted: (stacks: ReadonlyMap<string, StackStatus>) => boolean,
  ): Promise<ReadonlyMap<string, StackStatus>> {
    for (;;) {
      const client = new pg.Client(this.databaseUrl);
      try {
        const broken = new Promise<void>((resolve) => client.once("error", () => resolve()));
        await client.connect();
        await client.query("listen fleet");
        for (;;) {
          const changed = new Promise<void>((resolve) => client.once("notification", () => resolve()));
          const { rows } = await client.query<StackStatus>("select * from fleet.stack");
          const stacks = new Map(rows.map((row) => [row.stack, row]));
          if (isWanted(stacks)) return stacks;
          await Promise.race([changed, broken.then(() => Promise.reject(new Error("the connection broke")))]);
        }
      } catch (error) {
        if (!/connection|ECONN|starting up|shutting down|terminat/i.test(String(error))) throw error;
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  /** Every stack has this status. */
  untilAll(status: string): Promise<ReadonlyMap<string, StackStatus>> {
    return this.until((stacks) => [...stacks.values()].every((each) => each.status === status));
  }

  /** No run waits in the queue, or is in progress. */
  async untilNoJobs(): Promise<void> {
    const pending = "select count(*) from pgboss.job where state in ('created', 'retry', 'active')";
    while (Number(await this.run.postgres.query(pending)) > 0) await delay(200);
  }

  async lockCount(): Promise<number> {
    return Number(await this.run.postgres.query("select count(*) from pulumi_state where key like '%/locks/%'"));
  }

  /** The platform has what the states hold, so many deployments, and none was created twice. */
  async expectAgreement(count: number, { creates = count } = {}): Promise<void> {
    const rows = await this.run.postgres.query(
      "select data->>'data' from pulumi_state where key like '%/stacks/%' and key like '%.json'",
    );
    const ids = rows
      .split("\n")
      .filter((row) => row !== "")
      .flatMap((row): { type: string; id?: string }[] => {
        return JSON.parse(Buffer.from(row, "base64").toString()).checkpoint.latest?.resources ?? [];
      })
      .flatMap(({ type, id }) => (type === "onvera:index:Deployment" && id ? [id] : []));
    const onPlatform = this.control.state().deployments.map(({ id }) => id);
    expect(onPlatform.sort(), "deployments on the platform, against those in the states").to.deep.equal(ids.sort());
    expect(ids).to.have.length(count);
    expect(
      this.countRequests(({ method }) => method === "POST"),
      "creates",
    ).to.equal(creates);
    expect(await this.lockCount(), "locks").to.equal(0);
  }
}

/** For a `describe` block: starts fleets, and stops them after each test; skips tests where there is no PostgreSQL. */
export function useFleet(): (context: Mocha.Context, options: FleetRunOptions) => Promise<FleetHarness> {
  const runs: FleetRun[] = [];
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });
  return async (context, options) => {
    const run = await FleetRun.start(options);
    if ("missing" in run) {
      process.stderr.write(`    not run: ${run.missing}\n`);
      return context.skip();
    }
    runs.push(run);
    return new FleetHarness(run);
  };
}
