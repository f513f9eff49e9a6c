import * as pulumi from "@pulumi/pulumi";
import type {
  DeploymentInfo,
  Environment,
  GetDeploymentArgs,
  GetOperationArgs,
  GetOperationsArgs,
  Operation,
} from "../functions";
import type { Inputs } from "../inputs";
import { toApiError } from "./api-error";
import { withPackageOptions } from "./package-options";

export type { DeploymentInfo, Environment, GetDeploymentArgs, GetOperationArgs, GetOperationsArgs, Operation };

/** Returns a deployment, whether or not this program manages it. Throws `ApiError` (404) if it does not exist. */
export function getDeployment(args: GetDeploymentArgs, opts?: pulumi.InvokeOptions): Promise<DeploymentInfo> {
  return invoke("getDeployment", args, opts);
}

/** Returns all deployments of the organization, newest first. */
export async function getDeployments(opts?: pulumi.InvokeOptions): Promise<DeploymentInfo[]> {
  const { deployments } = await invoke<{ deployments: DeploymentInfo[] }>("getDeployments", {}, opts);
  return deployments;
}

/** Returns an operation. Throws `ApiError` (404) if it does not exist. */
export function getOperation(args: GetOperationArgs, opts?: pulumi.InvokeOptions): Promise<Operation> {
  return invoke("getOperation", args, opts);
}

/** Returns the operations that match all given arguments, newest first. */
export async function getOperations(args: GetOperationsArgs = {}, opts?: pulumi.InvokeOptions): Promise<Operation[]> {
  const { operations } = await invoke<{ operations: Operation[] }>("getOperations", args, opts);
  return operations;
}

/** Returns all environments of the organization. */
export async function getEnvironments(opts?: pulumi.InvokeOptions): Promise<Environment[]> {
  const { environments } = await invoke<{ environments: Environment[] }>("getEnvironments", {}, opts);
  return environments;
}

export function getDeploymentOutput(
  args: Inputs<GetDeploymentArgs>,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<DeploymentInfo> {
  return invokeOutput("getDeployment", args, opts);
}

export function getDeploymentsOutput(opts?: pulumi.InvokeOutputOptions): pulumi.Output<DeploymentInfo[]> {
  return invokeOutput<{ deployments: DeploymentInfo[] }>("getDeployments", {}, opts).deployments;
}

export function getOperationOutput(
  args: Inputs<GetOperationArgs>,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<Operation> {
  return invokeOutput("getOperation", args, opts);
}

export function getOperationsOutput(
  args: Inputs<GetOperationsArgs> = {},
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<Operation[]> {
  return invokeOutput<{ operations: Operation[] }>("getOperations", args, opts).operations;
}

export function getEnvironmentsOutput(opts?: pulumi.InvokeOutputOptions): pulumi.Output<Environment[]> {
  return invokeOutput<{ environments: Environment[] }>("getEnvironments", {}, opts).environments;
}

async function invoke<T>(name: string, args: object, opts: pulumi.InvokeOptions | undefined): Promise<T> {
  try {
    return await pulumi.runtime.invoke(token(name), { ...args }, withPackageOptions(opts));
  } catch (error) {
    throw toApiError(error);
  }
}

function invokeOutput<T>(name: string, args: object, opts: pulumi.InvokeOutputOptions | undefined): pulumi.Output<T> {
  return pulumi.runtime.invokeOutput<T>(token(name), { ...args }, withPackageOptions(opts));
}

const token = (name: string) => `onvera:index:${name}`;
