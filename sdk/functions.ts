import * as pulumi from "@pulumi/pulumi";
import type { ClientEvent, OnveraClient } from "../provider/api/client";
import type { Deployment as DeploymentInfo, Environment, Operation } from "../provider/api/schemas";
import { describeEvent } from "../provider/runtime/client-events";
import type { Settings } from "../provider/runtime/settings";
import type { Inputs } from "./inputs";
import { isMocked, programSettings } from "./settings";

export type { DeploymentInfo, Environment, Operation };

export interface GetDeploymentArgs {
  /** The id on the platform. */
  id: string;
}

export interface GetOperationArgs {
  /** The operation's id, as in `deployment.operationId`. */
  id: string;
}

/** Selects operations. Without arguments, all of them. */
export interface GetOperationsArgs {
  /** `queued`, `running`, `succeeded`, `failed` or `canceled`. */
  status?: string;
  /** For example `deployment.create`. */
  type?: string;
  /** The id of the operations' deployment. */
  resourceId?: string;
}

/** Returns a deployment, whether or not this program manages it. Throws `ApiError` (404) if it does not exist. */
export function getDeployment(args: GetDeploymentArgs): Promise<DeploymentInfo> {
  checkArguments("getDeployment", args);
  return mocked("getDeployment", { ...args }) ?? client().getDeployment(args.id);
}

/** Returns all deployments of the organization, newest first. */
export function getDeployments(): Promise<DeploymentInfo[]> {
  const results = mocked<{ deployments: DeploymentInfo[] }>("getDeployments", {});
  return results?.then(({ deployments }) => deployments) ?? client().allDeployments();
}

/** Returns an operation. Throws `ApiError` (404) if it does not exist. */
export function getOperation(args: GetOperationArgs): Promise<Operation> {
  checkArguments("getOperation", args);
  return mocked("getOperation", { ...args }) ?? client().getOperation(args.id);
}

/** Returns the operations that match all given arguments, newest first. */
export function getOperations(args: GetOperationsArgs = {}): Promise<Operation[]> {
  checkArguments("getOperations", args);
  const results = mocked<{ operations: Operation[] }>("getOperations", { ...args });
  return results?.then(({ operations }) => operations) ?? client().allOperations(args);
}

/** Returns all environments of the organization. */
export function getEnvironments(): Promise<Environment[]> {
  const results = mocked<{ environments: Environment[] }>("getEnvironments", {});
  return results?.then(({ environments }) => environments) ?? client().listEnvironments();
}

export function getDeploymentOutput(args: Inputs<GetDeploymentArgs>): pulumi.Output<DeploymentInfo> {
  return applied(args, (known) => getDeployment(known as GetDeploymentArgs));
}

export function getDeploymentsOutput(): pulumi.Output<DeploymentInfo[]> {
  return pulumi.output(getDeployments());
}

export function getOperationOutput(args: Inputs<GetOperationArgs>): pulumi.Output<Operation> {
  return applied(args, (known) => getOperation(known as GetOperationArgs));
}

export function getOperationsOutput(args: Inputs<GetOperationsArgs> = {}): pulumi.Output<Operation[]> {
  return applied(args, (known) => getOperations(known as GetOperationsArgs));
}

export function getEnvironmentsOutput(): pulumi.Output<Environment[]> {
  return pulumi.output(getEnvironments());
}

/**
 * The result of `read` as an output. The Pulumi SDK 3.248 does not settle an export whose `apply` fails, so that the program would
 * wait forever. The promise without a handler makes an error end the program at once. Remove it when the SDK does so itself.
 */
function applied<Args, Result>(
  args: pulumi.Input<Args>,
  read: (known: pulumi.Unwrap<Args>) => Promise<Result>,
): pulumi.Output<Result> {
  return pulumi.output(args).apply((known) => {
    // In `then`, so that what `read` throws rejects the promise, too.
    const result = Promise.resolve().then(() => read(known));
    void result.then(() => {});
    return result;
  }) as pulumi.Output<Result>;
}

/**
 * Under `pulumi.runtime.setMocks`, the `call` function of the mocks returns the result, in the format of the provider plugin's
 * function of that name.
 */
function mocked<Result>(name: string, args: Record<string, unknown>): Promise<Result> | undefined {
  if (!isMocked()) return undefined;
  return pulumi.runtime.invoke(`onvera:index:${name}`, args) as Promise<Result>;
}

/** By stack: a process can run several programs (Automation API), each with its own key and base URL. */
const clients = new WeakMap<object, { settings: Settings; client: OnveraClient }>();
const noStack = {};

function client(): OnveraClient {
  const stack = pulumi.runtime.getStackResource() ?? noStack;
  const settings = programSettings();
  const known = clients.get(stack);
  if (known?.settings.apiKey === settings.apiKey && known.settings.baseUrl === settings.baseUrl) return known.client;
  // Loaded with the first call, because it loads slowly and most programs call no function.
  const { OnveraClient } = require("../provider/api/client") as typeof import("../provider/api/client");
  const client = new OnveraClient({ settings, onEvent: logEvent });
  clients.set(stack, { settings, client });
  return client;
}

function logEvent(event: ClientEvent): void {
  const message = describeEvent(event);
  if (message === undefined) return;
  const { severity, text } = message;
  // A log entry that cannot be delivered must not fail the function.
  void Promise.resolve(pulumi.log[severity === "warning" ? "warn" : "debug"](text)).catch(() => undefined);
}

/** As the provider plugin does. Otherwise, a mistyped filter would select everything or nothing. Throws `TypeError`. */
function checkArguments(name: "getDeployment" | "getOperation" | "getOperations", args: object | undefined): void {
  // Loaded with the first call, as the client.
  const { checkArgs, functions } =
    require("../provider/plugin/functions") as typeof import("../provider/plugin/functions");
  // An absent argument can be undefined.
  const given = Object.fromEntries(Object.entries(args ?? {}).filter(([, value]) => value !== undefined));
  const called = functions[`onvera:index:${name}`];
  const failures = called === undefined ? [] : checkArgs(called, given);
  if (failures.length === 0) return;
  const problems = failures.map(({ property, reason }) => `${property}: ${reason}`);
  throw new TypeError(`${name}: ${problems.join("; ")}`);
}
