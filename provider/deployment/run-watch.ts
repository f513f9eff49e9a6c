import type { Clock } from "../clock";
import { FailureSummary, type LifecycleCall } from "./failure-summary";
import { SlotHint } from "./slot-hint";

/** Which resource a call of the lifecycle is made for. */
export interface Watched {
  /** Tells it from all others, such as its URN. */
  readonly resource: string;
  /** What people call it: its name in the program. */
  readonly name: string;
  readonly call: LifecycleCall;
}

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

  during<T>({ resource, name, call }: Watched, work: () => Promise<T>): Promise<T> {
    const watched = () => this.#failures.during(name, call, work);
    return call === "create" ? this.#slots.during(resource, watched) : watched();
  }
}

/** The last part of a URN: what the resource is called in the program. */
export function nameInUrn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
