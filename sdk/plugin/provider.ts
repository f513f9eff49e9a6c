import * as pulumi from "@pulumi/pulumi";
import { isOfType } from "../deployment-resource";
import { packageName, withPackageOptions } from "./package-options";

/** The arguments of an explicit provider. Changing them replaces no deployment. */
export interface ProviderArgs {
  /** The Onvera API key. Default: the environment variable `ONVERA_API_KEY`, then the file of the Onvera CLI. */
  apiKey?: pulumi.Input<string | undefined> | undefined;
  /** The base URL of the API. Default: the environment variable `ONVERA_BASE_URL`, then the file of the Onvera CLI, then the public API. */
  baseUrl?: pulumi.Input<string | undefined> | undefined;
  /** Whether `pulumi preview` and `pulumi up` read the deployments first, so that they show drift. Default: true. */
  refreshBeforeUpdate?: pulumi.Input<boolean | undefined> | undefined;
  /** For a resource name, the id of an existing deployment to adopt instead of creating one, or `not:` and the ids of deployments to ignore. */
  adopt?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined> | undefined;
}

/**
 * An explicit provider, for example for a second organization.
 *
 * ```ts
 * const other = new onvera.Provider("other", { apiKey: new pulumi.Config().requireSecret("otherKey") });
 * new onvera.Deployment("etl", { appType: "airflow" }, { provider: other });
 * ```
 */
export class Provider extends pulumi.ProviderResource {
  declare readonly apiKey: pulumi.Output<string | undefined>;
  declare readonly baseUrl: pulumi.Output<string | undefined>;

  /** Whether the value is a `Provider`, of any copy of this package. */
  static override isInstance(value: unknown): value is Provider {
    return isOfType(value, `pulumi:providers:${packageName}`);
  }

  constructor(name: string, args: ProviderArgs = {}, opts: pulumi.ResourceOptions = {}) {
    const { apiKey, baseUrl, refreshBeforeUpdate, adopt } = args;
    // The protocol passes the inputs of a provider as strings.
    const json = <T>(value: pulumi.Input<T>) => pulumi.output(value).apply((known) => JSON.stringify(known));
    super(
      packageName,
      name,
      {
        apiKey: apiKey === undefined ? undefined : pulumi.secret(apiKey),
        baseUrl,
        refreshBeforeUpdate: json(refreshBeforeUpdate),
        adopt: json(adopt),
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["apiKey"] }, withPackageOptions(opts)),
    );
  }
}
