import type * as pulumi from "@pulumi/pulumi";
import { adoptCommand } from "../provider/deployment/adopt-setting";
import { type AppType, appTypes, dynamicType } from "../provider/deployment/properties";
import { parseDuration, type Timeouts } from "../provider/deployment/timeouts";
import { type DeploymentArgs, DeploymentResource, isOfType, optionsToGet } from "./deployment-resource";
import { resourceMetadata } from "./metadata";
import { runError } from "./run-error";
import { serializedProvider } from "./serialized-provider";
import { checkProgramConfig } from "./settings";

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
  static readonly type = dynamicType;

  /** Reads an existing deployment without managing it. Fails if no deployment has that id. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Deployment {
    return new Deployment(name, {} as DeploymentArgs, optionsToGet(name, id, opts));
  }

  /** Whether the value is a `Deployment`, of any copy of this package. */
  static override isInstance(value: unknown): value is Deployment {
    return isOfType(value, Deployment.type);
  }

  constructor(name: string, args: DeploymentArgs, opts: pulumi.CustomResourceOptions = {}) {
    checkProgramConfig();
    if (opts.import !== undefined) {
      throw runError(
        `Deployment "${name}": the option "import" needs the provider plugin; with the dynamic provider, remove the option and ` +
          `run \`${adoptCommand(name, typeof opts.import === "string" && opts.import !== "" ? opts.import : "<deployment id>")}\``,
      );
    }
    super(
      Deployment.type,
      name,
      { ...args, __provider: serializedProvider },
      opts.id === undefined ? { ...opts, transformations: [...(opts.transformations ?? []), addMetadataLast] } : opts,
    );
  }
}

/**
 * The SDK runs the resource's own transformations first, then those of its parents and of the stack. This one appends
 * `addMetadata` to the list that the SDK is reading, so that it runs after all of them and gets the final arguments and
 * options. If an SDK keeps no such list, `addMetadata` runs here, after the resource's own transformations only.
 */
const addMetadataLast: pulumi.ResourceTransformation = (args) => {
  const { __transformations: all } = args.resource as { __transformations?: unknown[] };
  if (all === undefined) return addMetadata(args);
  if (all.at(-1) !== addMetadata) all.push(addMetadata);
  return undefined;
};

/** Adds what the host of dynamic providers does not pass: the timeouts, and the metadata for `check`. */
const addMetadata: pulumi.ResourceTransformation = ({ name, type, props, opts }) => {
  const { customTimeouts, id, ignoreChanges, parent } = opts as pulumi.CustomResourceOptions;
  // Children of a deployment inherit it.
  if (type !== Deployment.type || id !== undefined) return undefined;
  const timeouts = timeoutsOf(name, customTimeouts);
  return {
    props: {
      ...props,
      ...(timeouts === undefined ? {} : { timeouts }),
      __resource: resourceMetadata({ type, name, givenName: props["name"], ignoreChanges, parent }),
    },
    opts,
  };
};

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

export { type AppType, appTypes, type DeploymentArgs };
