// A fleet: a job for each stack in a PostgreSQL queue, and any number of workers that run them. See docs/fleet.md.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { readDesired, readSettings } from "./config";
import { upstreamOf } from "./gateway";
import { withoutCredentials } from "./reason";
import { Store, type Task } from "./store";

const usage = `usage: fleet COMMAND [--config fleet.yaml]

  enqueue [--all] [STACK…]    record the files of the teams, and queue the stacks that changed (or all, or these)
  preview [STACK…]            queue previews: nothing changes
  drift [--over SECONDS]      queue a drift check of each stack, spread over a day
  retry [STACK…]              queue the stacks that failed, or these
  destroy STACK… | --all      queue the destruction of stacks
  status [--follow]           show each stack; with --follow until none is queued or running, then exit with 1 if one failed
  worker                      run stacks until SIGTERM or SIGINT

environment: FLEET_DATABASE_URL (PostgreSQL); for workers also PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, the variables with
the keys of the teams, and ONVERA_BASE_URL if it is not the default
`;

class UsageError extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: "string", default: "fleet.yaml" },
      all: { type: "boolean", default: false },
      follow: { type: "boolean", default: false },
      over: { type: "string", default: "86400" },
    },
  });
  const [command, ...names] = positionals;
  const databaseUrl = process.env["FLEET_DATABASE_URL"];
  if (!databaseUrl)
    throw new UsageError("FLEET_DATABASE_URL is not set: it names the PostgreSQL database of the fleet");
  const settings = readSettings(values.config);
  if (command === "worker") return work(databaseUrl, settings);

  const store = await Store.open(databaseUrl, settings);
  try {
    const enqueue = async (stacks: readonly string[], task: Task, overSeconds = 0) => {
      for (const [index, stack] of stacks.entries()) {
        await store.enqueue({ stack, task }, { afterSeconds: (index * overSeconds) / stacks.length });
      }
      console.log(`${stacks.length} queued: ${task}`);
    };
    const existing = async (isWanted: (status: string) => boolean) => {
      const rows = await store.stacks();
      const unknown = names.find((name) => !rows.some(({ stack }) => stack === name));
      if (unknown !== undefined) throw new UsageError(`there is no stack "${unknown}"`);
      return rows.filter((row) => (names.length > 0 ? names.includes(row.stack) : isWanted(row.status)));
    };
    const stacksOf = async (isWanted: (status: string) => boolean) =>
      (await existing(isWanted)).map((row) => row.stack);
    const isThere = (status: string) => status !== "destroyed";

    if (command === "enqueue") {
      const { changed, missing } = await store.record(readDesired(values.config, settings));
      const wanted = names.length > 0 || values.all ? await stacksOf(isThere) : [];
      await enqueue(names.length > 0 ? wanted : [...new Set([...changed, ...wanted])], "up");
      for (const stack of missing) console.log(`${stack} is in no file; to remove it: fleet destroy ${stack}`);
    } else if (command === "preview") await enqueue(await stacksOf(isThere), "preview");
    else if (command === "drift") {
      const over = Number(values.over);
      if (!(over >= 0)) throw new UsageError(`--over: expected a number of seconds, got "${values.over}"`);
      await enqueue(await stacksOf((status) => ["done", "drifted"].includes(status)), "drift", over);
    } else if (command === "retry") {
      for (const { stack, task } of await existing((status) => status === "failed"))
        await enqueue([stack], task ?? "up");
    } else if (command === "destroy") {
      if (names.length === 0 && !values.all) throw new UsageError("destroy: name the stacks, or use --all");
      await enqueue(await stacksOf(isThere), "destroy");
    } else if (command === "status") await showStatus(store, values.follow);
    else throw new UsageError(usage);
  } finally {
    await store.close();
  }
}

/** Prints one line for each stack; while following, only the counts until the end. */
async function showStatus(store: Store, follows: boolean): Promise<void> {
  for (let last = ""; ; ) {
    const rows = (await store.stacks()).map((row) => ({ ...row, status: statusOf(row) }));
    const counts = new Map<string, number>();
    for (const { status } of rows) counts.set(status, (counts.get(status) ?? 0) + 1);
    const isAtRest = rows.every(({ status }) => !pending.includes(status));
    const line = [...counts]
      .sort()
      .map(([status, count]) => `${count} ${status}`)
      .join(", ");
    if (line !== last) console.log(line === "" ? "no stacks" : line);
    last = line;
    if (!follows || isAtRest) {
      for (const { stack, status, reason, next_step: nextStep, preview } of rows) {
        console.log([stack, status, reason, nextStep, preview && `preview: ${preview}`].filter(Boolean).join("\t"));
      }
      if (follows && rows.some(({ status, preview }) => status === "failed" || preview?.startsWith("failed")))
        process.exitCode = 1;
      return;
    }
    await store.nextChange(1_000);
  }
}

const pending: readonly string[] = ["queued", "running", "retrying"];

/** A preview and a drift check leave the status in the table as it is. */
function statusOf({ status, worker, is_pending: isPending }: Awaited<ReturnType<Store["stacks"]>>[number]): string {
  if (worker !== null) return "running";
  return isPending && !pending.includes(status) ? "queued" : status;
}

async function work(databaseUrl: string, settings: ReturnType<typeof readSettings>): Promise<void> {
  const { Worker } = await import("./worker.js");
  const { runTask } = await import("./engine.js");
  process.env["FLEET_PULUMI"] ??= pulumiOnPath();
  let upstream: string | undefined;
  if (settings.rateLimit !== undefined) {
    upstream = upstreamOf(process.env);
    // Engines do not read another address in the file of the Onvera CLI then.
    process.env["ONVERA_BASE_URL"] = upstream;
  }
  // An engine gets the key of its own team only.
  const keys = new Map<string, string>();
  for (const [variable, value = ""] of Object.entries(process.env)) {
    if (!/^ONVERA_API_KEY/.test(variable)) continue;
    keys.set(variable, value);
    delete process.env[variable];
  }
  const store = await Store.open(databaseUrl, settings, true);
  const log = (text: string) => console.log(`${new Date().toISOString()} ${text}`);
  const worker = new Worker(store, settings, keys, upstream, runTask, log);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => worker.stop());
  await worker.run();
  await store.close();
}

function pulumiOnPath(): string {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, "pulumi");
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // It is in one of the next folders.
    }
  }
  throw new Error("there is no pulumi on PATH: https://www.pulumi.com/docs/install/");
}

main().catch((error: unknown) => {
  console.error(withoutCredentials(error instanceof Error ? error.message : String(error)));
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
