import { mkdirSync } from "node:fs";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { Reporter } from "./progress";

export interface LockOptions {
  reporter: Reporter;
  sleep: (ms: number) => Promise<void>;
}

/**
 * Runs `work` while no other process of this user is inside it. The holder renews the lock every few seconds, so one that was
 * killed blocks the others for half a minute at most.
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
    // After a machine's sleep another run may have taken over. Going on does no harm: each works in a folder of its own.
    onCompromised: () => reporter.say("another run took over preparing the Pulumi CLI; going on all the same"),
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
        // A lock that was taken over cannot be released; the work's own result matters more.
        await release().catch(() => {});
      }
    }
    if (!waited) {
      reporter.say("another run is preparing the Pulumi CLI; waiting for it");
    }
    await sleep(500);
  }
}
