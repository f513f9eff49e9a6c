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

const withoutSeed = ({ state }: Snapshot) =>
  JSON.stringify(state, (_, value) =>
    Array.isArray(value) ? value.filter((entry) => !String(entry).startsWith("onvera-seed")) : value,
  );

export const explanations: Readonly<Record<string, Explanation>> = {
  "order of deletes": {
    why: "the engine deletes resources that do not depend on each other in any order, so a killed run can have deleted onvera-seed or not",
    applies: ({ recorded, fields, model, real }) =>
      recorded.end.isKilled && fields.every((field) => field === "state") && withoutSeed(model) === withoutSeed(real),
  },
};
