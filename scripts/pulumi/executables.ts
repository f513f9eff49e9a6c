import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The folders of PATH, in order, without empty and relative entries, which depend on the current folder. */
export function pathFolders(env: NodeJS.ProcessEnv): string[] {
  const path = env["PATH"] ?? env["Path"] ?? "";
  return [...new Set(path.split(delimiter))].filter((folder) => /^([/\\]|[A-Za-z]:)/.test(folder));
}

/** The file that runs as `name` in one of `folders`, for each folder that has one. */
export function findExecutables(name: string, folders: readonly string[]): string[] {
  const endings = process.platform === "win32" ? [".exe", ".cmd", ".bat", ""] : [""];
  return folders.flatMap((folder) => {
    const found = endings.map((ending) => join(folder, name + ending)).find(isExecutable);
    return found === undefined ? [] : [found];
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The same environment, with `folder` first on PATH. */
export function withFolderFirst(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  const { Path, ...rest } = env;
  return { ...rest, PATH: [folder, env["PATH"] ?? Path ?? ""].filter((part) => part !== "").join(delimiter) };
}

export interface AskOptions {
  env: NodeJS.ProcessEnv;
  cwd?: string;
  timeoutMs?: number;
}

/** The trimmed stdout of a command; `undefined` if it fails or runs longer than `timeoutMs` (default: 30 s). */
export function ask(command: string, args: readonly string[], { env, cwd, timeoutMs = 30_000 }: AskOptions) {
  return new Promise<string | undefined>((resolve) => {
    const options = { env, timeout: timeoutMs, killSignal: "SIGKILL" as const, ...(cwd === undefined ? {} : { cwd }) };
    execFile(command, [...args], options, (error, stdout) => resolve(error === null ? stdout.trim() : undefined));
  });
}
