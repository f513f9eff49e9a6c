import { ApiError, CreateOutcomeUnknownError, OperationDetachedError, OperationTimeoutError } from "../api/errors";
import { DeploymentInitError } from "../deployment/errors";

/** What a call of the lifecycle was to do with a deployment. */
export type LifecycleCall = "create" | "resume" | "delete";

/** What became of a deployment whose call failed. */
type Outcome = "failed" | "unfinished" | "unknown" | "refused" | "notCreated" | "leaving" | "notDestroyed";

/** Which resource a call of the lifecycle is made for. */
export interface Watched {
  /** Tells it from all others, such as its URN. */
  readonly resource: string;
  /** What people call it: its name in the program. */
  readonly name: string;
  readonly call: LifecycleCall;
}

interface Failure {
  readonly name: string;
  readonly outcome: Outcome;
}

/** More names than these are only counted. */
const namesShown = 5;

/**
 * Tells, once all that was under way has ended, what became of what did not succeed: what happened, what was kept, and what
 * to run next. The engine begins nothing more after a failure, so that this is the end of a failed run; where it goes on
 * all the same, more is told when that has ended.
 */
export class FailureSummary {
  readonly #tell: (text: string) => void;
  /** By resource: names need not be unique. */
  readonly #failures = new Map<string, Failure>();
  #underWay = 0;
  #isTold = true;

  constructor({ tell }: { tell: (text: string) => void }) {
    this.#tell = tell;
  }

  /** Runs a call for a resource, which people know by this name. */
  async during<T>({ resource, name, call }: Watched, work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      const result = await work();
      // An error hook of the program has repeated it.
      this.#failures.delete(resource);
      return result;
    } catch (error) {
      this.#failures.set(resource, { name, outcome: outcomeOf(call, error) });
      this.#isTold = false;
      throw error;
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0 && !this.#isTold && this.#failures.size > 0) {
        this.#isTold = true;
        this.#tell(summaryOf([...this.#failures.values()]));
      }
    }
  }
}

function outcomeOf(call: LifecycleCall, error: unknown): Outcome {
  if (error instanceof DeploymentInitError) return error.outs.status === "failed" ? "failed" : "unfinished";
  if (error instanceof CreateOutcomeUnknownError) return "unknown";
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return "refused";
  if (call !== "delete") return "notCreated";
  const isLeft = error instanceof OperationTimeoutError || error instanceof OperationDetachedError;
  return isLeft ? "leaving" : "notDestroyed";
}

/** In the order in which they are reported: the predicate, what was kept, and what the next run does. */
const texts: Readonly<Record<Outcome, { is: string; kept: string; next: string }>> = {
  failed: { is: "failed", kept: "kept in the stack's state", next: "replaces" },
  unfinished: {
    is: "not ready yet",
    kept: "kept in the stack's state, with the operation",
    next: "continues to wait for",
  },
  notCreated: { is: "not created", kept: "Onvera has nothing of it", next: "creates" },
  refused: { is: "refused by Onvera", kept: "nothing was changed", next: "needs another API key or scope for" },
  unknown: {
    is: "possibly created",
    kept: "not in the stack's state; no request was sent again",
    next: "needs the command of the error message for",
  },
  leaving: {
    is: "still being destroyed",
    kept: "kept in the stack's state until it is gone",
    next: "continues to wait for",
  },
  notDestroyed: { is: "not destroyed", kept: "kept in the stack's state", next: "tries again to destroy" },
};

/** One paragraph for people. */
export function summaryOf(failures: readonly Failure[]): string {
  const byOutcome = (Object.keys(texts) as Outcome[])
    .map((outcome) => ({
      ...texts[outcome],
      outcome,
      names: failures.filter((failure) => failure.outcome === outcome).map(({ name }) => name),
    }))
    .filter(({ names }) => names.length > 0);
  const isOnlyDestroy = byOutcome.every(({ outcome }) => outcome === "leaving" || outcome === "notDestroyed");
  const what = byOutcome.map(({ is, kept, names }) => `${listOf(names)} ${is} (${kept})`).join("; ");
  // Made here, because the first one takes longer than everything else that a start loads.
  const conjunction = new Intl.ListFormat("en", { style: "long", type: "conjunction" });
  const next = conjunction.format(byOutcome.map(({ next: does, names }) => `${does} ${listOf(names)}`));
  const command = isOnlyDestroy ? "the same command again" : "`pulumi up`";
  const count = failures.length === 1 ? "1 deployment is" : `${failures.length} deployments are`;
  const isAllKnown = byOutcome.every(({ outcome }) => outcome !== "unknown");
  return `${count} not as declared: ${what}.${isAllKnown ? " Nothing was lost." : ""} Next, run ${command}: it ${next}.`;
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, namesShown).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
