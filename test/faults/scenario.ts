import type { FaultRule } from "../../emulator/src/faults/rules";
import type { OutcomeRule } from "../../emulator/src/platform/outcomes";
import type { EngineRun } from "../support/engine";
import type { Declaration, FaultHarness } from "./harness";
import type { Kill } from "./kill";

/** One fault at one request. Each case has a deployment of its own. */
export interface FaultCase {
  readonly fault: string;
  /** The request that fails, such as `POST /deployments`. */
  readonly request: string;
  /** What the emulator does. Each rule applies to the case's own deployment, unless it is for a list. */
  readonly rules?: readonly FaultRule[];
  readonly outcomes?: readonly OutcomeRule[];
  readonly declaration?: Partial<Declaration>;
  /** What the command does with the deployment. Default: it creates it. Otherwise, an `up` without faults has created it. */
  readonly change?: "none" | "replace";
}

/** A case in its place. The resource's name is unique in the scenario. */
export interface PlacedCase extends FaultCase {
  readonly logicalName: string;
}

/** Cases that one run of a command contains. */
export interface Scenario {
  readonly id: string;
  /** The command and what it does, for people. */
  readonly title: string;
  readonly command: "up" | "refresh" | "destroy";
  readonly cases: readonly FaultCase[];
  /** How many more deployments there are. They have no faults of their own, and are checked with the first case. */
  readonly others?: number;
  /** Ends the command as soon as each fault holds a request, or if `isTime` is true. */
  readonly kill?: { readonly how: Kill; readonly isTime?: (harness: FaultHarness) => boolean };
  /** Happens while the command runs. */
  readonly during?: (harness: FaultHarness, run: EngineRun) => Promise<void>;
  /** Whether the platform keeps its data in a file, so that it can restart. */
  readonly keepsData?: boolean;
  /** Lists that always fail, so that each operation or deployment is read by itself. */
  readonly failingLists?: readonly ("/operations" | "/deployments")[];
  /** Whether this process serves the program, because the language host can lack error hooks. */
  readonly isInline?: boolean;
  /** Whether the command succeeds although the faults occur. */
  readonly succeeds?: boolean;
  /** Part of `npm run test:full`. */
  readonly isFast?: boolean;
}

export function placeCases({ cases }: Scenario): PlacedCase[] {
  return cases.map((each, index) => ({ ...each, logicalName: `c${String(index + 1).padStart(2, "0")}` }));
}
