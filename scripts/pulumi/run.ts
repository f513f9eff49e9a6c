import { spawn } from "node:child_process";
import { withFolderFirst } from "./executables";
import type { FoundPulumi } from "./find";

export interface RunOptions {
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/**
 * Runs the CLI with this process's stdin, stdout and stderr, and ends this process with the exit code or signal of the CLI.
 *
 * Ctrl-C reaches the CLI exactly once, because a second one means "stop immediately". A terminal signals all its processes, npm
 * and this one included, so SIGINT is not forwarded then. Without a terminal, the CLI runs in a process group of its own and
 * gets signals only from this process, which merges the copies that npm and others forward.
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
