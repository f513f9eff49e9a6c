/** What `pulumi-onvera drift --json` prints. Fields may be added; what is there keeps its name and meaning, see docs/drift.md. */
export interface DriftReport {
  readonly formatVersion: typeof formatVersion;
  readonly project: string;
  readonly stack: string;
  /** The exit code is 2 if true. */
  readonly drift: boolean;
  /** How many deployments were read. */
  readonly checked: number;
  /** The deployments that differ, ordered by URN. */
  readonly deployments: readonly DriftedDeployment[];
  /** Operations that the state records as not completed. Those of other resources follow `--others`. */
  readonly pending: readonly PendingOperation[];
  /** Resources that are not Onvera's and differ; empty with `--others ignore`. */
  readonly others: readonly DriftedResource[];
  /** Deployments that do not differ, but that `pulumi up` would change, because the program says something new. No drift. */
  readonly unapplied: readonly UnappliedDeployment[];
  /** Why `pulumi up` would fail, as far as its preview tells; empty where it would not. */
  readonly upErrors: readonly string[];
  /** Names that several deployments, or several other resources of one type, have. Only the URN identifies these. */
  readonly sharedNames: readonly string[];
}

export const formatVersion = 1;

export interface Named {
  /** The resource's name in the program; several may have it. */
  readonly name: string;
  readonly urn: string;
}

export interface DriftedDeployment extends Named {
  /** On the platform, as the state has it. */
  readonly id: string;
  readonly differences: readonly Difference[];
  readonly up: Step;
}

/** `changed`: a property that Pulumi sets nothing by, such as the URL. */
export type DifferenceKind = "gone" | "failed" | "destroying" | "renamed" | "status" | "changed";

export interface Difference {
  readonly kind: DifferenceKind;
  /** For one that is gone: `deploymentId`. */
  readonly property: string;
  /** `[secret]` where the program marks the property as one. */
  readonly state: unknown;
  /** Null where the platform has none. */
  readonly platform: unknown;
}

export interface PendingOperation extends Named {
  readonly type: string;
  /** As Pulumi spells it: `creating`, `updating`, `deleting`, … */
  readonly operation: string;
}

export interface DriftedResource extends Named {
  readonly type: string;
  readonly isGone: boolean;
  /** Names alone: their values may be what nobody marked as secret. */
  readonly properties: readonly string[];
  readonly up: Step;
}

export interface UnappliedDeployment extends Named {
  readonly up: Step;
}

/**
 * What `pulumi up` would do. `fail`: its preview says so, for instance of one that is protected; `unknown`: the preview ended
 * before it came to this resource.
 */
export type Step = "create" | "replace" | "update" | "delete" | "nothing" | "fail" | "unknown";
