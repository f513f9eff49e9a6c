import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { userCacheFolder } from "./cache";
import { buildProgram, type GoProgram } from "./go-build";
import { withLock } from "./lock";
import type { Reporter } from "./progress";
import { versions } from "./versions";

/** A Go program of this repository. The first call compiles it, which needs Go; this user's cache keeps it. */
export async function cachedProgram(
  program: GoProgram,
  { env, reporter }: { env: NodeJS.ProcessEnv; reporter: Reporter },
): Promise<string> {
  const { name, what, source, requires = {} } = program;
  const cacheDir = userCacheFolder(env);
  const text = readFileSync(source, "utf8") + JSON.stringify(requires);
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const folder = join(cacheDir, `${name}-v${versions.pulumi}-${digest}-${process.platform}-${process.arch}`);
  const binary = join(folder, "bin", process.platform === "win32" ? `${name}.exe` : name);
  if (existsSync(binary)) return binary;
  return withLock({ cacheDir, name, what }, { reporter, sleep: delay }, async () => {
    if (existsSync(binary)) return binary;
    const partial = `${name}-partial-`;
    // Only the process with the lock creates them, so these are from killed runs.
    for (const left of readdirSync(cacheDir).filter((entry) => entry.startsWith(partial))) {
      rmSync(join(cacheDir, left), { recursive: true, force: true });
    }
    const staging = mkdtempSync(join(cacheDir, partial));
    try {
      await buildProgram(program, { folder: staging, env, reporter });
      rmSync(folder, { recursive: true, force: true });
      renameSync(staging, folder);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
    return binary;
  });
}
