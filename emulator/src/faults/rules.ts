import { globToRegExp } from "../glob";
import type { Scope } from "../platform/keys";
import { type AddedRule, type Occurrences, RuleSet } from "../rule-set";

/** Selects the requests that a fault applies to. Default: every request to the API. */
export interface FaultMatch extends Occurrences {
  method?: string;
  /** A glob for the path, with or without `/api/v1`, or a regular expression for the whole path. */
  path?: string | RegExp | { regex: string };
  /**
   * A glob for the name of the deployment that the request concerns: the name in its body, or of the ID in its path.
   */
  name?: string;
  /** The fingerprint of the API key. */
  key?: string;
}

/** What happens to the response or the connection. */
export type FaultAction =
  /** Breaks the connection with a TCP reset, or closes it. */
  | { type: "reset" }
  | { type: "close" }
  /**
   * Holds the request for `forMs`, or until the rule is removed, and then continues. If the client disconnects while
   * the request is held before it reaches the platform, the platform never receives it.
   */
  | { type: "hang"; forMs?: number }
  /** Breaks the connection, and refuses new ones for `forMs`. */
  | { type: "refuse"; forMs: number }
  | ResponseAction
  | { type: "redirect"; to: string; status?: number }
  /**
   * Truncates the body to `bytes` (default: half). With `framing: "broken"`, the connection closes before
   * Content-Length is reached.
   */
  | { type: "truncate"; bytes?: number; framing?: "whole" | "broken" }
  /** Sets or removes fields of the response's JSON by dotted path: `data.operation_id`, `data.items.0.status`. */
  | { type: "alter"; set?: Record<string, unknown>; remove?: string[] };

/**
 * Sends another response. The body is the error envelope with the API's code and message, unless `body` or `html` is
 * set.
 */
export interface ResponseAction {
  type: "answer";
  status: number;
  code?: string;
  message?: string;
  /** Sent as it is if it is a string, otherwise as JSON. */
  body?: unknown;
  /** Sends an HTML error page, as a proxy does. */
  html?: boolean;
  headers?: Record<string, string>;
  /** Seconds, sent as `Retry-After` in seconds or as a date. */
  retryAfter?: number;
  retryAfterAs?: "seconds" | "date";
}

/** A change outside Pulumi to a deployment, or to its operation in progress. */
export type DeploymentChange =
  /** `destroy` starts a destroy. `destroyNow` deletes the record at once, and a successful destroy is listed. */
  | { change: "destroy" | "destroyNow" }
  /**
   * `markFailed` also fails the operation in progress. `vanish` deletes the record without a destroy; the operation
   * continues.
   */
  | { change: "markFailed" | "vanish" }
  | { change: "rename"; name: string }
  /** The operation succeeds now, is canceled now, or is no longer found while its work continues. */
  | { change: "finishOperation" | "cancelOperation" | "vanishOperation" }
  | { change: "failOperation"; code?: string; message?: string };

/**
 * A change outside Pulumi. `deployment` is an ID, a name (glob), or `@request`: the deployment that the request
 * concerns.
 */
export type Change =
  | (DeploymentChange & { deployment: string })
  /** `key` is an API key or its fingerprint. Default: the key of the request. */
  | { change: "revokeKey" | "expireKey"; key?: string }
  | { change: "setScopes"; key?: string; scopes: Scope[] }
  | { change: "outage"; forMs: number }
  | { change: "advance"; ms: number }
  | { change: "skew"; ms: number };

export interface FaultRule {
  match?: FaultMatch;
  /** Whether the fault applies before the platform handles the request or after. Default `before`. */
  when?: "before" | "after";
  /** Real milliseconds to wait first. The platform then handles the request even if the client has disconnected. */
  delayMs?: number;
  /** Changes to apply first, after the delay. */
  changes?: Change[];
  /** Default: none, only the delay and the changes. */
  action?: FaultAction;
}

export type AddedFault = AddedRule<FaultRule>;

export interface RequestAttributes {
  method: string;
  path: string;
  key: string | null;
  /** Known once the body was parsed. */
  name?: string | undefined;
}

/** A response must exist before it can be truncated or altered. */
const stageOf = ({ when = "before", action }: FaultRule): "before" | "after" =>
  action?.type === "truncate" || action?.type === "alter" ? "after" : when;

/** The active faults. */
export class Faults extends RuleSet<FaultRule> {
  readonly #releases = new Map<string, Set<() => void>>();

  constructor() {
    super("fault");
  }

  override add(rule: FaultRule): AddedFault {
    const { match } = rule;
    if (match?.path === undefined) return super.add(rule);
    // Reject an invalid regular expression here, not at the first request.
    pathPattern(match.path);
    const path = match.path instanceof RegExp ? { regex: match.path.source } : match.path;
    return super.add({ ...rule, match: { ...match, path } });
  }

  /** Also releases the requests that this fault holds. */
  override remove(id: string): boolean {
    this.#release(id);
    return super.remove(id);
  }

  override clear(): void {
    for (const id of [...this.#releases.keys()]) this.#release(id);
    super.clear();
  }

  /**
   * Returns the fault that applies to a request at a stage, if there is one. Before the platform handles the request, a
   * rule with a `name` matches only once the name is known, and one without only before.
   */
  takeFor(
    request: RequestAttributes,
    stage: "before" | "after",
    { isNameKnown }: { isNameKnown: boolean },
  ): AddedFault | undefined {
    return this.take((rule) => {
      if (stageOf(rule) !== stage) return false;
      if (stage === "before" && (rule.match?.name !== undefined) !== isNameKnown) return false;
      return matches(rule.match, request);
    });
  }

  /** Calls `release` when the rule is removed. Returns a function that unsubscribes. */
  onRelease(id: string, release: () => void): () => void {
    const waiting = this.#releases.get(id) ?? new Set();
    this.#releases.set(id, waiting.add(release));
    return () => waiting.delete(release);
  }

  #release(id: string): void {
    for (const release of this.#releases.get(id) ?? []) release();
    this.#releases.delete(id);
  }
}

/** Whether a request matches. */
export function matches(match: FaultMatch | undefined, { method, path, key, name }: RequestAttributes): boolean {
  if (match === undefined) return true;
  if (match.method !== undefined && match.method.toUpperCase() !== method) return false;
  if (match.key !== undefined && match.key !== key) return false;
  if (match.path !== undefined) {
    const pattern = pathPattern(match.path);
    if (!pattern.test(path) && !pattern.test(path.replace(/^\/api\/v1/, ""))) return false;
  }
  return match.name === undefined || (name !== undefined && globToRegExp(match.name).test(name));
}

function pathPattern(path: NonNullable<FaultMatch["path"]>): RegExp {
  if (typeof path === "string") return globToRegExp(path);
  return path instanceof RegExp ? new RegExp(path.source) : new RegExp(path.regex);
}
