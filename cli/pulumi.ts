import { spawn } from "node:child_process";
import { CommandError } from "./errors";

export interface PulumiOptions {
  /** The Pulumi CLI: a path, or a name on PATH. */
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Undefined: the selected stack. */
  readonly stack?: string | undefined;
}

export interface Ended {
  /** The signal or exit code. Absent after a success. */
  readonly how: string | undefined;
  readonly wasInterrupted: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs commands of the Pulumi CLI in one folder. Signals of this process are passed on to the command that runs. */
export class PulumiCli {
  readonly #options: PulumiOptions;

  constructor(options: PulumiOptions) {
    this.#options = options;
  }

  get command(): string {
    return this.#options.command;
  }

  get cwd(): string {
    return this.#options.cwd;
  }

  /** Rejects with a `CommandError` if the CLI cannot be started. `env` is added to the environment. */
  run(args: readonly string[], { env = {} }: { env?: NodeJS.ProcessEnv } = {}): Promise<Ended> {
    const { command, cwd, env: common } = this.#options;
    return run(command, args, { cwd, env: { ...common, PULUMI_SKIP_UPDATE_CHECK: "true", ...env } });
  }

  /** Runs a command on the stack, without questions. */
  runOnStack(args: readonly string[], options: { env?: NodeJS.ProcessEnv } = {}): Promise<Ended> {
    return this.run([...args, ...this.stackFlags, "--non-interactive", "--color", "never"], options);
  }

  get stackFlags(): string[] {
    const { stack } = this.#options;
    return stack === undefined ? [] : ["--stack", stack];
  }

  /** Why a command failed, in a sentence. `errors` are those that its output names. */
  failureText(what: string, { how, wasInterrupted, stderr, stdout }: Ended, errors: readonly string[] = []): string {
    const command = `\`${this.command} ${what}\``;
    if (wasInterrupted) return `${command} was interrupted`;
    if (how === undefined) return `${command} printed no output of a known form; update the Pulumi CLI`;
    const lines = errors.length > 0 ? errors : [stderr.trim().replace(/^error: /, "") || stdout.trim()];
    return `${command} ended with ${how}: ${lines.filter((line) => line !== "").join("\n") || "it printed no reason"}`;
  }
}

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function run(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    let wasInterrupted = false;
    const passOn = (signal: NodeJS.Signals) => {
      // At a terminal, the CLI gets the signal as well. A second SIGINT would make it stop without saving the state.
      if (!wasInterrupted && !(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
      wasInterrupted = true;
    };
    for (const signal of stopSignals) process.on(signal, passOn);
    const removeListeners = () => {
      for (const signal of stopSignals) process.off(signal, passOn);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      removeListeners();
      reject(new CommandError(whyNotStarted(command, error)));
    });
    child.on("close", (code, signal) => {
      removeListeners();
      const how = code === 0 ? undefined : (signal ?? `code ${code}`);
      resolve({ how, wasInterrupted: wasInterrupted || signal !== null, ...output });
    });
  });
}

function whyNotStarted(command: string, { code, message }: NodeJS.ErrnoException): string {
  const advice =
    "install Pulumi (https://www.pulumi.com/docs/install/), or set the path of the CLI with --pulumi or PULUMI_COMMAND";
  return code === "ENOENT"
    ? `there is no "${command}"; ${advice}`
    : `"${command}" does not start: ${message}; ${advice}`;
}
