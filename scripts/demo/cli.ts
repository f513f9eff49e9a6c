import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { FoundPulumi } from "../pulumi/find";
import { DemoError, StoppedError } from "./errors";
import type { StopSignal } from "./signals";

export interface CliOptions {
  cli: Pick<FoundPulumi, "binary">;
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Whether the CLI can use the terminal; it then stays in its foreground. */
  atTerminal: boolean;
  /** The file for the engine's events; each command overwrites it. */
  eventLog: string;
  /** The time limit of a command, which then counts as failed. Default: 3 minutes. */
  limitMs?: number;
}

/** The time that a command gets to stop, in milliseconds. */
const graceMs = 20_000;

/** Runs commands of the Pulumi CLI in one project, one at a time. */
export class Cli {
  #child: ChildProcess | undefined;
  #stoppedBy: StopSignal | undefined;

  constructor(private readonly options: CliOptions) {}

  /**
   * Runs a command of the engine with the stdin, stdout and stderr of this process. Throws `StoppedError` if it was stopped, by
   * this process or in the CLI's display, and `DemoError` if it failed. In both cases it has ended.
   */
  async show(args: readonly string[]): Promise<void> {
    const { eventLog, atTerminal } = this.options;
    const ended = await this.#run([...args, "--event-log", eventLog], "inherit");
    // In its interactive display, the CLI reads Ctrl-C as a key, so no other process gets a signal.
    if (atTerminal && !ended.isLate && wasCanceled(eventLog)) this.#stoppedBy ??= "SIGINT";
    this.#check(ended, args);
  }

  /** Runs a command without its output, which is part of the error if it fails. Throws like `show`. */
  async hide(args: readonly string[]): Promise<void> {
    this.#check(await this.#run(args, "pipe"), args);
  }

  /**
   * Stops the running command and prevents others. The CLI must get only one signal, because a second one means "stop
   * immediately": set `isSignaled` if the terminal has sent it already.
   */
  stop(signal: StopSignal, { isSignaled }: { isSignaled: boolean }): void {
    this.#stoppedBy ??= signal;
    if (this.#child === undefined) return;
    if (!isSignaled) this.#child.kill("SIGINT");
    killAfter(this.#child, graceMs);
  }

  async #run(args: readonly string[], output: "inherit" | "pipe"): Promise<Ended> {
    if (this.#stoppedBy !== undefined) throw new StoppedError(this.#stoppedBy);
    const { cli, cwd, env, atTerminal, limitMs = 180_000 } = this.options;
    const child = spawn(cli.binary, args, {
      cwd,
      env,
      stdio: output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"],
      // Without a terminal, who signals our process group must not reach the CLI besides us.
      detached: !atTerminal && process.platform !== "win32",
    });
    this.#child = child;
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
      });
    }
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      child.kill("SIGINT");
      killAfter(child, graceMs);
    }, limitMs);
    try {
      const problem = await endOf(child);
      return { problem: isLate ? `was still running after ${limitMs / 1_000} s` : problem, isLate, printed };
    } finally {
      clearTimeout(limit);
      this.#child = undefined;
    }
  }

  #check({ problem, printed }: Ended, args: readonly string[]): void {
    if (this.#stoppedBy !== undefined) throw new StoppedError(this.#stoppedBy);
    if (problem === undefined) return;
    throw new DemoError(`\`pulumi ${args.join(" ")}\` ${problem}${printed === "" ? "" : `:\n${printed.trimEnd()}`}`);
  }
}

interface Ended {
  /** Undefined if it succeeded. */
  problem: string | undefined;
  /** Whether it exceeded the time limit. */
  isLate: boolean;
  printed: string;
}

function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(`did not start: ${error.message}`));
    child.on("close", (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
  });
}

/** Whether the engine reported Ctrl-C. */
function wasCanceled(eventLog: string): boolean {
  try {
    return /"stdoutEvent":\{"message":"\^C received/.test(readFileSync(eventLog, "utf8"));
  } catch {
    return false;
  }
}

function killAfter(child: ChildProcess, ms: number): void {
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  child.on("close", () => clearTimeout(timer));
}
