import { randomUUID } from "node:crypto";

/** Which of the matching requests or operations a rule applies to. */
export interface Occurrences {
  /** The first match that the rule applies to, counted from 1. Default 1. */
  nth?: number;
  /** The number of consecutive matches that it applies to. Default 1. */
  times?: number | "always";
}

export type AddedRule<R> = R & {
  id: string;
  /** Number of requests or operations that matched, and that the rule was applied to. */
  seen: number;
  applied: number;
};

/** Rules in the order in which they were added. They are not saved to the data file. */
export class RuleSet<R extends { match?: Occurrences }> {
  readonly #rules = new Map<string, AddedRule<R>>();
  readonly #prefix: string;

  /** `prefix` starts the ID of each rule. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  add(rule: R): AddedRule<R> {
    const added = { ...rule, id: `${this.#prefix}_${randomUUID().slice(0, 8)}`, seen: 0, applied: 0 };
    this.#rules.set(added.id, added);
    return { ...added };
  }

  list(): AddedRule<R>[] {
    return [...this.#rules.values()].map((rule) => ({ ...rule }));
  }

  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  clear(): void {
    this.#rules.clear();
  }

  /**
   * Returns the rule to apply: the first one that matches and is due. A rule counts only the matches that no earlier rule
   * was applied to, so rules apply one after another in the order in which they were added.
   */
  take(isMatch: (rule: R) => boolean): AddedRule<R> | undefined {
    for (const rule of this.#rules.values()) {
      if (!isMatch(rule)) continue;
      rule.seen++;
      const { nth = 1, times = 1 } = rule.match ?? {};
      if (rule.seen < nth || (times !== "always" && rule.seen >= nth + times)) continue;
      rule.applied++;
      return rule;
    }
    return undefined;
  }
}
