import * as pulumi from "@pulumi/pulumi";
import { type AppType, type OutputName, outputNames } from "../provider/deployment/properties";
import { runError } from "./run-error";

/** The arguments of a deployment. Changing one replaces the deployment, because the platform has no update. */
export interface DeploymentArgs {
  /** The application, such as `"airflow"`. */
  appType: pulumi.Input<AppType>;
  /** The name on the platform. Default: the resource's name, a hyphen and random characters, which do not change afterwards. */
  name?: pulumi.Input<string | undefined> | undefined;
}

/** What `Deployment` is with the dynamic provider (deployment.ts) and with the provider plugin (plugin/deployment.ts). */
export abstract class DeploymentResource
  extends pulumi.CustomResource
  implements Readonly<Record<OutputName, pulumi.Output<string | undefined>>>
{
  /** The id on the platform. */
  declare readonly deploymentId: pulumi.Output<string>;
  /** The name on the platform. */
  declare readonly name: pulumi.Output<string>;
  declare readonly appType: pulumi.Output<AppType>;
  /** `ready` after a successful `pulumi up`. */
  declare readonly status: pulumi.Output<string>;
  /** The URL of the application. */
  declare readonly url: pulumi.Output<string>;
  /** The id of the environment that the deployment runs in. */
  declare readonly environmentId: pulumi.Output<string>;
  /** When the deployment was requested (RFC 3339). */
  declare readonly createdAt: pulumi.Output<string>;
  /** The id of the operation that created the deployment. */
  declare readonly operationId: pulumi.Output<string | undefined>;

  protected constructor(type: string, name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(type, name, { ...Object.fromEntries(outputNames.map((output) => [output, undefined])), ...inputs }, opts);
  }
}

/** The options of `Deployment.get`. Throws `RunError` if the id is empty. */
export function optionsToGet(
  name: string,
  id: pulumi.Input<pulumi.ID>,
  opts: pulumi.CustomResourceOptions | undefined,
): pulumi.CustomResourceOptions {
  if (typeof id === "string" ? id.trim() === "" : id === undefined || id === null) {
    throw runError(`Deployment.get("${name}"): id is empty; expected the id of an existing deployment`);
  }
  return { ...opts, id };
}

/** Whether the value is a resource of this type, of any copy of this package. */
export function isOfType(value: unknown, type: string): boolean {
  return typeof value === "object" && value !== null && "__pulumiType" in value && value.__pulumiType === type;
}
