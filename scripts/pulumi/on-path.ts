import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import semver from "semver";
import { ask, findExecutables, pathFolders } from "./executables";
import { companions, type Language, versions } from "./versions";

export interface PathSearch {
  found?: { binary: string; version: string };
  /** Why each CLI before the found one is not used. */
  rejected: string[];
}

export interface PathSearchOptions {
  env: NodeJS.ProcessEnv;
  languages: readonly Language[];
  /** A folder to which the checked CLIs can write. */
  scratchHome: string;
}

/** The first `pulumi` on PATH that is recent enough and runs programs of all `languages`. */
export async function findOnPath({ env, languages, scratchHome }: PathSearchOptions): Promise<PathSearch> {
  const rejected: string[] = [];
  const folders = pathFolders(env);
  for (const binary of findExecutables("pulumi", folders)) {
    const version = await askVersion(binary, env, scratchHome);
    if (version === undefined) {
      rejected.push(`${binary} does not print its version`);
    } else if (semver.lt(version, versions.oldestOnPath)) {
      rejected.push(`${binary} is v${version}, older than v${versions.oldestOnPath}`);
    } else {
      // Package managers often put a link on PATH; the hosts are then beside its target.
      const searched = [dirname(binary), dirname(realpathSync(binary)), ...folders];
      const missing = languages
        .flatMap((language) => companions[language])
        .find((name) => findExecutables(name, searched).length === 0);
      if (missing === undefined) {
        return { found: { binary, version }, rejected };
      }
      rejected.push(`${binary} (v${version}) has no ${missing}`);
    }
  }
  return { rejected };
}

/** The output of `pulumi version` without the "v"; `undefined` if it is no version. */
export async function askVersion(binary: string, env: NodeJS.ProcessEnv, scratchHome: string) {
  // Every command of the CLI writes a log into its home, which by default is the user's, and HOME does not move it.
  const asking = { ...env, PULUMI_HOME: scratchHome, PULUMI_SKIP_UPDATE_CHECK: "1" };
  return semver.parse(await ask(binary, ["version"], { env: asking }))?.version;
}
