import type { Clock } from "../clock";

/** If no other planned create starts within this time, the engine has no free slot; in milliseconds. */
const noStartForMs = 3_000;

/**
 * Detects that creates wait for each other: the engine runs at most as many steps at the same time as `--parallel` allows, and a
 * create takes up one of them for minutes. Reports it once in a process.
 */
export class ParallelismHint {
  readonly #clock: Clock;
  readonly #report: (text: string) => void;
  /** Resources that were checked and that the state does not hold: the run will create them. */
  readonly #planned = new Set<string>();
  readonly #running = new Set<string>();
  #started = 0;
  #isReported = false;

  constructor({ clock, report }: { clock: Clock; report: (text: string) => void }) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Call it with each resource that the state does not have yet, in its check. */
  plan(resource: string): void {
    this.#planned.add(resource);
  }

  /** Runs a create. */
  async track<T>(resource: string, create: () => Promise<T>): Promise<T> {
    this.#planned.delete(resource);
    this.#running.add(resource);
    this.#started += 1;
    const ended = new AbortController();
    if (!this.#isReported) void this.#check(this.#started, ended.signal);
    try {
      return await create();
    } finally {
      ended.abort("ended");
      this.#running.delete(resource);
    }
  }

  async #check(started: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(noStartForMs, signal);
    } catch {
      return;
    }
    const [running, waiting] = [this.#running.size, this.#planned.size];
    if (this.#isReported || this.#started > started || waiting === 0) return;
    this.#isReported = true;
    this.#report(
      `${running} ${running === 1 ? "deployment is" : "deployments are"} being created, and ${waiting} more wait until one of ` +
        `them is ready, because the engine runs no more steps at a time; \`pulumi up --parallel ${running + waiting}\` ` +
        "(or the environment variable PULUMI_PARALLEL) creates them all at once",
    );
  }
}
