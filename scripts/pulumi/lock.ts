import { mkdirSync } from "node:fs";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { Reporter } from "./progress";

export interface LockOptions {
  reporter: Reporter;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Runs `work` while no other process of this user runs it. The holder renews the lock every few seconds, so a killed process
 * blocks the others for half a minute at most.
 */
export async function withLock<T>(
  cacheDir: string,
  { reporter, sleep }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(cacheDir, { recursive: true });
  const options = {
    lockfilePath: join(cacheDir, "lock"),
    stale: 30_000,
    update: 5_000,
    // After the machine slept, another run can have the lock. Continuing is safe: each run uses a folder of its own.
    onCompromised: () => reporter.say("another run is now preparing the Pulumi CLI; continuing"),
  };
  for (let waited = false; ; waited = true) {
    const release = await lockfile.lock(cacheDir, options).catch((error: unknown) => {
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
      reporter.say("another run is preparing the Pulumi CLI; waiting for it");
    }
    await sleep(500);
  }
}
