import { globToRegExp } from "../glob";
import { type AddedRule, type Occurrences, RuleSet } from "../rule-set";
import type { Outcome } from "./plan";

/** Selects the operations that an outcome applies to. Default: every operation. */
export interface OutcomeMatch extends Occurrences {
  operation?: "create" | "destroy";
  /** A glob for the deployment's name. */
  name?: string;
}

export interface OutcomeRule extends Outcome {
  match?: OutcomeMatch;
}

export type AddedOutcome = AddedRule<OutcomeRule>;

/** The outcomes of future operations. */
export class Outcomes extends RuleSet<OutcomeRule> {
  constructor() {
    super("outcome");
  }

  /** Returns the outcome for an operation that starts now, if there is one. */
  takeFor(operation: "create" | "destroy", name: string): Outcome | undefined {
    return this.take(
      ({ match = {} }) =>
        (match.operation === undefined || match.operation === operation) &&
        (match.name === undefined || globToRegExp(match.name).test(name)),
    );
  }
}
