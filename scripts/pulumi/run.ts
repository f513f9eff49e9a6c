import { spawn } from "node:child_process";
import { withFolderFirst } from "./executables";
import type { FoundPulumi } from "./find";

export interface RunOptions {
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/**
 * Runs the CLI with this process's own stdin, stdout and stderr, and ends this process the way the CLI ended.
 *
 * Ctrl-C reaches the CLI exactly once, because its second one means "give up at once". At a terminal, the terminal itself
 * tells everyone, npm and this process included, so SIGINT is not passed on. Without a terminal the CLI gets a process group of
 * its own and hears only this process, which takes the copies that npm and others pass along as one.
 */
export function runPulumi(
  { binary, directory, source }: FoundPulumi,
  args: readonly string[],
  { env, cwd }: RunOptions,
) {
  const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  const child = spawn(binary, args, {
    cwd,
    env: source === "path" ? env : withFolderFirst(env, directory),
    stdio: "inherit",
    detached: !atTerminal && process.platform !== "win32",
  });
  const lastMs = new Map<NodeJS.Signals, number>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const isCopy = performance.now() - (lastMs.get(signal) ?? Number.NEGATIVE_INFINITY) < 300;
      lastMs.set(signal, performance.now());
      const isTold = atTerminal && signal !== "SIGTERM";
      if (!isCopy && !isTold) {
        child.kill(signal);
      }
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`${binary} does not start: ${error.message}\n`);
    process.exit(127);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exit(code ?? 1);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
