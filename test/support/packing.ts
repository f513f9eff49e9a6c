import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { RunningCommand } from "../../scripts/engine/command";
import { repositoryRoot } from "./engine";

export type PackageManager = "npm" | "pnpm";

export interface PackedPackage {
  /** The tarball. */
  file: string;
  version: string;
  /** The paths of its files, sorted. */
  files: string[];
}

/** Files that a clone does not have, and the tests, which take longest to copy. */
const notCopied = new Set(["node_modules", "dist", ".git", "test"]);

/** Copies the repository without build results. The copy uses the tools of the original. */
export function copyRepository(folder: string): string {
  cpSync(repositoryRoot, folder, { recursive: true, filter: (source) => !notCopied.has(basename(source)) });
  symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

/** Builds and packs a copy. The tarball is in the folder of the copy. */
export async function packCopy(copy: string, flags: readonly string[] = []): Promise<PackedPackage> {
  const { stdout } = await runTool("npm", ["pack", "--json", "--foreground-scripts=false", ...flags], copy);
  const [packed] = JSON.parse(stdout) as [{ filename: string; version: string; files: { path: string }[] }];
  return {
    file: join(copy, packed.filename),
    version: packed.version,
    files: packed.files.map(({ path }) => path).sort(),
  };
}

/** Packs a next release of a packed copy: another version, and other code in each file that a program or a state loads. */
export async function packNextRelease(copy: string, version: string): Promise<PackedPackage> {
  const manifest = join(copy, "package.json");
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), version }));
  for (const name of ["index", "deployment", "manifest/index"]) {
    appendFileSync(join(copy, "dist", "sdk", `${name}.js`), `\n// ${version}\n`);
  }
  return packCopy(copy, ["--ignore-scripts"]);
}

/** Installs the packages in the package.json of a folder. pnpm uses an empty store in `scratch`. */
export async function installPackages(manager: PackageManager, folder: string, scratch: string): Promise<ToolOutput> {
  if (manager === "npm") {
    return runTool("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], folder);
  }
  mkdirSync(scratch, { recursive: true });
  const isolated = {
    npm_config_store_dir: join(scratch, "store"),
    npm_config_cache_dir: join(scratch, "cache"),
    npm_config_state_dir: join(scratch, "state"),
    // Otherwise it fails if CI is set and the lockfile changes.
    npm_config_frozen_lockfile: "false",
  };
  const pnpm = join(repositoryRoot, "node_modules", ".bin", "pnpm");
  return runTool(pnpm, ["install", "--prefer-offline", "--no-strict-peer-dependencies"], folder, isolated);
}

/** Removes the packages that the harness has linked. */
export function unlinkPackages(folder: string): void {
  rmSync(join(folder, "node_modules"), { recursive: true, force: true });
}

export interface ToolOutput {
  stdout: string;
  stderr: string;
}

/** Runs a tool of the developer. Rejects with its output if it fails. */
export async function runTool(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ToolOutput> {
  const { code, signal, stdout, stderr } = await new RunningCommand(command, args, {
    cwd,
    env: { ...developersEnvironment(), ...env },
    timeoutMs: 1_200_000,
  }).ended;
  if (code !== 0) {
    throw new Error(
      `${basename(command)} ${args.join(" ")} ended with ${signal ?? `code ${code}`}\n${stdout}${stderr}`,
    );
  }
  return { stdout, stderr };
}

/**
 * The developer's environment, because their settings name the package registry; without the variables that `npm test` has added
 * for this repository.
 */
export function developersEnvironment(): NodeJS.ProcessEnv {
  const own =
    /^(npm_(package|lifecycle|command|node|execpath)|npm_config_(local_prefix|prefix)$|INIT_CWD$|PULUMI_|ONVERA_)/;
  return Object.fromEntries(
    Object.entries(process.env)
      .filter(([name]) => !own.test(name))
      .map(([name, value]) => [name, name === "PATH" ? withoutOurTools(value) : value]),
  );
}

/** npm puts `node_modules/.bin` of this package first on PATH. */
function withoutOurTools(path = ""): string {
  const ours = join(repositoryRoot, "node_modules") + sep;
  return path
    .split(process.platform === "win32" ? ";" : ":")
    .filter((folder) => !`${folder}${sep}`.startsWith(ours))
    .join(process.platform === "win32" ? ";" : ":");
}
