import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findExecutables } from "./executables";
import { companions, type Language, versions } from "./versions";

/** Where a cached CLI comes from. */
export type CachedSource = "installer" | "built";

/** This user's cache folder, by the convention of the operating system. */
export function userCacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = env["HOME"] || homedir();
  if (platform === "win32") {
    return join(env["LOCALAPPDATA"] || join(env["USERPROFILE"] || home, "AppData", "Local"), "pulumi-onvera");
  }
  if (platform === "darwin") {
    return join(home, "Library", "Caches", "pulumi-onvera");
  }
  const xdg = env["XDG_CACHE_HOME"];
  // The XDG specification says to ignore a relative path.
  return join(xdg?.startsWith("/") ? xdg : join(home, ".cache"), "pulumi-onvera");
}

/**
 * One cached CLI: a folder that is renamed into place when it is complete, so a folder that exists can be used. Its name holds
 * the version and the kind of machine, because machines can share a home folder.
 */
export class CachedCli {
  readonly folder: string;
  readonly bin: string;

  constructor(readonly cacheDir: string) {
    this.folder = join(cacheDir, `pulumi-v${versions.pulumi}-${process.platform}-${process.arch}`);
    this.bin = join(this.folder, "bin");
  }

  /** The CLI's file, or `undefined` if there is none yet. */
  binary(): string | undefined {
    return this.source() === undefined ? undefined : findExecutables("pulumi", [this.bin])[0];
  }

  source(): CachedSource | undefined {
    try {
      return readFileSync(join(this.folder, "source"), "utf8") === "installer" ? "installer" : "built";
    } catch {
      return undefined;
    }
  }

  lacks(language: Language): boolean {
    return companions[language].some((name) => findExecutables(name, [this.bin]).length === 0);
  }

  /** An empty folder for the preparation, on the same file system. Call it only with the lock. */
  stage(): string {
    this.removeAbandoned();
    const staging = join(this.cacheDir, `partial-${process.pid}`);
    mkdirSync(join(staging, "bin"), { recursive: true });
    return staging;
  }

  /** Turns a prepared folder into the cached CLI, in one step. */
  publish(staging: string, source: CachedSource): void {
    writeFileSync(join(staging, "source"), source);
    if (existsSync(this.folder)) {
      // Only a folder that somebody has emptied gets here: complete ones are not prepared again.
      rmSync(this.folder, { recursive: true, force: true });
    }
    renameSync(staging, this.folder);
  }

  /** Adds prepared files to a CLI that is in use. Each appears complete, in the given order. */
  add(staging: string, names: readonly string[]): void {
    for (const name of names) {
      for (const file of findExecutables(name, [join(staging, "bin")])) {
        renameSync(file, join(this.bin, file.slice(join(staging, "bin").length + 1)));
      }
    }
    rmSync(staging, { recursive: true, force: true });
  }

  /** Removes the files of killed runs, and of failed attempts of this process. */
  private removeAbandoned(): void {
    for (const name of readdirSync(this.cacheDir)) {
      const pid = /^partial-(\d+)$/.exec(name)?.[1];
      if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid)))) {
        rmSync(join(this.cacheDir, name), { recursive: true, force: true });
      }
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
