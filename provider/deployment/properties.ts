/**
 * The properties of a deployment, described once. The check, the diff, the outputs, the schema of the provider plugin and the
 * types follow from here. To add an input, add it to `inputProperties` and to `outputProperties`; the compiler and the unit tests
 * then name what is missing elsewhere.
 */

import { wordList } from "../word-list";
import type { Timeouts } from "./timeouts";

/** The type tokens of a deployment in a state: of the provider plugin, and of the dynamic provider. Never change them. */
export const pluginType = "onvera:index:Deployment";
export const dynamicType = "pulumi-nodejs:dynamic/onvera:Deployment";

/** The applications that the platform runs. Source: the API reference, "Deployments". */
export const applications = {
  airflow: "Apache Airflow",
  superset: "Apache Superset",
} as const;

export type AppType = keyof typeof applications;
export const appTypes = Object.keys(applications) as [AppType, ...AppType[]];

/** Values that can be chosen, for messages: `"airflow" or "superset"`. */
export function choiceOf(values: readonly string[]): string {
  return wordList(
    values.map((value) => JSON.stringify(value)),
    "or",
  );
}

interface InputProperty {
  readonly description: string;
  readonly isRequired: boolean;
  /** The allowed values with their meanings. Default: any text. */
  readonly values?: Readonly<Record<string, string>>;
}

/** The platform cannot change a deployment, so each change of an input is a replacement. */
export const inputProperties = {
  appType: {
    description: "The application. A change replaces the deployment.",
    isRequired: true,
    values: applications,
  },
  name: {
    description:
      "The deployment's name on Onvera. Default: the resource's name, a hyphen and random characters; the name stays the same on later updates. A change of the name replaces the deployment.",
    isRequired: false,
  },
} as const satisfies Readonly<Record<string, InputProperty>>;

export type InputName = keyof typeof inputProperties;
export const inputNames = Object.keys(inputProperties) as readonly InputName[];

interface OutputProperty {
  readonly description: string;
  readonly isRequired: boolean;
  /** Whether it stays the same while an unfinished create is resumed. */
  readonly isStable: boolean;
}

export const outputProperties = {
  deploymentId: {
    description: "The deployment's id on Onvera, the same as the resource's id.",
    isRequired: true,
    isStable: true,
  },
  appType: {
    description: `The application: ${wordList(
      appTypes.map((appType) => `\`${appType}\``),
      "or",
    )}.`,
    isRequired: true,
    isStable: true,
  },
  name: { description: "The deployment's name on Onvera.", isRequired: true, isStable: true },
  status: {
    description: "The deployment's status: `ready` after a successful apply.",
    isRequired: true,
    isStable: false,
  },
  url: {
    description: "The address of the application. Absent until the deployment is ready.",
    isRequired: false,
    isStable: false,
  },
  environmentId: {
    description: "The id of the environment that the deployment runs in.",
    isRequired: false,
    isStable: false,
  },
  createdAt: { description: "The time of the create request (RFC 3339).", isRequired: false, isStable: false },
  operationId: {
    description: "The id of the operation that created the deployment.",
    isRequired: false,
    isStable: true,
  },
} as const satisfies Readonly<Record<string, OutputProperty>>;

export type OutputName = keyof typeof outputProperties;
export const outputNames = Object.keys(outputProperties) as readonly OutputName[];

type ValueOf<P> = P extends { readonly values: infer V } ? keyof V & string : string;
type Required<P, T extends keyof P> = P[T] extends { readonly isRequired: true } ? T : never;
/** The inputs as a program or a manifest gives them. */
export type DeclaredInputs = {
  readonly [K in InputName as Required<typeof inputProperties, K>]: ValueOf<(typeof inputProperties)[K]>;
} & {
  readonly [K in InputName as Exclude<K, Required<typeof inputProperties, K>>]?: ValueOf<(typeof inputProperties)[K]>;
};

/** Checked inputs: what the engine keeps in the state and passes to `create`. The name is always there: an omitted one is automatic. */
export type DeploymentInputs = DeclaredInputs & {
  readonly name: string;
  /** Only what the user has set. */
  readonly timeouts?: Timeouts;
};

/**
 * The outputs of a deployment: what the state keeps of it. Absent values are omitted, never undefined. The status has the
 * platform's spelling; an unfinished create is kept as `provisioning`, one that failed for good as `failed`.
 */
export type DeploymentOuts = {
  readonly [K in OutputName as Required<typeof outputProperties, K>]: string;
} & {
  readonly [K in OutputName as Exclude<K, Required<typeof outputProperties, K>>]?: string;
} & {
  /** Kept for the delete, which gets nothing but the outputs. */
  readonly timeouts?: Timeouts;
  /**
   * Identifies the API key and base URL that created the deployment; see `Organization`. The engine does not display properties
   * whose names begin with `__`, but it compares them. So a refresh must not change a recorded value.
   */
  readonly __origin?: string;
  /** The name that the program gave, if the platform spells it differently. A refresh removes it after a rename on the platform. */
  readonly __givenName?: string;
};
