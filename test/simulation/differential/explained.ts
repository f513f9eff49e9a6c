/** Differences between the model and the real engine that are understood and kept. docs/reliability.md lists them. */

import type { RecordedRun } from "../simulation";
import type { Snapshot } from "./snapshot";

export interface Comparison {
  readonly recorded: RecordedRun;
  readonly model: Snapshot;
  readonly real: Snapshot;
  /** In what they differ. */
  readonly fields: readonly (keyof Snapshot)[];
}

export interface Explanation {
  readonly why: string;
  readonly applies: (comparison: Comparison) => boolean;
}

export const explanations: Readonly<Record<string, Explanation>> = {};
