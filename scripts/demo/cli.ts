import { type ChildProcess, spawn } from "node:child_process";
import type { FoundPulumi } from "../pulumi/find";
import { DemoError, StoppedError } from "./errors";
import type { StopSignal } from "./signals";

export interface CliOptions {
  cli: Pick<FoundPulumi, "binary">;
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** True where the CLI may use the terminal; it then stays in the terminal's foreground. */
  atTerminal: boolean;
  /** After so long a command is stopped and counts as failed; 3 minutes unless told. */
  limitMs?: number;
}

/** How the CLI ends when somebody has canceled it; older ones have no code of their own for that. */
const canceledCode = 8;
/** A command that was told to stop gets so long, in milliseconds. */
const graceMs = 20_000;

/** Runs commands of the Pulumi CLI in one project, one at a time. */
export class Cli {
  #child: ChildProcess | undefined;
  #stoppedBy: StopSignal | undefined;

  constructor(private readonly options: CliOptions) {}

  /**
   * Runs a command with this process's own stdin, stdout and stderr. Throws `StoppedError` when it was stopped, by us or
   * at the CLI's own display, else `DemoError` when it did not succeed; no process of it is left then.
   */
  async show(args: readonly string[]): Promise<void> {
    await this.#run(args, "inherit");
  }

  /** Runs a command without showing it; its output is told only when it fails. */
  async hide(args: readonly string[]): Promise<void> {
    await this.#run(args, "pipe");
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

  async #run(args: readonly string[], output: "inherit" | "pipe"): Promise<void> {
    if (this.#stoppedBy !== undefined) throw new StoppedError(this.#stoppedBy);
    const { cli, cwd, env, atTerminal, limitMs = 180_000 } = this.options;
    const what = `pulumi ${args.join(" ")}`;
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
      const ended = await endOf(child, what);
      if (this.#stoppedBy !== undefined) throw new StoppedError(this.#stoppedBy);
      if (isLate) throw new DemoError(`\`${what}\` was still running after ${limitMs / 1_000} s`);
      // At its interactive display the CLI takes Ctrl-C as a key, so that nobody else hears of it.
      if (ended === canceledCode && atTerminal) throw new StoppedError("SIGINT");
      if (ended !== 0) {
        const how = typeof ended === "number" ? `code ${ended}` : ended;
        throw new DemoError(`\`${what}\` ended with ${how}${printed === "" ? "" : `:\n${printed.trimEnd()}`}`);
      }
    } finally {
      clearTimeout(limit);
      this.#child = undefined;
    }
  }
}

/** The exit code, or the signal that ended it. */
function endOf(child: ChildProcess, what: string): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new DemoError(`\`${what}\` does not start: ${error.message}`)));
    child.on("close", (code, signal) => resolve(code ?? signal ?? 1));
  });
}

function killAfter(child: ChildProcess, ms: number): void {
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  child.on("close", () => clearTimeout(timer));
}
