/** What the platform remembers: plain data, as it is written to the data file. */

export type AppType = "airflow" | "superset";
export type DeploymentStatus = "provisioning" | "ready" | "failed" | "destroying" | "destroyed";
export type OperationStatus = "queued" | "running" | "succeeded" | "failed" | "canceled";
export type OperationType = "deployment.create" | "deployment.destroy";

export const appTypes: readonly AppType[] = ["airflow", "superset"];
export const deploymentStatuses: readonly DeploymentStatus[] = [
  "provisioning",
  "ready",
  "failed",
  "destroying",
  "destroyed",
];
export const operationStatuses: readonly OperationStatus[] = ["queued", "running", "succeeded", "failed", "canceled"];

export const defaultEnvironmentId = "env_default";

/** Where a deployment came from, so that tests can tell their own from foreign ones. */
export interface Origin {
  by: "api" | "control";
  /** Fingerprint of the key that asked, if one did. */
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
  /** The operation that holds it now or that broke it. */
  operationId: string | null;
  /** When its record was deleted; from then on the API answers 404. */
  goneAt: number | null;
  origin: Origin;
}

export interface Progress {
  phase: string;
  message: string;
}

/** A phase that lasts until this moment of work time; `null`: for ever. */
export interface Step extends Progress {
  until: number | null;
}

/** What will become of a deployment when its operation ends. */
export type ResultingStatus = DeploymentStatus | "gone";

/** An operation's whole course, settled when it is accepted; asking how it stands is arithmetic. Times in work ms. */
export interface Plan {
  queuedUntil: number | null;
  queued: Progress;
  steps: Step[];
  /** `null`: it never ends. */
  endsAt: number | null;
  end: "succeeded" | "failed" | "canceled";
  endProgress: Progress;
  error: OperationError | null;
  after: ResultingStatus;
  /** From here on the API answers 404 for the operation, though the work goes on. */
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
  /** What a canceled destroy goes back to. */
  statusBefore: "ready" | "failed";
  plan: Plan;
  /** Set once it has ended. Times in milliseconds since the epoch. */
  final: OperationView | null;
}

/** How an operation stands at one moment. */
export interface OperationView {
  status: OperationStatus;
  progress: Progress;
  error: OperationError | null;
  startedAt: number | null;
  endedAt: number | null;
}
