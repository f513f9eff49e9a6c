import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { type Host as Door, hosts as doors } from "../../scripts/engine/hosts";
import { readInteger, select, UsageError } from "../../scripts/flags";
import type { Scene } from "./case";
import { scenes } from "./catalog/index";
import { tasksOf } from "./run-matrix";

export const faultFlags = {
  only: { type: "string" },
  door: { type: "string" },
  jobs: { type: "string" },
  fast: { type: "boolean" },
  list: { type: "boolean" },
  random: { type: "string" },
  seed: { type: "string" },
} as const;

/** The values of the flags, as they were written. */
export type FaultFlags = { readonly [Flag in keyof typeof faultFlags]?: string | boolean };

export interface FaultOptions {
  readonly scenes: readonly Scene[];
  readonly doors: readonly Door[];
  readonly jobs: number;
  /** Nothing is left out. */
  readonly isWhole: boolean;
  readonly task:
    | { readonly name: "matrix" | "list" }
    | { readonly name: "random"; readonly count: number; readonly seed: number };
}

/** Throws UsageError if a flag is wrong, does not apply, or if nothing would run. */
export function readFaultOptions(flags: FaultFlags): FaultOptions {
  const text = (flag: keyof FaultFlags) => (typeof flags[flag] === "string" ? flags[flag] : undefined);
  const tasks = (["list", "random"] as const).filter((flag) => flags[flag] !== undefined);
  if (tasks.length > 1) throw new UsageError(`--${tasks.join(" and --")} exclude each other`);
  const [task = "matrix"] = tasks;
  refuse(flags, task === "random" ? ["only", "fast", "jobs"] : ["seed"], task === "random" ? "with" : "without");

  const candidates = scenes.filter(({ isFast }) => flags.fast !== true || isFast === true);
  const chosen = {
    scenes: select(candidates, { flag: "only", pattern: text("only"), nameOf: ({ id }) => id }),
    doors: select(doors, { flag: "door", pattern: text("door"), nameOf: ({ name }) => name }),
    jobs: readInteger("jobs", text("jobs") ?? String(Math.max(2, availableParallelism())), { min: 1 }),
    isWhole: flags.only === undefined && flags.door === undefined && flags.fast !== true,
  };
  if (tasksOf(chosen.scenes, chosen.doors).length === 0) {
    throw new UsageError("none of the scenes that --only selects is for the host that --door selects");
  }
  switch (task) {
    case "random": {
      const count = readInteger("random", text("random") ?? "", { min: 1 });
      const seed = readInteger("seed", text("seed") ?? String(randomInt(2 ** 31)), { min: 0 });
      return { ...chosen, task: { name: task, count, seed } };
    }
    default:
      return { ...chosen, task: { name: task } };
  }
}

function refuse(flags: FaultFlags, refused: readonly (keyof FaultFlags)[], preposition: "with" | "without"): void {
  const flag = refused.find((each) => flags[each] !== undefined);
  if (flag !== undefined) throw new UsageError(`--${flag} does not apply ${preposition} --random`);
}
