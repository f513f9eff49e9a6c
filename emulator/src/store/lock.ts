import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock is abandoned if its file is not touched for this many heartbeats. */
const missedHeartbeats = 3;

/** Paths of the locks that this process holds. */
const held = new Set<string>();

/**
 * Acquires a lock that is released when its owner ends. The lock file names the owner's host and process, which touches
 * the file at each heartbeat (every second by default). A lock is taken over if its process on this host no longer
 * runs. If that cannot be determined, it is taken over after three heartbeats without a touch. This is the case for
 * another host or container, or if the process has the same number after a restart, as process 1 of a container has.
 *
 * Throws if another process holds the lock. Returns a function that releases it.
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
    if (owner !== undefined) throw new Error(`"${path}" is locked by ${owner}, which is running`);
    await rm(path, { force: true });
  }
  throw new Error(`"${path}" could not be locked`);
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

/** Describes the owner of a lock, or returns `undefined` if the owner no longer runs. */
async function ownerOf(path: string, withinMs: number): Promise<string | undefined> {
  const [host = "", id = ""] = (await readFile(path, "utf8").catch(() => "")).split(" ");
  const pid = Number(id);
  const owner = host === hostname() ? `process ${pid}` : `process ${pid} on host "${host}"`;
  if (held.has(path)) return owner;
  if (host === hostname() && !(pid > 0 && isRunning(pid))) return undefined;
  return (await isTouched(path, withinMs)) ? owner : undefined;
}

/** Whether a process runs. It also runs if this process may not signal it. */
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
