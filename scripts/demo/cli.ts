import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { FoundPulumi } from "../pulumi/find";
import { DemoError, StoppedError } from "./errors";
import type { StopSignal } from "./signals";

export interface CliOptions {
  cli: Pick<FoundPulumi, "binary">;
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** True where the CLI may use the terminal; it then stays in the terminal's foreground. */
  atTerminal: boolean;
  /** Where the CLI may write what its engine tells; overwritten by each command. */
  eventLog: string;
  /** After so long a command is stopped and counts as failed; 3 minutes unless told. */
  limitMs?: number;
}

/** A command that was told to stop gets so long, in milliseconds. */
const graceMs = 20_000;

/** Runs commands of the Pulumi CLI in one project, one at a time. */
export class Cli {
  #child: ChildProcess | undefined;
  #stoppedBy: StopSignal | undefined;

  constructor(private readonly options: CliOptions) {}

  /**
   * Runs a command of the engine with this process's own stdin, stdout and stderr. Throws `StoppedError` when it was
   * stopped, by us or at the CLI's own display, else `DemoError` when it did not succeed; it has ended then.
   */
  async show(args: readonly string[]): Promise<void> {
    const { eventLog, atTerminal } = this.options;
    const ended = await this.#run([...args, "--event-log", eventLog], "inherit");
    // At its interactive display the CLI reads Ctrl-C as a key, so that nobody else hears of it.
    if (atTerminal && !ended.isLate && wasCanceled(eventLog)) this.#stoppedBy ??= "SIGINT";
    this.#check(ended, args);
  }

  /** Runs a command without showing it; its output is told only when it fails. Throws as `show` does. */
  async hide(args: readonly string[]): Promise<void> {
    this.#check(await this.#run(args, "pipe"), args);
  }

  /**
   * Lets the running command come to an end, and no other begin. The CLI must be told only once, because its second time
   * means "give up at once": set `isTold` where the terminal has done so.
   */
  stop(signal: StopSignal, { isTold }: { isTold: boolean }): void {
    this.#stoppedBy ??= signal;
    if (this.#child === undefined) return;
    if (!isTold) this.#child.kill("SIGINT");
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
  /** Absent where it succeeded. */
  problem: string | undefined;
  /** It was we who stopped it. */
  isLate: boolean;
  printed: string;
}

function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(`does not start: ${error.message}`));
    child.on("close", (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
  });
}

/** True where the engine told that somebody had pressed Ctrl-C. */
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
