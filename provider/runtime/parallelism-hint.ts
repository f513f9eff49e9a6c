import type { Clock } from "../clock";

/** When no further create has begun for so long, although more are planned, the engine has no slot for them; in milliseconds. */
const noneBegunForMs = 3_000;

/**
 * Notices that creates wait for each other: the engine runs so many steps at once as its `--parallel` says, and a create
 * that waits for the platform holds one of them for minutes. Told once in a process.
 */
export class SlotHint {
  readonly #clock: Clock;
  readonly #tell: (text: string) => void;
  /** Checked, and not there before: each of them will be created, if nothing goes wrong. */
  readonly #planned = new Set<string>();
  readonly #running = new Set<string>();
  #begun = 0;
  #isTold = false;

  constructor({ clock, tell }: { clock: Clock; tell: (text: string) => void }) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** To be told of a resource that the state does not have yet, by its check. */
  plan(resource: string): void {
    this.#planned.add(resource);
  }

  /** Runs a create. */
  async during<T>(resource: string, create: () => Promise<T>): Promise<T> {
    this.#planned.delete(resource);
    this.#running.add(resource);
    this.#begun += 1;
    const over = new AbortController();
    if (!this.#isTold) void this.#watch(this.#begun, over.signal);
    try {
      return await create();
    } finally {
      over.abort("ended");
      this.#running.delete(resource);
    }
  }

  async #watch(begun: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(noneBegunForMs, signal);
    } catch {
      return;
    }
    const [running, waiting] = [this.#running.size, this.#planned.size];
    if (this.#isTold || this.#begun > begun || waiting === 0) return;
    this.#isTold = true;
    this.#tell(
      `${running} ${running === 1 ? "deployment is" : "deployments are"} being made, and ${waiting} more wait until one of ` +
        `them is ready, because the engine runs no more steps at a time; \`pulumi up --parallel ${running + waiting}\` ` +
        "(or the environment variable PULUMI_PARALLEL) lets the platform make them all at once",
    );
  }
}
