import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CachedCli, userCacheFolder } from "./cache";
import { findExecutables } from "./executables";
import { buildCli, buildLanguage } from "./go-build";
import { withLock } from "./lock";
import { type Install, installOfficially } from "./official-installer";
import { askVersion, findOnPath } from "./on-path";
import { type Reporter, silentReporter } from "./progress";
import { companions, type Language, versions } from "./versions";

export interface FoundPulumi {
  /** The CLI's absolute path. */
  binary: string;
  /** Its folder. Put it first on PATH when the CLI runs, so that the CLI finds its language hosts. */
  directory: string;
  /** Without a leading "v". */
  version: string;
  source: "path" | "cache" | "installer" | "built";
}

export interface FindOptions {
  /** The languages of the caller's programs. Default: `["nodejs"]`. */
  languages?: readonly Language[];
  env?: NodeJS.ProcessEnv;
  /** Default: this user's cache folder. */
  cacheDir?: string;
  reporter?: Reporter;
  install?: Install;
  sleep?: (ms: number) => Promise<void>;
}

/** There is no CLI and it could not be installed or built. The message says what to do. */
export class PulumiNotFoundError extends Error {
  override readonly name = "PulumiNotFoundError";
}

/**
 * Returns a Pulumi CLI that runs programs in the given languages: from PATH, else from the cache, else from Pulumi's
 * installer, else built with Go. It writes only to the cache folder. Later calls never use what a failed or killed call left;
 * concurrent calls wait for each other.
 */
export async function findPulumi(options: FindOptions = {}): Promise<FoundPulumi> {
  const { languages = ["nodejs"], env = process.env, reporter = silentReporter, sleep = delay } = options;
  const { cacheDir = userCacheFolder(env), install = installOfficially } = options;

  const { found, rejected } = await findOnPath({ env, languages, scratchHome: join(cacheDir, "home") });
  if (found !== undefined) {
    return { ...found, directory: dirname(found.binary), source: "path" };
  }
  const cached = new CachedCli(cacheDir);
  const instead = cached.binary() === undefined ? "continuing the search" : "using the one installed earlier";
  for (const reason of rejected) {
    reporter.say(`${reason}; ${instead}`);
  }

  const isReady = () => cached.binary() !== undefined && !languages.some((language) => cached.lacks(language));
  if (isReady()) {
    return describe(cached, "cache");
  }
  const item = { cacheDir, name: "pulumi", what: "the Pulumi CLI" };
  const prepared = withLock(item, { reporter, sleep }, async () => {
    if (isReady()) {
      return describe(cached, "cache");
    }
    let source: FoundPulumi["source"] = "cache";
    if (cached.binary() === undefined) {
      source = await prepare(cached, { env, reporter, install });
    }
    for (const language of languages.filter((name) => cached.lacks(name))) {
      await addLanguage(cached, language, { env, reporter });
    }
    return describe(cached, source);
  });
  return prepared.catch((error: unknown) => {
    throw unwritableError(error, cacheDir) ?? error;
  });
}

const unwritableCodes: readonly string[] = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOENT", "EEXIST"];
const cacheVariables: Partial<Record<NodeJS.Platform, string>> = { win32: "LOCALAPPDATA", darwin: "HOME" };

/** If the cache folder cannot be written: an error that names the variable to set. */
function unwritableError(error: unknown, cacheDir: string): PulumiNotFoundError | undefined {
  if (!(error instanceof Error) || !("code" in error) || !unwritableCodes.includes(String(error.code)))
    return undefined;
  if (!("path" in error) || (!cacheDir.startsWith(String(error.path)) && !String(error.path).startsWith(cacheDir))) {
    return undefined;
  }
  const variable = cacheVariables[process.platform] ?? "XDG_CACHE_HOME";
  return new PulumiNotFoundError(
    `there is no Pulumi CLI on PATH, and the folder to install one in cannot be written: ${cacheDir} (${error.code})\n` +
      `Set ${variable} to a writable folder, or install Pulumi (https://www.pulumi.com/docs/install/), then run this again`,
    { cause: error },
  );
}

function describe(cached: CachedCli, source: FoundPulumi["source"]): FoundPulumi {
  const binary = cached.binary();
  if (binary === undefined) {
    throw new PulumiNotFoundError(`${cached.folder} holds no Pulumi CLI; delete the folder and run this again`);
  }
  return { binary, directory: cached.bin, version: versions.pulumi, source };
}

interface PrepareOptions {
  env: NodeJS.ProcessEnv;
  reporter: Reporter;
  install: Install;
}

async function prepare(cached: CachedCli, { env, reporter, install }: PrepareOptions): Promise<"installer" | "built"> {
  const installed = await attempt(cached, async (folder) => {
    const task = reporter.begin(`installing the Pulumi CLI v${versions.pulumi} with Pulumi's installer`);
    try {
      await install(folder, env);
    } finally {
      task.done();
    }
    await verify(folder, env);
    keepOnlyBin(folder);
    cached.publish(folder, "installer");
  });
  if (installed === undefined) {
    return "installer";
  }
  reporter.say(`Pulumi's installer did not succeed: ${installed.message}; building the same CLI with Go`);
  const built = await attempt(cached, async (folder) => {
    await buildCli({ folder, env, reporter });
    await verify(folder, env);
    keepOnlyBin(folder);
    cached.publish(folder, "built");
  });
  if (built === undefined) {
    return "built";
  }
  throw new PulumiNotFoundError(
    `no Pulumi CLI v${versions.oldestOnPath} or newer is on PATH; Pulumi's installer did not succeed: ${installed.message}; ` +
      `neither did building it with Go: ${built.message}\n` +
      "Install Pulumi (https://www.pulumi.com/docs/install/), or Go " +
      `${versions.go} or newer (https://go.dev/doc/install) to build it, then run this again`,
  );
}

async function addLanguage(
  cached: CachedCli,
  language: Language,
  { env, reporter }: { env: NodeJS.ProcessEnv; reporter: Reporter },
): Promise<void> {
  const problem = await attempt(cached, async (folder) => {
    await buildLanguage(language, { folder, env, reporter });
    // The host comes last: if it exists, so does the script that it starts.
    cached.add(folder, [...companions[language]].reverse());
  });
  if (problem !== undefined) {
    throw new PulumiNotFoundError(
      `the Pulumi CLI in ${cached.bin} cannot run ${language} programs, and its ${language} host could not be built: ` +
        `${problem.message}\nInstall Pulumi (https://www.pulumi.com/docs/install/), then run this again`,
    );
  }
}

/** Runs a preparation in a new folder and removes the folder. Returns the error, if any. */
async function attempt(cached: CachedCli, work: (folder: string) => Promise<void>): Promise<Error | undefined> {
  const folder = cached.stage();
  try {
    await work(folder);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function verify(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const bin = join(folder, "bin");
  const missing = ["pulumi", ...companions.nodejs].find((name) => findExecutables(name, [bin]).length === 0);
  if (missing !== undefined) {
    throw new Error(`it contains no ${missing}`);
  }
  const [binary = ""] = findExecutables("pulumi", [bin]);
  const version = await askVersion(binary, env, join(folder, "home"));
  if (version !== versions.pulumi) {
    throw new Error(`the version of its CLI is ${version ?? "unknown"}`);
  }
}

function keepOnlyBin(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry !== "bin")) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}
