import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface CommandOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** After this time all its processes are killed, and the result rejects. */
  timeoutMs: number;
  stdin?: string;
  /** Gets what the command prints on stdout as it comes. */
  onStdout?: (text: string) => void;
}

export interface Ended {
  /** `null` if a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

const running = new Set<ChildProcess>();

// No process of a test may outlive Mocha. Each has a process group of its own.
process.on("exit", killRunning);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    killRunning();
    // Mocha has a handler that ends the run cleanly; its parallel workers have none.
    if (process.listenerCount(signal) === 1) {
      process.exit(130);
    }
  });
}

function killRunning(): void {
  for (const child of running) {
    killTree(child);
  }
}

/** A running command with a process group of its own. */
export class RunningCommand {
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private stdout = "";
  private stderr = "";
  private readonly watchers = new Set<() => void>();

  constructor(command: string, args: readonly string[], { cwd, env, timeoutMs, stdin, onStdout }: CommandOptions) {
    const startedMs = performance.now();
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    running.add(child);
    // A command can end without reading its input.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      onStdout?.(text);
      this.notify();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.notify();
    });
    this.ended = new Promise((resolve, reject) => {
      const what = `${command} ${args.join(" ")}`;
      const timer = setTimeout(() => {
        killTree(child);
        reject(new Error(`${what}: still running after ${timeoutMs / 1000} s\n${this.output}`));
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        running.delete(child);
        this.notify();
      };
      child.on("error", (error) => {
        settle();
        reject(error);
      });
      child.on("close", (code, signal) => {
        const { stdout, stderr } = this;
        settle();
        resolve({ code, signal, stdout, stderr, durationMs: performance.now() - startedMs });
      });
    });
    // Those who await `ended` get the error; a test that has failed already must not fail twice.
    this.ended.catch(() => {});
  }

  get isRunning(): boolean {
    return running.has(this.child);
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The output so far. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Resolves when the output matches. Rejects with the output if the command ends without a match. */
  waitForOutput(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (pattern.test(this.output)) {
          this.watchers.delete(look);
          resolve();
        } else if (!this.isRunning) {
          this.watchers.delete(look);
          reject(new Error(`the command ended without printing ${pattern}\n${this.output}`));
        }
      };
      this.watchers.add(look);
      look();
    });
  }

  /** Sends SIGINT to the CLI and its process group, like Ctrl-C in a terminal. */
  interrupt(): void {
    if (this.isRunning && this.child.pid !== undefined) {
      process.kill(-this.child.pid, "SIGINT");
    }
  }

  /** Sends a signal only to the CLI. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Kills the CLI and all its processes at once, providers included, like a power failure. */
  killAll(): void {
    if (this.isRunning) {
      killTree(this.child);
    }
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) {
      watcher();
    }
  }
}

function killTree({ pid }: ChildProcess): void {
  if (pid === undefined) {
    return;
  }
  // Plugins have process groups of their own, so killing the group is not enough. Parents first, so that they start no new ones.
  for (const each of [pid, ...descendants(pid)]) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

/** The process ids of its children, their children, and so on; parents first. */
export function descendants(root: number): number[] {
  const parents = parentOfEach();
  const found = [root];
  for (const parent of found) {
    found.push(...[...parents].filter(([, of]) => of === parent).map(([pid]) => pid));
  }
  return found.slice(1);
}

function parentOfEach(): Map<number, number> {
  if (process.platform !== "linux") {
    const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
    return new Map(
      table
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]),
    );
  }
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // "PID (NAME) STATE PPID …"; the name can hold any character.
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended.
    }
  }
  return parents;
}
