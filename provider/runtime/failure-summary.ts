import {
  ActionRequiredError,
  ApiError,
  CreateOutcomeUnknownError,
  OperationDetachedError,
  OperationTimeoutError,
} from "../api/errors";
import { ResourceInitError } from "../resource-handler";
import { shellQuoted } from "../shell";
import { wordList } from "../word-list";
import { typeInUrn } from "./engine-values";

/** The outcome of a failed call. */
type Outcome =
  | "failed"
  | "unfinished"
  | "unknown"
  | "denied"
  | "notCreated"
  | "destroying"
  | "possiblyDestroying"
  | "notDestroyed";

/** A call that changes something, and the resource that it is for. */
export interface ResourceCall {
  readonly kind: "create" | "resume" | "delete";
  /** Distinguishes it from all others, such as its URN. */
  readonly resource: string;
  /** Its name in the program. */
  readonly name: string;
  readonly urn?: string | undefined;
}

interface Failure {
  readonly name: string;
  readonly outcome: Outcome;
  /** Only the user can continue, by what the error says. */
  readonly needsUser: boolean;
  /** The id of a deployment that exists although its create failed. */
  readonly id?: string;
  readonly urn?: string | undefined;
}

/** The number of names to list; the others are counted. */
const namesShown = 5;

/**
 * Reports, once every call has ended, what did not succeed: what happened, what was kept, and what to run next. The engine
 * starts nothing after a failure, so this is the end of a failed run. If it continues nevertheless, or if an error hook of the
 * program retries a call, another report follows.
 */
export class FailureSummary {
  readonly #report: (text: string) => void;
  readonly #hasState: () => boolean;
  /** By resource: names need not be unique. */
  readonly #failures = new Map<string, Failure>();
  #running = 0;
  /** Whether the last report names failures. */
  #hasReported = false;
  /** Whether the last report is still true. */
  #isCurrent = true;

  /** `hasState` tells whether a stack's state keeps what the calls return. Default: it does. */
  constructor({ report, hasState = () => true }: { report: (text: string) => void; hasState?: () => boolean }) {
    this.#report = report;
    this.#hasState = hasState;
  }

  async track<T>({ resource, name, kind, urn }: ResourceCall, work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      const result = await work();
      // It can be a retry by an error hook of the program.
      if (this.#failures.delete(resource)) this.#isCurrent = false;
      return result;
    } catch (error) {
      const earlier = this.#failures.get(resource);
      const outcome = outcomeOf(kind, error);
      // A retry by an error hook that has created nothing does not tell what an earlier attempt has created.
      const isStillUnknown = earlier?.outcome === "unknown" && (outcome === "notCreated" || outcome === "denied");
      const cause = error instanceof ResourceInitError ? error.cause : error;
      const needsUser = cause instanceof ActionRequiredError;
      const id = error instanceof ResourceInitError ? { id: error.id } : {};
      this.#failures.set(resource, isStillUnknown ? earlier : { name, outcome, needsUser, urn, ...id });
      this.#isCurrent = false;
      throw error;
    } finally {
      this.#running -= 1;
      if (this.#running === 0 && !this.#isCurrent) this.#reportAgain();
    }
  }

  #reportAgain(): void {
    const failures = [...this.#failures.values()];
    if (failures.length > 0) this.#report(this.#hasState() ? summaryOf(failures) : summaryWithoutState(failures));
    else if (this.#hasReported)
      this.#report("a retry has succeeded: every deployment of the last report is as declared now");
    this.#hasReported = failures.length > 0;
    this.#isCurrent = true;
  }
}

function outcomeOf(kind: ResourceCall["kind"], error: unknown): Outcome {
  if (error instanceof ResourceInitError) return error.outs["status"] === "failed" ? "failed" : "unfinished";
  if (error instanceof CreateOutcomeUnknownError) return "unknown";
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return "denied";
  if (kind === "create") return "notCreated";
  if (kind === "resume") return "unfinished";
  if (!(error instanceof OperationTimeoutError || error instanceof OperationDetachedError)) return "notDestroyed";
  // The cause is the error of the last read: the destroy can have ended since then.
  return error.cause === undefined ? "destroying" : "possiblyDestroying";
}

const ofDestroy: ReadonlySet<Outcome> = new Set(["destroying", "possiblyDestroying", "notDestroyed"]);

interface OutcomeText {
  /** The predicate. */
  readonly is: string;
  readonly kept: string;
  /** What the user has to do before the next run. */
  readonly before?: string;
  /** What the next run does, unless the error tells the user what to do. */
  readonly next?: string;
}

const destroying: OutcomeText = {
  is: "still being destroyed",
  kept: "kept in the stack's state until gone",
  next: "continues to wait for",
};

/** In the order in which they are reported. */
const texts: Readonly<Record<Outcome, OutcomeText>> = {
  failed: { is: "failed", kept: "kept in the stack's state", next: "replaces" },
  unfinished: {
    is: "not ready yet",
    kept: "kept in the stack's state, with the operation",
    next: "continues to wait for",
  },
  notCreated: { is: "not created", kept: "not on Onvera", next: "creates" },
  denied: {
    is: "rejected by Onvera",
    kept: "that request changed nothing",
    before: "provide a valid API key with the required scopes",
    next: "retries",
  },
  unknown: { is: "possibly created", kept: "not in the stack's state" },
  destroying,
  possiblyDestroying: { ...destroying, is: `possibly ${destroying.is}` },
  notDestroyed: { is: "not destroyed", kept: "kept in the stack's state", next: "tries again to destroy" },
};

/** One paragraph for people. */
function summaryOf(failures: readonly Failure[]): string {
  const what = byOutcome(failures).map(({ is, kept, names }) => `${names} ${is} (${kept})`);
  const isAllKnown = failures.every(({ outcome }) => outcome !== "unknown");
  const asking = failures.filter(({ needsUser }) => needsUser);
  const others = byOutcome(failures.filter(({ needsUser }) => !needsUser));
  const isOnlyDestroy = others.every(({ outcome }) => ofDestroy.has(outcome));
  const command = isOnlyDestroy ? "run the same command again" : "run `pulumi up`";
  const next = wordList(
    others.map(({ next: does, names }) => `${does} ${names}`),
    "and",
  );
  const steps = [
    ...others.flatMap(({ before = [] }) => before),
    ...(asking.length === 0 ? [] : [`follow the error message${asking.length === 1 ? "" : "s"} of ${listOf(asking)}`]),
    ...(others.length === 0 ? [] : [`${command}: it ${next}`]),
  ];
  const count = failures.length === 1 ? "1 deployment is" : `${failures.length} deployments are`;
  return (
    `${count} not as declared: ${what.join("; ")}.${isAllKnown ? " Nothing was lost." : ""} ` +
    `Next, ${wordList(steps, "and")}.`
  );
}

/** The same for `pulumi do --stateless`: no later run continues, so what the error messages say of `pulumi up` does not apply. */
function summaryWithoutState(failures: readonly Failure[]): string {
  const what = byOutcome(failures).map(({ is, names }) => `${names} ${is}`);
  const steps = failures.flatMap(({ id, outcome, urn = "" }) => {
    if (id === undefined && outcome !== "unknown")
      return [texts[outcome].before ?? [], "run the same command again"].flat();
    const [type, deployment] = [typeInUrn(urn), id ?? "<deployment id>"].map(shellQuoted);
    return (
      `${id === undefined ? "if Onvera has the deployment, " : ""}import it into a stack (\`pulumi import ${type} <name> ` +
      `${deployment}\`) or delete it (\`pulumi do ${type} delete ${deployment} --stateless\`)`
    );
  });
  return (
    `${what.join("; ")}. This command has no state, so \`pulumi up\` does not continue it, whatever the error message says. ` +
    `Next, ${wordList([...new Set(steps)], "and")}.`
  );
}

function byOutcome(
  failures: readonly Failure[],
): (OutcomeText & { readonly outcome: Outcome; readonly names: string })[] {
  return (Object.keys(texts) as Outcome[]).flatMap((outcome) => {
    const ofOutcome = failures.filter((failure) => failure.outcome === outcome);
    return ofOutcome.length === 0 ? [] : [{ ...texts[outcome], outcome, names: listOf(ofOutcome) }];
  });
}

function listOf(failures: readonly Failure[]): string {
  const shown = failures.slice(0, namesShown).map(({ name }) => `"${name}"`);
  const more = failures.length - shown.length;
  return wordList([...shown, ...(more > 0 ? [`${more} more`] : [])], "and");
}
