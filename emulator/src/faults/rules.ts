import { randomUUID } from "node:crypto";
import { globToRegExp } from "../glob";
import type { Scope } from "../platform/keys";
import { isDue } from "../platform/outcomes";

/** Which requests a fault is for. Left out: any to the API. */
export interface FaultMatch {
  method?: string;
  /** Glob over the path, with or without `/api/v1`, or a regular expression over the whole path. */
  path?: string | RegExp | { regex: string };
  /** Glob over the name of the deployment that the request is about: in its body, or behind the id in its path. */
  name?: string;
  /** Fingerprint of the API key. */
  key?: string;
  /** The first one it applies to, counted from 1 among those that match. Default 1. */
  nth?: number;
  /** How many in a row. Default 1. */
  times?: number | "always";
}

/** What goes wrong with the answer or the connection. */
export type FaultAction =
  /** The connection breaks with a TCP reset, or is closed without a word. */
  | { type: "reset" }
  | { type: "close" }
  /**
   * Nothing more happens for `forMs`, or until the rule is removed; then it goes on as if nothing had been. When the other
   * side gives up while it hangs before the platform, the platform never hears of it.
   */
  | { type: "hang"; forMs?: number }
  /** This connection breaks, and new ones are refused for `forMs`. */
  | { type: "refuse"; forMs: number }
  | ResponseAction
  | { type: "redirect"; to: string; status?: number }
  /** The body is cut after `bytes` (default: half); with `framing: "broken"` the connection ends before the announced length. */
  | { type: "truncate"; bytes?: number; framing?: "whole" | "broken" }
  /** Fields of the answer's JSON are set or removed, by dotted path: `data.operation_id`, `data.items.0.status`. */
  | { type: "alter"; set?: Record<string, unknown>; remove?: string[] };

/** Another answer instead. The error envelope with the published code and words, unless `body` or `html` says otherwise. */
export interface ResponseAction {
  type: "answer";
  status: number;
  code?: string;
  message?: string;
  /** Sent as it is; anything but text as JSON. */
  body?: unknown;
  /** An error page such as a proxy sends. */
  html?: boolean;
  headers?: Record<string, string>;
  /** Seconds, sent as `Retry-ResultingStatus` in seconds or as a date. */
  retryAfter?: number;
  retryAfterAs?: "seconds" | "date";
}

/** What somebody else does to a deployment, or to the operation that holds it. */
export type DeploymentChange =
  /** Starts to destroy it; or has destroyed it: its record is gone, and a destroy that succeeded is listed. */
  | { change: "destroy" | "destroyNow" }
  /** It breaks, and its operation fails. Or its record is gone without a trace, and its operation goes on. */
  | { change: "markFailed" | "vanish" }
  | { change: "rename"; name: string }
  /** Its operation ends now, as planned or otherwise; or is no longer found, though the work goes on. */
  | { change: "finishOperation" | "cancelOperation" | "vanishOperation" }
  | { change: "failOperation"; code?: string; message?: string };

/** Something that others do meanwhile. `deployment` is an id, a name (glob), or `@request`: the one asked about. */
export type Change =
  | (DeploymentChange & { deployment: string })
  /** `key` is a key or its fingerprint. Default: the request's own. */
  | { change: "revokeKey" | "expireKey"; key?: string }
  | { change: "setScopes"; key?: string; scopes: Scope[] }
  | { change: "outage"; forMs: number }
  | { change: "advance"; ms: number }
  | { change: "skew"; ms: number };

export interface FaultRule {
  match?: FaultMatch;
  /** Whether it strikes before the platform sees the request or after it acted. Default `before`. */
  when?: "before" | "after";
  /** Real milliseconds that pass first. The platform acts after them even if the other side has given up. */
  delayMs?: number;
  /** What others do first. */
  changes?: Change[];
  /** Left out: only the delay and the changes. */
  action?: FaultAction;
}

export interface AddedFault extends FaultRule {
  id: string;
  /** Requests that matched so far, and those that it struck. */
  seen: number;
  applied: number;
}

export interface RequestAttributes {
  method: string;
  path: string;
  key: string | null;
  /** Known once the body was read. */
  name?: string | undefined;
}

/** A cut or altered answer needs an answer first. */
export const stageOf = ({ when = "before", action }: FaultRule): "before" | "after" =>
  action?.type === "truncate" || action?.type === "alter" ? "after" : when;

/** The faults to come, in the order in which they were added. Forgotten on a restart. */
export class Faults {
  readonly #rules = new Map<string, AddedFault>();
  readonly #releases = new Map<string, Set<() => void>>();

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  add(rule: FaultRule): AddedFault {
    const { match } = rule;
    // A regular expression that does not compile shall fail here, not at the first request.
    if (match?.path !== undefined) pathPattern(match.path);
    const path = match?.path instanceof RegExp ? { regex: match.path.source } : match?.path;
    const added: AddedFault = {
      ...rule,
      ...(match === undefined ? {} : { match: { ...match, ...(path === undefined ? {} : { path }) } }),
      id: `fault_${randomUUID().slice(0, 8)}`,
      seen: 0,
      applied: 0,
    };
    this.#rules.set(added.id, added);
    return { ...added };
  }

  list(): AddedFault[] {
    return [...this.#rules.values()].map((rule) => ({ ...rule }));
  }

  /** Also lets go of the requests that hang by this rule. */
  remove(id: string): boolean {
    this.#release(id);
    return this.#rules.delete(id);
  }

  clear(): void {
    for (const id of this.#rules.keys()) this.#release(id);
    this.#rules.clear();
  }

  /**
   * The fault that strikes this request at this stage: the first rule that is due. A rule counts the requests that match it
   * and that none before it struck, so that rules added one after another strike one after another. Rules that ask for a
   * name are judged where the name is known.
   */
  take(subject: RequestAttributes, stage: "before" | "after", { named }: { named: boolean }): AddedFault | undefined {
    for (const rule of this.#rules.values()) {
      if (stageOf(rule) !== stage) continue;
      if (stage === "before" && (rule.match?.name !== undefined) !== named) continue;
      if (!matches(rule.match, subject)) continue;
      rule.seen++;
      if (!isDue(rule.seen, rule.match ?? {})) continue;
      rule.applied++;
      return rule;
    }
    return undefined;
  }

  /** Calls `release` once the rule is removed; the answer takes that back. */
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

/** Whether a request is one that the match describes. */
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
