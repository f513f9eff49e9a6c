import { readFile, rm, writeFile } from "node:fs/promises";

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** Whether a process runs. One that we may not signal runs all the same. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

/**
 * Takes a lock that dies with its owner: the file names the process, and the lock of a killed one is taken over.
 * Throws when a running process holds it. The answer gives it back.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx", mode: 0o600 });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    if (owner > 0 && isRunning(owner)) throw new Error(`"${path}" is held by process ${owner}, which still runs`);
    await rm(path, { force: true });
  }
  throw new Error(`"${path}" could not be taken`);
}
