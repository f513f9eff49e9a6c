import { createHash } from "node:crypto";
import pg from "pg";
import PgBoss from "pg-boss";
import type { Desired, Settings } from "./config";

export type Task = "up" | "preview" | "drift" | "destroy";

/** Previews and drift checks: a stack keeps its status while they run. */
export function changesNothing(task: Task): boolean {
  return task === "preview" || task === "drift";
}

/** What the queue holds for each run: names, never a key. */
export interface JobData {
  readonly stack: string;
  readonly task: Task;
}

export interface Job {
  readonly id: string;
  readonly data: JobData;
  readonly isLastTry: boolean;
}

export type Status = "queued" | "running" | "retrying" | "done" | "drifted" | "failed" | "destroyed";

/** A stack as `fleet status` shows it. */
export interface StackRow {
  readonly stack: string;
  readonly team: string;
  readonly key_variable: string;
  readonly deployments: Desired["deployments"];
  readonly status: Status | "new";
  readonly task: Task | null;
  readonly reason: string | null;
  readonly next_step: string | null;
  /** What the last preview after the last change has shown. */
  readonly preview: string | null;
  readonly worker: string | null;
}

export interface Result {
  readonly status: Status;
  readonly reason?: string;
  readonly nextStep?: string;
}

const queue = "stacks";

const schema = `
  create schema if not exists fleet;
  create table if not exists fleet.stack (
    stack text primary key, team text not null, key_variable text not null, deployments jsonb not null, hash text not null,
    applied_hash text, status text not null default 'new', task text, reason text, next_step text,
    worker uuid, job uuid, changed_at timestamptz not null default now());
  alter table fleet.stack add column if not exists preview text;
  create table if not exists fleet.worker (
    id uuid primary key, host text not null, pid int not null, slots int not null, renewed_at timestamptz not null);
  create table if not exists fleet.rate (key text primary key, next_at timestamptz not null);
  create or replace function fleet.tell() returns trigger language plpgsql as
    $$ begin perform pg_notify('fleet', new.stack || ' ' || new.status); return null; end $$;
  create or replace trigger tell after insert or update on fleet.stack for each row execute function fleet.tell();
`;

/** Everything that commands and workers share: it is all in PostgreSQL. */
export class Store {
  /** After a failure, nothing is reserved before this time. */
  private reservesFrom = 0;

  private constructor(
    private readonly pool: pg.Pool,
    private readonly boss: PgBoss,
    private readonly settings: Settings,
  ) {}

  /** Connects, and creates the tables and the queue if they are missing. */
  static async open(connectionString: string, settings: Settings, maintains = false): Promise<Store> {
    const options = { connectionString, max: 6, connectionTimeoutMillis: 2_000, query_timeout: 10_000 };
    const pool = new pg.Pool(options);
    const boss = new PgBoss({ connectionString, max: 2, supervise: maintains, schedule: false });
    // A server that restarts breaks connections; the next use opens new ones.
    pool.on("error", () => undefined);
    boss.on("error", () => undefined);
    const client = await pool.connect();
    try {
      await client.query("select pg_advisory_lock(hashtext('onvera fleet'))");
      await client.query(schema);
      await boss.start();
      await boss.createQueue(queue, { name: queue, policy: "short" });
    } finally {
      // Ends the session, and the lock with it.
      client.release(true);
    }
    return new Store(pool, boss, settings);
  }

  async close(): Promise<void> {
    await this.boss.stop({ graceful: false, wait: true }).catch(() => undefined);
    await this.pool.end();
  }

  async query<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T>(sql, values)).rows;
  }

  /** Records what the files say. Returns the stacks that have to be applied, and those that the files no longer list. */
  async record(desired: readonly Desired[]): Promise<{ changed: string[]; missing: string[] }> {
    for (const { stack, team, keyVariable, deployments } of desired) {
      const hash = createHash("sha256").update(JSON.stringify(deployments)).digest("hex");
      await this.query(
        `insert into fleet.stack (stack, team, key_variable, deployments, hash) values ($1, $2, $3, $4, $5)
         on conflict (stack) do update set team = $2, key_variable = $3, deployments = $4, hash = $5
         where (fleet.stack.team, fleet.stack.key_variable, fleet.stack.hash) is distinct from ($2, $3, $5)`,
        [stack, team, keyVariable, JSON.stringify(deployments), hash],
      );
    }
    const names = desired.map(({ stack }) => stack);
    const changed = await this.query<{ stack: string }>(
      "select stack from fleet.stack where applied_hash is distinct from hash and stack = any($1) order by stack",
      [names],
    );
    const missing = await this.query<{ stack: string }>(
      "select stack from fleet.stack where not stack = any($1) and status <> 'destroyed' order by stack",
      [names],
    );
    return { changed: changed.map(({ stack }) => stack), missing: missing.map(({ stack }) => stack) };
  }

  /**
   * Queues a run. A preview or drift check that already waits is not queued twice; an `up` or `destroy` replaces the changes of its
   * stack that wait.
   */
  async enqueue(data: JobData, { afterSeconds = 0 } = {}): Promise<void> {
    const { retry, taskSeconds } = this.settings;
    if (!changesNothing(data.task)) await this.endOthers(data, "state < 'active'");
    await this.boss.send(queue, data, {
      singletonKey: `${data.task} ${data.stack}`,
      // A sweep for drift gives way to changes.
      priority: data.task === "drift" ? 0 : 1,
      retryLimit: retry.limit,
      retryDelay: retry.delaySeconds,
      retryBackoff: true,
      expireInSeconds: taskSeconds + 60,
      ...(afterSeconds > 0 ? { startAfter: new Date(Date.now() + afterSeconds * 1_000) } : {}),
    });
    if (changesNothing(data.task)) return;
    await this.query(
      `update fleet.stack set status = 'queued', task = $2, reason = null, next_step = null, changed_at = now()
       where stack = $1 and worker is null`,
      [data.stack, data.task],
    );
  }

  /** Ends the jobs of a stack that an `up` or `destroy` makes obsolete, where `condition` holds. */
  private async endOthers({ stack, task }: JobData, condition: string, values: unknown[] = []): Promise<void> {
    const tasks: Task[] = task === "destroy" ? ["up", "destroy", "preview", "drift"] : ["up", "destroy"];
    await this.query(`delete from pgboss.job where name = $1 and singleton_key = any($2) and ${condition}`, [
      queue,
      tasks.map((each) => `${each} ${stack}`),
      ...values,
    ]);
  }

  /** Every stack, and whether a run of it is due, in progress or to be tried again. */
  stacks(): Promise<(StackRow & { readonly is_pending: boolean })[]> {
    return this.query(
      `select *, stack in (
         select data->>'stack' from pgboss.job
         where name = $1 and (state in ('retry', 'active') or state = 'created' and start_after < now())) is_pending
       from fleet.stack order by stack`,
      [queue],
    );
  }

  /** Waits until the status of a stack changes, or for `timeoutMs`. */
  async nextChange(timeoutMs: number): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query("listen fleet");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        client.once("notification", () => {
          clearTimeout(timer);
          resolve();
        });
      });
    } finally {
      client.release(true);
    }
  }

  async take(): Promise<Job | undefined> {
    const [job] = await this.boss.fetch<JobData>(queue, { includeMetadata: true });
    if (job === undefined) return undefined;
    return { id: job.id, data: job.data, isLastTry: job.retryCount >= job.retryLimit };
  }

  /** Makes a worker the only one that runs the stack. Undefined if another one does, or if the job was ended meanwhile. */
  async claim({ id, data: { stack, task } }: Job, worker: string): Promise<StackRow | undefined> {
    const changed = "status = 'running', task = $4, reason = null, next_step = null,";
    const rows = await this.query<StackRow>(
      `update fleet.stack set ${changesNothing(task) ? "" : changed} worker = $2, job = $3, changed_at = now()
       where stack = $1 and worker is null and exists (select from pgboss.job where id = $3 and state = 'active')
       returning *`,
      [stack, worker, id, ...(changesNothing(task) ? [] : [task])],
    );
    return rows[0];
  }

  /** Ends a claim with its result, and the job. After a crash in between, `recover` runs the job again, which changes nothing. */
  async finish(job: Job, worker: string, row: StackRow, result: Result): Promise<void> {
    const { stack, task } = job.data;
    const { status, reason = "", nextStep = "" } = result;
    const isApplied = task === "up" && status === "done";
    if (isApplied || (task === "destroy" && status === "destroyed")) {
      // What was queued before this, and has failed or was put back meanwhile, must not undo it.
      const isEarlier = "created_on < (select created_on from pgboss.job where id = $3) and state < 'completed'";
      await this.endOthers(job.data, isEarlier, [job.id]);
    }
    // A drift check says nothing about a change that failed or waits.
    const replacesStatus =
      !changesNothing(task) || (task === "drift" && (row.task === "drift" || ["done", "drifted"].includes(row.status)));
    const shown = replacesStatus ? [status, task, reason, nextStep] : [row.status, row.task, row.reason, row.next_step];
    const found = status === "done" ? reason || "no changes" : `${status}: ${reason}`;
    const preview = task === "preview" && status !== "destroyed" ? found : changesNothing(task) ? row.preview : null;
    await this.query(
      `update fleet.stack set worker = null, job = null, changed_at = now(), status = $5, task = $6,
         reason = nullif($7, ''), next_step = nullif($8, ''), preview = $9,
         applied_hash = case when $10 and deployments = $4 then hash when $5 = 'destroyed' then null else applied_hash end
       where stack = $1 and worker = $2 and job = $3`,
      [stack, worker, job.id, JSON.stringify(row.deployments), ...shown, preview, isApplied],
    );
    if (status === "retrying") await this.boss.fail(queue, job.id, { reason });
    else await this.boss.complete(queue, job.id);
  }

  /** Puts a job back for later in its old place, which does not count as a failure. */
  async putBack({ id, data }: Job, worker: string, reason: string, afterSeconds: number): Promise<void> {
    await this.query(
      `update pgboss.job set state = 'retry', started_on = null, start_after = now() + $3 * interval '1 second'
       where name = $1 and id = $2 and state = 'active'`,
      [queue, id, afterSeconds],
    );
    const changed = "status = 'queued', reason = $4,";
    await this.query(
      `update fleet.stack set ${changesNothing(data.task) ? "" : changed} worker = null, job = null, changed_at = now()
       where stack = $1 and worker = $2 and job = $3`,
      [data.stack, worker, id, ...(changesNothing(data.task) ? [] : [reason])],
    );
  }

  /** Renews a worker's lease, or takes the first one. False if it was over: others may have taken the worker's stacks. */
  async renew(worker: { id: string; host: string; pid: number; slots: number }): Promise<boolean> {
    const renewed = await this.query(
      `insert into fleet.worker as w values ($1, $2, $3, $4, now())
       on conflict (id) do update set renewed_at = now() where w.renewed_at > now() - $5 * interval '1 second'
       returning id`,
      [worker.id, worker.host, worker.pid, worker.slots, this.settings.leaseSeconds],
    );
    return renewed.length > 0;
  }

  async endLease(worker: string): Promise<void> {
    await this.query("update fleet.worker set renewed_at = '-infinity' where id = $1", [worker]);
  }

  /** Whether every worker that has run on this host is dead. False for a host that no worker ran on. */
  async isDeadHost(host: string): Promise<boolean> {
    const [row] = await this.query<{ dead: boolean | null }>(
      `select bool_and(renewed_at < now() - $2 * interval '1 second') dead from fleet.worker where host = $1`,
      [host, this.settings.leaseSeconds],
    );
    return row?.dead === true;
  }

  /** Gives the stacks of dead workers back to the queue. */
  async recover(): Promise<void> {
    const { leaseSeconds } = this.settings;
    await this.query(
      `update fleet.stack s set worker = null, changed_at = now(),
         status = case status when 'running' then 'retrying' else status end,
         reason = case status when 'running' then 'its worker ended in the middle of the run' else reason end,
         next_step = case status when 'running' then 'none: another worker resumes it' else next_step end
       where worker is not null and not exists (
         select from fleet.worker w where w.id = s.worker and w.renewed_at > now() - $1 * interval '1 second')`,
      [leaseSeconds],
    );
    const lost = await this.query<{ id: string }>(
      `select id from pgboss.job j where name = $1 and state = 'active' and started_on < now() - $2 * interval '1 second'
         and not exists (select from fleet.stack s where s.job = j.id and s.worker is not null)`,
      [queue, leaseSeconds],
    );
    for (const { id } of lost) {
      await this.boss.fail(queue, id, { reason: "its worker ended" });
      await this.query(
        `update fleet.stack s set status = 'failed', task = j.data->>'task',
           reason = 'its worker ended in the middle of each run',
           next_step = 'look at the memory of the workers, then: fleet retry ' || stack
         from pgboss.job j where j.id = $1 and j.state = 'failed' and s.stack = j.data->>'stack' and s.worker is null
           and j.data->>'task' <> 'preview' and s.status not in ('failed', 'destroyed')`,
        [id],
      );
    }
  }

  /**
   * Reserves one request of a key, and returns the milliseconds until it may be sent. Requests are spaced by 85 % of the
   * limit with bursts of 10 %: no window of the platform, wherever it starts, gets more than 95 %.
   */
  async reserve(key: string, maxWaitMs: number): Promise<number> {
    const { rateLimit } = this.settings;
    if (rateLimit === undefined || Date.now() < this.reservesFrom) return 0;
    const stepMs = (rateLimit.perSeconds * 1_000) / (0.85 * rateLimit.requests);
    const burstMs = stepMs * Math.max(1, 0.1 * rateLimit.requests);
    try {
      const reserved = await this.query<{ wait: number }>(
        `update fleet.rate
         set next_at = greatest(next_at, clock_timestamp() - $2 * interval '1 ms') + $3 * interval '1 ms'
         where key = $1 and next_at < clock_timestamp() + $4 * interval '1 ms'
         returning extract(epoch from next_at - clock_timestamp())::float8 * 1000 wait`,
        [key, burstMs, stepMs, maxWaitMs - stepMs],
      );
      if (reserved[0] !== undefined) return Math.max(0, reserved[0].wait);
      // The first request of a key; with several at once, those that lose the race come again.
      const isFirst = await this.query(
        "insert into fleet.rate values ($1, clock_timestamp()) on conflict do nothing returning key",
        [key],
      );
      return isFirst.length > 0 ? 0 : maxWaitMs + 1_000;
    } catch {
      // Without PostgreSQL, each provider keeps to the limit by the platform's headers.
      this.reservesFrom = Date.now() + 1_000;
      return 0;
    }
  }
}
