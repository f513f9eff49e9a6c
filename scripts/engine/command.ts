import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface CommandOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** After so long everything that was started is killed and the result rejects. */
  timeoutMs: number;
  stdin?: string;
}

export interface Ended {
  /** `null` when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

const running = new Set<ChildProcess>();

// Nothing that a test started may go on after mocha, whose children have process groups of their own.
process.on("exit", killRunning);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    killRunning();
    // Mocha has a handler of its own that ends the run in an orderly way; its parallel workers have none.
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

/** A command that is running, in a process group of its own. */
export class RunningCommand {
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private stdout = "";
  private stderr = "";
  private readonly watchers = new Set<() => void>();

  constructor(command: string, args: readonly string[], { cwd, env, timeoutMs, stdin }: CommandOptions) {
    const startedMs = performance.now();
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    running.add(child);
    // A command may end without reading what it is given.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
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
    // Whoever awaits `ended` gets the error; a test that failed before must not fail twice.
    this.ended.catch(() => {});
  }

  get isRunning(): boolean {
    return running.has(this.child);
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Everything printed so far. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Resolves as soon as the output holds it; rejects, with the output, when the command ends without it. */
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

  /** What Ctrl-C at a terminal does: SIGINT to the CLI and to whatever shares its process group. */
  interrupt(): void {
    if (this.isRunning && this.child.pid !== undefined) {
      process.kill(-this.child.pid, "SIGINT");
    }
  }

  /** A signal to the CLI alone. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As when the machine loses power: the CLI and all it started, providers included, end at once. */
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
  // The CLI's plugins have process groups of their own, so the group is not enough. Parents first, lest they start new ones.
  for (const each of [pid, ...descendants(pid)]) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // Ended by itself.
    }
  }
}

/** The processes that it started, those that these started, and so on; parents first. */
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
      // "PID (NAME) STATE PPID …"; the name may hold anything.
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // Ended in between.
    }
  }
  return parents;
}
