import { mkdirSync } from "node:fs";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { Reporter } from "./progress";

/** An item of the cache. */
export interface CachedItem {
  readonly cacheDir: string;
  /** Its lock is the folder `NAME.lock` of the cache. */
  readonly name: string;
  /** The description for messages. */
  readonly what: string;
}

export interface LockOptions {
  reporter: Reporter;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Runs `work`, which prepares the item, while no other process of this user prepares the same one. The holder renews the lock
 * every few seconds, so a killed process blocks the others for half a minute at most.
 */
export async function withLock<T>(
  { cacheDir, name, what }: CachedItem,
  { reporter, sleep }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(cacheDir, { recursive: true });
  const options = {
    // The item itself may not exist yet.
    realpath: false,
    stale: 30_000,
    update: 5_000,
    // After the machine slept, another run can have the lock. Continuing is safe: each run uses a folder of its own.
    onCompromised: () => reporter.say(`another run is now preparing ${what}; continuing`),
  };
  for (let waited = false; ; waited = true) {
    const release = await lockfile.lock(join(cacheDir, name), options).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ELOCKED") {
        return undefined;
      }
      throw error;
    });
    if (release !== undefined) {
      try {
        return await work();
      } finally {
        // A lost lock cannot be released; the result of the work matters more.
        await release().catch(() => {});
      }
    }
    if (!waited) {
      reporter.say(`another run is preparing ${what}; waiting for it`);
    }
    await sleep(500);
  }
}
