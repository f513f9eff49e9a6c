import * as pulumi from "@pulumi/pulumi";
import * as onvera from "pulumi-onvera";

/** What a `DataPlatform` is made of. */
export interface DataPlatformArgs {
  /**
   * Who it is for; the deployments are called `<team>-airflow-<stack>` and `<team>-superset-<stack>`. Lower-case letters,
   * digits and hyphens, 20 at most.
   */
  team: string;
  /** How long each create may take, such as `"1h30m"`. Default: 45 minutes. */
  createTimeout?: string;
  /**
   * Names of resources of this stack that become part of the component: deployments that were declared without it stay
   * what they are, and nothing is replaced. To be left in for as long as a stack may still have the old resources.
   */
  formerly?: { airflow?: string; superset?: string };
}

/**
 * An Airflow that fills a warehouse, and a Superset beside it that shows what is in it.
 *
 *     const platform = new DataPlatform("data", { team: "data" });
 *     export const airflowUrl = platform.airflowUrl;
 *
 * `protect`, `provider` and `retainOnDelete` of the component hold for both deployments.
 */
export class DataPlatform extends pulumi.ComponentResource {
  readonly airflow: onvera.Deployment;
  readonly superset: onvera.Deployment;
  readonly airflowUrl: pulumi.Output<string>;
  readonly supersetUrl: pulumi.Output<string>;

  constructor(name: string, args: DataPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    // Before anything is registered: a mistake leaves nothing half made.
    validate(name, args);
    super("onvera-examples:index:DataPlatform", name, args, opts);

    const { team, createTimeout = "45m", formerly = {} } = args;
    const optsOf = (former: string | undefined): pulumi.CustomResourceOptions => ({
      parent: this,
      customTimeouts: { create: createTimeout },
      ...(former === undefined ? {} : { aliases: [{ name: former, parent: pulumi.rootStackResource }] }),
    });
    const stack = pulumi.getStack();
    this.airflow = new onvera.Deployment(
      `${name}-airflow`,
      { appType: "airflow", name: `${team}-airflow-${stack}` },
      optsOf(formerly.airflow),
    );
    this.superset = new onvera.Deployment(
      `${name}-superset`,
      { appType: "superset", name: `${team}-superset-${stack}` },
      // The dashboards show what the pipelines make: they come after them, and go before them.
      { ...optsOf(formerly.superset), dependsOn: this.airflow },
    );
    this.airflowUrl = this.airflow.url;
    this.supersetUrl = this.superset.url;
    this.registerOutputs({ airflowUrl: this.airflowUrl, supersetUrl: this.supersetUrl });
  }
}

/** Every mistake at once; a `RunError` is shown without a stack trace. */
function validate(name: string, { team, createTimeout }: DataPlatformArgs): void {
  const mistakes = [
    ...(/^[a-z][a-z0-9-]{0,19}$/.test(team)
      ? []
      : [
          `team: expected up to 20 lower-case letters, digits and hyphens, a letter first, got ${JSON.stringify(team)}`,
        ]),
    ...(createTimeout === undefined || /^(\d+(\.\d+)?[hms])+$/.test(createTimeout)
      ? []
      : [`createTimeout: expected a duration such as "45m" or "1h30m", got ${JSON.stringify(createTimeout)}`]),
  ];
  if (mistakes.length > 0) throw new pulumi.RunError(`DataPlatform "${name}": ${mistakes.join("; ")}`);
}
