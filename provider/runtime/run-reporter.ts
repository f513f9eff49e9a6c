import type { Clock } from "../clock";
import { FailureSummary, type Watched } from "./failure-summary";
import { SlotHint } from "./parallelism-hint";

/** Watches the calls of one process, and tells what concerns the run as a whole rather than one resource. */
export class RunWatch {
  readonly #slots: SlotHint;
  readonly #failures: FailureSummary;

  constructor(options: { clock: Clock; tell: (text: string) => void }) {
    this.#slots = new SlotHint(options);
    this.#failures = new FailureSummary(options);
  }

  /** To be told of a resource that the state does not have yet, by its check. */
  plan(resource: string): void {
    this.#slots.plan(resource);
  }

  during<T>(watched: Watched, work: () => Promise<T>): Promise<T> {
    const run = () => this.#failures.during(watched, work);
    return watched.call === "create" ? this.#slots.during(watched.resource, run) : run();
  }
}
