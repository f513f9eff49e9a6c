import type { OnveraClient } from "../api/client";
import type { CallContext } from "../call-context";
import type { Clock } from "../clock";
import type { PollSchedule } from "../lro/poll-schedule";
import type { Poller } from "../lro/poller";
import type { Organization } from "./organization";
import type { WaitReporter } from "./progress";

/** The calls of the API that the lifecycle of a deployment uses. */
export type LifecycleClient = Pick<
  OnveraClient,
  | "createDeployment"
  | "getDeployment"
  | "listDeployments"
  | "allDeployments"
  | "deleteDeployment"
  | "getOperation"
  | "platformTime"
>;

/** One create or delete of a deployment, with everything that its waits use. */
export interface WaitContext extends CallContext {
  readonly client: LifecycleClient;
  readonly poller: Poller;
  readonly schedule: PollSchedule;
  readonly organization: Organization;
  readonly clock: Clock;
  readonly reporter: WaitReporter;
  /** On the clock's `now()`, in milliseconds. */
  readonly deadline: number;
  /** On the clock's `now()`, in milliseconds. */
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** The resource's URN, for messages, if the host knows it. */
  readonly urn?: string | undefined;
  /** What continues on the platform if the wait ends early, for messages. */
  readonly call: "create" | "delete";
  /** The part of `customTimeouts` that limits this call, for messages. */
  readonly timeoutOption: "create" | "update" | "delete";
}

/** The poller's key for a deployment. */
export function deploymentKey(deploymentId: string): string {
  return `deployment/${deploymentId}`;
}

/** The poller's key for an operation. */
export function operationKey(operationId: string): string {
  return `operation/${operationId}`;
}
