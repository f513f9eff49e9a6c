import { randomUUID } from "node:crypto";
import { globToRegExp } from "../glob";
import type { Outcome } from "./plan";

/** Which operations an outcome is for. Left out: any. */
export interface OutcomeMatch {
  operation?: "create" | "destroy";
  /** Glob over the deployment's name. */
  name?: string;
  /** The first one it applies to, counted from 1 among those that match. Default 1. */
  nth?: number;
  /** How many in a row. Default 1. */
  times?: number | "always";
}

export interface OutcomeRule extends Outcome {
  match?: OutcomeMatch;
}

export interface AddedOutcome extends OutcomeRule {
  id: string;
  /** Operations that matched so far, and those that it was applied to. */
  seen: number;
  applied: number;
}

/** Whether a rule is due, given how many matched before. */
export function isDue(seen: number, { nth = 1, times = 1 }: { nth?: number; times?: number | "always" }): boolean {
  return seen >= nth && (times === "always" || seen < nth + times);
}

/** What shall become of operations that are still to be asked for. Forgotten on a restart. */
export class Outcomes {
  readonly #rules = new Map<string, AddedOutcome>();

  add(rule: OutcomeRule): AddedOutcome {
    const added: AddedOutcome = { ...rule, id: `outcome_${randomUUID().slice(0, 8)}`, seen: 0, applied: 0 };
    this.#rules.set(added.id, added);
    return { ...added };
  }

  list(): AddedOutcome[] {
    return [...this.#rules.values()].map((rule) => ({ ...rule }));
  }

  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  clear(): void {
    this.#rules.clear();
  }

  /**
   * The outcome for an operation that begins now: the first rule that is due. A rule counts the operations that match it
   * and that none before it took.
   */
  take(operation: "create" | "destroy", name: string): Outcome | undefined {
    for (const rule of this.#rules.values()) {
      const { match = {} } = rule;
      if (match.operation !== undefined && match.operation !== operation) continue;
      if (match.name !== undefined && !globToRegExp(match.name).test(name)) continue;
      rule.seen++;
      if (!isDue(rule.seen, match)) continue;
      rule.applied++;
      return rule;
    }
    return undefined;
  }
}
