/** The output of `pulumi-onvera drift --json`, described in docs/drift.md. Fields may be added; none changes its name or meaning. */
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
  /** Operations that the state records as not completed. `--others` decides about those of other resources. */
  readonly pending: readonly PendingOperation[];
  /** Resources of other providers that differ; empty with `--others ignore`. */
  readonly others: readonly DriftedResource[];
  /** Deployments that do not differ, but that `pulumi up` would change because the program has changed. Not drift. */
  readonly unapplied: readonly UnappliedDeployment[];
  /** Why the preview of `pulumi up` fails; empty if it does not. */
  readonly upErrors: readonly string[];
  /** Names that several deployments, or several other resources of one type, share. Only the URN identifies these. */
  readonly sharedNames: readonly string[];
}

export const formatVersion = 1;

export interface Named {
  /** The resource's name in the program; several may have it. */
  readonly name: string;
  readonly urn: string;
}

export interface DriftedDeployment extends Named {
  /** The deployment's id in the state. */
  readonly id: string;
  readonly differences: readonly Difference[];
  readonly up: Step;
}

/** `changed`: a property that is not an input, such as the URL. */
export type DifferenceKind = "gone" | "failed" | "destroying" | "renamed" | "status" | "changed";

export interface Difference {
  readonly kind: DifferenceKind;
  /** `deploymentId` if the deployment is gone. */
  readonly property: string;
  /** `[secret]` if the program marks the property as a secret. */
  readonly state: unknown;
  /** Null if the platform has no value. */
  readonly platform: unknown;
}

export interface PendingOperation extends Named {
  readonly type: string;
  /** In Pulumi's spelling: `creating`, `updating`, `deleting`, … */
  readonly operation: string;
}

export interface DriftedResource extends Named {
  readonly type: string;
  readonly isGone: boolean;
  /** Only names: a value may be a secret that is not marked as one. */
  readonly properties: readonly string[];
  readonly up: Step;
}

export interface UnappliedDeployment extends Named {
  readonly up: Step;
}

/**
 * What `pulumi up` would do. `fail`: its preview fails for this resource, for example because it is protected. `unknown`: the
 * preview ended before it planned this resource.
 */
export type Step = "create" | "replace" | "update" | "delete" | "nothing" | "fail" | "unknown";
