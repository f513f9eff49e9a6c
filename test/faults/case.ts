import type { DeploymentChange, FaultRule } from "../../emulator/src/faults/rules";
import type { OutcomeRule } from "../../emulator/src/platform/outcomes";
import type { Host as Door } from "../../scripts/engine/hosts";
import type { FaultWorld } from "./fault-world";

/** What the texts of a rule may hold for the running world to fill in. */
export const placeholders = {
  /** The origin of a host that nothing may be sent to. */
  otherOrigin: "{other origin}",
  apiKey: "{API key}",
} as const;

/** What the program says of one deployment. */
export interface Declaration {
  readonly appType: "airflow" | "superset";
  /** Left out: made from the resource's name. */
  readonly name?: string;
  readonly deleteBeforeReplace?: boolean;
  readonly timeouts?: Readonly<Partial<Record<"create" | "update" | "delete", string>>>;
  readonly dependsOn?: readonly string[];
  /** How often the program's error hook has the engine call a create again that failed; needs `isInline`. */
  readonly retries?: number;
}

/** One row of the matrix: a fault, at a call, in a command. Each case is about one resource of its own. */
export interface FaultCase {
  /** What goes wrong, for people. */
  readonly fault: string;
  /** The call that it strikes, such as `POST /deployments`. */
  readonly call: string;
  /** What the platform does wrong; the rules are narrowed to the case's own deployment, unless they are `everywhere`. */
  readonly rules?: readonly FaultRule[];
  readonly everywhere?: boolean;
  readonly outcomes?: readonly OutcomeRule[];
  /** What somebody does to the deployment afterwards, where the platform would never come to an end by itself. */
  readonly afterwards?: DeploymentChange;
  /** Over the scene's own. */
  readonly declaration?: Partial<Declaration>;
  /** A fault that need not strike at this door, or not always: no complaint if it does not. */
  readonly mayMiss?: boolean;
  /** Nothing strikes it by name: it is there beside the others, judged with the scene's first case, and no case of its own. */
  readonly isBystander?: boolean;
  /** The platform contradicts itself in a way that makes the provider destroy what is well: no complaint about that. */
  readonly mayDestroy?: boolean;
  /** Only these doors have such a call. */
  readonly doors?: readonly Door[];
}

/** A case in its place: the resource's logical name is unique in the scene. */
export interface PlacedCase extends FaultCase {
  readonly logicalName: string;
}

/** Cases that one run of a command can carry, and how that run goes. */
export interface Scene {
  readonly id: string;
  /** For people: the command that the faults strike. */
  readonly command: string;
  readonly cases: readonly FaultCase[];
  readonly doors?: readonly Door[];
  /** How fast the platform works; 1000 if left out. */
  readonly speed?: number;
  /** Whether the platform keeps its data in a file, so that it can restart. */
  readonly keepsData?: boolean;
  /** Whether the list of operations fails, so that each wait asks for its own operation, as faults at that call need. */
  readonly withoutOperationsList?: boolean;
  /**
   * From when on the list of deployments fails, so that each deployment is asked for by itself. A create reads the list
   * before it sends anything: for those, from the first create on.
   */
  readonly withoutDeploymentsList?: "from the start" | "from the first create";
  /** Whether the program is one of Node.js for both doors and run by this process: a language host may know no error hooks. */
  readonly isInline?: boolean;
  /** Whether the struck command itself has to succeed, as all that goes wrong passes while it lasts. */
  readonly succeeds?: boolean;
  /** Part of `npm test`. */
  readonly isFast?: boolean;
  readonly declaration?: Partial<Declaration>;
  /** Makes what the command needs to be there already; no fault strikes yet. */
  prepare?(world: FaultWorld): Promise<void>;
  /** The command, with the faults armed. May not reject because the command fails. */
  run(world: FaultWorld): Promise<void>;
  /** In place of one plain `pulumi up`, where that is known to stop and to ask for help. */
  heal?(world: FaultWorld): Promise<void>;
}
