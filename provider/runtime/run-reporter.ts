import type { Clock } from "../clock";
import { FailureSummary, type ResourceCall } from "./failure-summary";
import { ParallelismHint } from "./parallelism-hint";

/** Reports what concerns the run as a whole rather than one resource. */
export class RunReporter {
  readonly #hint: ParallelismHint;
  readonly #failures: FailureSummary;

  constructor(options: { clock: Clock; report: (text: string) => void; hasState: () => boolean }) {
    this.#hint = new ParallelismHint(options);
    this.#failures = new FailureSummary(options);
  }

  /** Call it with each resource that the state does not have yet, in its check. */
  plan(resource: string): void {
    this.#hint.plan(resource);
  }

  track<T>(call: ResourceCall, work: () => Promise<T>): Promise<T> {
    const run = () => this.#failures.track(call, work);
    return call.kind === "create" ? this.#hint.track(call.resource, run) : run();
  }
}
