import * as pulumi from "@pulumi/pulumi";
import { type AppType, appTypes, outputNames } from "../../provider/deployment/properties";
import type { DeploymentArgs } from "../deployment";
import { runError } from "../run-error";
import { withPackageOptions } from "./package-options";

/**
 * An instance of Apache Airflow or Apache Superset on Onvera.
 *
 * ```ts
 * const etl = new onvera.Deployment("etl", { appType: "airflow" });
 * export const url = etl.url;
 * ```
 *
 * An apply waits until the deployment is ready. If it cannot (a timeout, an outage, Ctrl-C), the state keeps the deployment,
 * and the next `pulumi up` resumes the wait. A deployment that failed is replaced by the next `pulumi up`.
 * `customTimeouts` set how long a create (default: 30 minutes) and a delete (default: 20 minutes) may take.
 */
export class Deployment extends pulumi.CustomResource {
  /** The type token of the resources in the state. */
  static readonly type = "onvera:index:Deployment";

  /** The id on the platform. */
  declare readonly deploymentId: pulumi.Output<string>;
  /** The name on the platform. */
  declare readonly name: pulumi.Output<string>;
  declare readonly appType: pulumi.Output<AppType>;
  /** `ready` after a successful apply. */
  declare readonly status: pulumi.Output<string>;
  /** The address of the application. */
  declare readonly url: pulumi.Output<string>;
  declare readonly environmentId: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly createdAt: pulumi.Output<string>;
  /** The operation that created the deployment. */
  declare readonly operationId: pulumi.Output<string | undefined>;

  /** Reads an existing deployment without managing it. Fails if no deployment has that id. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Deployment {
    if (typeof id === "string" ? id.trim() === "" : id === undefined || id === null) {
      throw runError(`Deployment.get("${name}"): id is empty; expected the id of an existing deployment`);
    }
    return new Deployment(name, {} as DeploymentArgs, { ...opts, id });
  }

  /** True for a `Deployment` of any copy of this package. */
  static override isInstance(value: unknown): value is Deployment {
    return (
      typeof value === "object" && value !== null && "__pulumiType" in value && value.__pulumiType === Deployment.type
    );
  }

  constructor(name: string, args: DeploymentArgs, opts: pulumi.CustomResourceOptions = {}) {
    super(
      Deployment.type,
      name,
      { ...Object.fromEntries(outputNames.map((output) => [output, undefined])), ...args },
      pulumi.mergeOptions({ aliases: [{ type: dynamicType }] }, withPackageOptions(opts)),
    );
  }
}

/** So that a program can move here from the dynamic provider and keep its deployments. */
const dynamicType = "pulumi-nodejs:dynamic/onvera:Deployment";

export { type AppType, appTypes, type DeploymentArgs };
