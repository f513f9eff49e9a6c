import * as pulumi from "@pulumi/pulumi";
import type { OnveraClient } from "../provider/onvera/client";
import type { Deployment as DeploymentInfo, Environment, Operation } from "../provider/onvera/schemas";
import { programSettings } from "./settings";

export type { DeploymentInfo, Environment, Operation };

export interface GetDeploymentArgs {
  /** The id on the platform. */
  id: string;
}

export interface GetOperationArgs {
  /** The operation's id, as in `deployment.operationId`. */
  id: string;
}

/** Which operations are wanted; all of them where nothing is set. */
export interface GetOperationsArgs {
  /** As the platform spells it: `queued`, `running`, `succeeded`, `failed`, `canceled`. */
  status?: string;
  /** Such as `deployment.create`. */
  type?: string;
  /** The id of the deployment that they act on. */
  resourceId?: string;
}

type Inputs<T> = { [K in keyof T]: pulumi.Input<NonNullable<T[K]>> };

/** One deployment, managed by this program or not. Throws `ApiError` (404) where there is none of that id. */
export function getDeployment(args: GetDeploymentArgs): Promise<DeploymentInfo> {
  return client().getDeployment(requiredId("getDeployment", args));
}

/** Every deployment of the organization, newest first. */
export function getDeployments(): Promise<DeploymentInfo[]> {
  return client().allDeployments();
}

/** One operation. Throws `ApiError` (404) where there is none of that id. */
export function getOperation(args: GetOperationArgs): Promise<Operation> {
  return client().getOperation(requiredId("getOperation", args));
}

/** Every operation that fits, newest first. */
export function getOperations(args: GetOperationsArgs = {}): Promise<Operation[]> {
  return client().allOperations(args);
}

/** The organization's environments. */
export function getEnvironments(): Promise<Environment[]> {
  return client().listEnvironments();
}

export function getDeploymentOutput(args: Inputs<GetDeploymentArgs>): pulumi.Output<DeploymentInfo> {
  return pulumi.output(args).apply((known) => getDeployment(known as GetDeploymentArgs));
}

export function getDeploymentsOutput(): pulumi.Output<DeploymentInfo[]> {
  return pulumi.output(getDeployments());
}

export function getOperationOutput(args: Inputs<GetOperationArgs>): pulumi.Output<Operation> {
  return pulumi.output(args).apply((known) => getOperation(known as GetOperationArgs));
}

export function getOperationsOutput(args: Inputs<GetOperationsArgs> = {}): pulumi.Output<Operation[]> {
  return pulumi.output(args).apply((known) => getOperations(known as GetOperationsArgs));
}

export function getEnvironmentsOutput(): pulumi.Output<Environment[]> {
  return pulumi.output(getEnvironments());
}

let shared: OnveraClient | undefined;

/** One client for a program: its stack, and so its settings, stay the same. */
function client(): OnveraClient {
  if (shared === undefined) {
    // Loaded at the first call: most programs make none, and it takes long to load.
    const { OnveraClient } = require("../provider/onvera/client") as typeof import("../provider/onvera/client");
    shared = new OnveraClient({ settings: programSettings() });
  }
  return shared;
}

function requiredId(call: string, args: { id?: unknown } | undefined): string {
  const id = args?.id;
  if (typeof id !== "string" || id === "") {
    throw new TypeError(`${call}: id: expected the id of one that exists, got ${JSON.stringify(id)}`);
  }
  return id;
}
