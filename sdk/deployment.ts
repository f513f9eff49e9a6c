import * as pulumi from "@pulumi/pulumi";
import { type AppType, appTypes } from "../provider/deployment/app-types";
import { parseDuration, type Timeouts } from "../provider/deployment/timeouts";
import { knownValue } from "./known-value";
import { runError } from "./run-error";
import { stackSeed } from "./seed";
import { serializedProvider } from "./serialized-provider";

/** What a deployment is made of. Each change of it is a replacement: the platform has no update call. */
export interface DeploymentArgs {
  /** The application: `"airflow"` or `"superset"`. */
  appType: pulumi.Input<AppType>;
  /** The name on the platform. Default: the resource's name, a hyphen and seven random characters, kept from then on. */
  name?: pulumi.Input<string>;
}

/**
 * An instance of Apache Airflow or Apache Superset on Onvera.
 *
 * ```ts
 * const etl = new onvera.Deployment("etl", { appType: "airflow" });
 * export const url = etl.url;
 * ```
 *
 * An apply waits until the deployment is ready. Where it cannot (a timeout, an outage, Ctrl-C), the deployment is kept
 * in the state, and the next `pulumi up` goes on waiting for it; one that failed is replaced by the next `pulumi up`.
 * `customTimeouts` set how long a create (30 minutes if left out) and a delete (20 minutes) may take.
 */
export class Deployment extends pulumi.CustomResource {
  /** The type token of the resources in the state. */
  static readonly type = "pulumi-nodejs:dynamic/onvera:Deployment";

  /** The id on the platform. */
  declare readonly deploymentId: pulumi.Output<string>;
  /** The name on the platform. */
  declare readonly name: pulumi.Output<string>;
  declare readonly appType: pulumi.Output<AppType>;
  /** `ready` after an apply that succeeded. */
  declare readonly status: pulumi.Output<string>;
  /** Where the application is served. */
  declare readonly url: pulumi.Output<string>;
  declare readonly environmentId: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly createdAt: pulumi.Output<string>;
  /** The operation that created the deployment. */
  declare readonly operationId: pulumi.Output<string | undefined>;

  /** Reads a deployment that is there already, and does not manage it. Fails where there is none of that id. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Deployment {
    return new Deployment(name, {} as DeploymentArgs, { ...opts, id });
  }

  /** True for a `Deployment` of any copy of this package. */
  static override isInstance(value: unknown): value is Deployment {
    return (
      typeof value === "object" && value !== null && "__pulumiType" in value && value.__pulumiType === Deployment.type
    );
  }

  constructor(name: string, args: DeploymentArgs, opts: pulumi.CustomResourceOptions = {}) {
    const timeouts = opts.id === undefined ? timeoutsOf(name, opts.customTimeouts) : undefined;
    super(
      Deployment.type,
      name,
      {
        deploymentId: undefined,
        status: undefined,
        url: undefined,
        environmentId: undefined,
        createdAt: undefined,
        operationId: undefined,
        ...args,
        name: args?.name,
        appType: args?.appType,
        ...(timeouts === undefined ? {} : { timeouts }),
        ...(opts.id === undefined ? { __resource: hints(name, opts, args?.name !== undefined) } : {}),
        __provider: serializedProvider,
      },
      opts,
    );
  }
}

/**
 * What the host of dynamic providers tells nobody, and `check` needs: it goes from the program to `check`, which takes
 * it out again, so it never reaches the state.
 */
function hints(name: string, opts: pulumi.CustomResourceOptions, hasName: boolean) {
  const adopt = new pulumi.Config("onvera").getObject<Record<string, unknown>>("adopt")?.[name];
  return {
    name,
    hasName,
    isPreview: pulumi.runtime.isDryRun(),
    // As an output it would depend on the parent, hence on all the parent's children: two of them would wait for each other.
    urn: knownValue(pulumi.createUrn(name, Deployment.type, opts.parent)),
    ...(hasName ? {} : { seed: stackSeed().then((seed) => seed ?? "") }),
    ...(typeof adopt === "string" ? { adopt } : {}),
  };
}

function timeoutsOf(name: string, custom: pulumi.CustomTimeouts | undefined): Timeouts | undefined {
  const timeouts: Record<string, number> = {};
  for (const call of ["create", "update", "delete"] as const) {
    const text = custom?.[call];
    if (text === undefined) continue;
    const ms = parseDuration(text);
    if (ms === undefined) {
      throw runError(
        `Deployment "${name}": customTimeouts.${call}: expected a duration such as "45m" or "1h30m", got ${JSON.stringify(text)}`,
      );
    }
    timeouts[call] = ms / 1_000;
  }
  return Object.keys(timeouts).length === 0 ? undefined : timeouts;
}

export { type AppType, appTypes };
