/** The platform's data, as the data file stores it. */

/** A further application also needs phases, in `plan.ts`; everything else follows from here. */
export const appTypes = ["airflow", "superset"] as const;
export type AppType = (typeof appTypes)[number];
export type DeploymentStatus = "provisioning" | "ready" | "failed" | "destroying" | "destroyed";
export type OperationStatus = "queued" | "running" | "succeeded" | "failed" | "canceled";
export type OperationType = "deployment.create" | "deployment.destroy";

export const deploymentStatuses: readonly DeploymentStatus[] = [
  "provisioning",
  "ready",
  "failed",
  "destroying",
  "destroyed",
];
export const operationStatuses: readonly OperationStatus[] = ["queued", "running", "succeeded", "failed", "canceled"];

export const defaultEnvironmentId = "env_default";

/** Who created a deployment, so that tests can distinguish their own deployments from others. */
export interface Origin {
  by: "api" | "control";
  /** The fingerprint of the API key that created it. */
  key: string | null;
}

export interface DeploymentRecord {
  id: string;
  name: string;
  appType: AppType;
  status: DeploymentStatus;
  url: string;
  environmentId: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** The operation in progress, or the one that failed. */
  operationId: string | null;
  /** When its record was deleted. The API then returns 404. */
  goneAt: number | null;
  origin: Origin;
}

export interface Progress {
  phase: string;
  message: string;
}

/** A phase that ends at this work time; `null` if it never ends. */
export interface Step extends Progress {
  until: number | null;
}

/** What becomes of a deployment when its operation ends. */
export type ResultingStatus = DeploymentStatus | "gone";

/**
 * The complete course of an operation, planned when it is accepted; its state at any time follows from the plan and the
 * clock. Times are work milliseconds.
 */
export interface Plan {
  queuedUntil: number | null;
  queued: Progress;
  steps: Step[];
  /** `null` if the operation never ends. */
  endsAt: number | null;
  end: "succeeded" | "failed" | "canceled";
  endProgress: Progress;
  error: OperationError | null;
  after: ResultingStatus;
  /** From this time on the API returns 404 for the operation, while its work continues. */
  vanishesAt: number | null;
}

export interface OperationError {
  code: string;
  message: string;
}

export interface OperationRecord {
  id: string;
  type: OperationType;
  deploymentId: string;
  deploymentName: string;
  requestedAt: number;
  /** The status that a canceled destroy restores. */
  statusBefore: "ready" | "failed";
  plan: Plan;
  /** Set when the operation has ended. Times are in milliseconds since the epoch. */
  final: OperationView | null;
}

/** The state of an operation at one time. */
export interface OperationView {
  status: OperationStatus;
  progress: Progress;
  error: OperationError | null;
  startedAt: number | null;
  endedAt: number | null;
}
