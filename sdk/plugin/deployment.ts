import * as pulumi from "@pulumi/pulumi";
import { type AppType, appTypes, dynamicType, pluginType } from "../../provider/deployment/properties";
import { type DeploymentArgs, DeploymentResource, isOfType, optionsToGet } from "../deployment-resource";
import { withPackageOptions } from "./package-options";

/**
 * An instance of an application, such as Apache Airflow or Apache Superset, on Onvera.
 *
 * ```ts
 * const etl = new onvera.Deployment("etl", { appType: "airflow" });
 * export const url = etl.url;
 * ```
 *
 * `pulumi up` waits until the deployment is ready. If the wait ends early (a timeout, an outage, Ctrl-C), the state keeps the
 * deployment, and the next `pulumi up` continues to wait for it. The next `pulumi up` replaces a deployment that failed.
 * `customTimeouts` sets the timeouts of create (default: 30 minutes) and delete (default: 20 minutes).
 */
export class Deployment extends DeploymentResource {
  /** The type token of the resources in the state. */
  static readonly type = pluginType;

  /** Reads an existing deployment without managing it. Fails if no deployment has that id. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Deployment {
    return new Deployment(name, {} as DeploymentArgs, optionsToGet(name, id, opts));
  }

  /** Whether the value is a `Deployment`, of any copy of this package. */
  static override isInstance(value: unknown): value is Deployment {
    return isOfType(value, Deployment.type);
  }

  constructor(name: string, args: DeploymentArgs, opts: pulumi.CustomResourceOptions = {}) {
    super(
      Deployment.type,
      name,
      { ...args },
      // A program can move here from the dynamic provider and keep its deployments.
      pulumi.mergeOptions({ aliases: [{ type: dynamicType }] }, withPackageOptions(opts)),
    );
  }
}

export { type AppType, appTypes, type DeploymentArgs };
