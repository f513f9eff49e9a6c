import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Without a touch for this many heartbeats, a lock has no owner. */
const missedHeartbeats = 3;

/** The locks of this process, by path. */
const held = new Set<string>();

/**
 * Takes a lock that ends with its owner. The file names the owner's host and process, which touches it at each heartbeat (every second by default). A
 * lock is taken over if its process on this host does not run any more. If that cannot be determined (another host or container,
 * or the same number after a restart, as process 1 of a container has), it is taken over if nobody touches it for three heartbeats.
 *
 * Throws if another owner lives. Returns a function that releases the lock.
 */
export async function lockFile(
  path: string,
  { heartbeatMs = 1_000 }: { heartbeatMs?: number } = {},
): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await writeFile(path, `${hostname()} ${process.pid}`, { flag: "wx", mode: 0o600 });
      return holdLock(path, heartbeatMs);
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    const owner = await ownerOf(path, missedHeartbeats * heartbeatMs);
    if (owner !== undefined) throw new Error(`"${path}" is held by ${owner}, which is running`);
    await rm(path, { force: true });
  }
  throw new Error(`"${path}" could not be taken`);
}

function holdLock(path: string, heartbeatMs: number): () => Promise<void> {
  held.add(path);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, heartbeatMs);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    held.delete(path);
    await rm(path, { force: true });
  };
}

/** Describes the owner of a lock; undefined if it has none any more. */
async function ownerOf(path: string, withinMs: number): Promise<string | undefined> {
  const [host = "", id = ""] = (await readFile(path, "utf8").catch(() => "")).split(" ");
  const pid = Number(id);
  const owner = host === hostname() ? `process ${pid}` : `process ${pid} on host "${host}"`;
  if (held.has(path)) return owner;
  if (host === hostname() && !(pid > 0 && isRunning(pid))) return undefined;
  return (await isTouched(path, withinMs)) ? owner : undefined;
}

/** Whether a process runs. One that we are not allowed to signal runs, too. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

async function isTouched(path: string, withinMs: number): Promise<boolean> {
  const before = await touchedAt(path);
  const checks = 30;
  for (let check = 0; check < checks; check++) {
    await sleep(withinMs / checks);
    const now = await touchedAt(path);
    if (now === undefined) return false;
    if (now !== before) return true;
  }
  return false;
}

async function touchedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
