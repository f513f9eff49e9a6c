import {
  applications,
  type InputName,
  inputNames,
  inputProperties,
  outputNames,
  outputProperties,
} from "../deployment/properties";
import { defaultTimeoutsMs, formatDuration } from "../deployment/timeouts";

/** The API reference, "Deployments" and "Operations". The platform can send others, so that outputs are open strings. */
const deploymentStatuses = {
  provisioning: "Being created.",
  ready: "Ready for use.",
  failed: "Could not be created, or broke, and cannot be recovered. The next `pulumi up` replaces it.",
  destroying: "Being destroyed.",
  destroyed: "Destroyed.",
};
const operationStatuses = {
  queued: "Queued.",
  running: "Running.",
  succeeded: "Succeeded.",
  failed: "Failed.",
  canceled: "Canceled.",
};
const text = (description: string) => ({ type: "string", description });
const reference = (type: string, description: string) => ({ $ref: `#/types/onvera:index:${type}`, description });
const listOf = (type: string, description: string) => ({
  type: "array",
  items: { $ref: `#/types/onvera:index:${type}` },
  description,
});

/** The enums of inputs. Outputs are plain strings, because languages check enums: the platform can send other values. */
const enumOf: Partial<Record<InputName, string>> = { appType: "AppType" };

/** The platform changes no deployment in place, so each input replaces it. */
function inputSchema(name: InputName) {
  const { description } = inputProperties[name];
  const type = enumOf[name];
  return { ...(type === undefined ? text(description) : reference(type, description)), replaceOnChanges: true };
}

const statusesOf = (statuses: Readonly<Record<string, string>>) =>
  Object.keys(statuses)
    .map((status) => `\`${status}\``)
    .join(", ");

const deploymentResult = {
  properties: {
    id: text("The deployment's id on the platform."),
    name: text("The deployment's name on the platform; others may have the same."),
    appType: text(outputProperties.appType.description),
    status: text(`The deployment's status: ${statusesOf(deploymentStatuses)}, or one that is not published.`),
    url: text(outputProperties.url.description),
    environmentId: text(outputProperties.environmentId.description),
    createdAt: text(outputProperties.createdAt.description),
    operationId: text("The operation that is going on, or the last one, where the platform names it."),
  },
  required: ["id", "status"],
};

const operationResult = {
  properties: {
    id: text("The operation's id on the platform."),
    type: text("What it does, such as `deployment.create`."),
    status: text(`The operation's status: ${statusesOf(operationStatuses)}, or one that is not published.`),
    phase: text("Which part of the work it is at."),
    message: text("What it does there, for people."),
    resourceId: text("The id of the deployment that it acts on."),
    error: reference("OperationError", "Why it failed."),
    requestedAt: text("When it was asked for (RFC 3339)."),
    startedAt: text("When it began (RFC 3339)."),
    endedAt: text("When it ended (RFC 3339)."),
  },
  required: ["id", "status"],
};

const settings = {
  apiKey: {
    type: "string",
    description:
      "The API key of Onvera. Left out, it is taken from the environment variable `ONVERA_API_KEY`, else from the Onvera CLI's file `~/.config/onvera/config.json`.",
    secret: true,
    defaultInfo: { environment: ["ONVERA_API_KEY"] },
  },
  baseUrl: {
    type: "string",
    description:
      "Where the API is. Left out, it is taken from the environment variable `ONVERA_BASE_URL`, else from the Onvera CLI's file, else it is `https://api.onvera.io/api/v1`.",
    defaultInfo: { environment: ["ONVERA_BASE_URL"] },
  },
  refreshBeforeUpdate: {
    type: "boolean",
    description:
      "Whether a plain `pulumi preview` or `pulumi up` reads the real state of each deployment first. On unless it is set to false.",
  },
  adopt: {
    type: "object",
    additionalProperties: { type: "string" },
    description:
      "By a resource's name: the id of the deployment to adopt instead of creating one, or `not:` and the ids of deployments to ignore. It resolves a create whose response was lost.",
  },
};

const enumType = (description: string, values: Readonly<Record<string, string>>) => ({
  type: "string",
  description,
  enum: Object.entries(values).map(([value, meaning]) => ({ name: capitalized(value), value, description: meaning })),
});

/** What the state calls the SDK's dynamic resource. */
const dynamicType = "pulumi-nodejs:dynamic/onvera:Deployment";

/**
 * The package's schema, from which the engine, YAML programs, `pulumi do` and the SDKs of all languages know what there is:
 * https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/. The served one also has the version.
 */
export function packageSchema() {
  const createTimeout = formatDuration(defaultTimeoutsMs.create);
  const deleteTimeout = formatDuration(defaultTimeoutsMs.delete);
  return {
    name: "onvera",
    displayName: "Onvera",
    description: "Apache Airflow and Apache Superset deployments on Onvera",
    keywords: ["pulumi", "onvera", "airflow", "superset", "category/infrastructure"],
    homepage: "https://onvera.io",
    license: "Apache-2.0",
    meta: { moduleFormat: "(.*)" },
    config: { variables: settings },
    provider: {
      description: "How to reach Onvera. No change of it replaces a deployment.",
      inputProperties: settings,
      properties: { apiKey: settings.apiKey, baseUrl: settings.baseUrl },
    },
    types: {
      "onvera:index:AppType": enumType("The applications that the platform runs.", applications),
      "onvera:index:DeploymentStatus": enumType("What becomes of a deployment.", deploymentStatuses),
      "onvera:index:OperationStatus": enumType("What becomes of an operation.", operationStatuses),
      "onvera:index:DeploymentInfo": {
        type: "object",
        description: "A deployment as the platform shows it.",
        ...deploymentResult,
      },
      "onvera:index:Operation": {
        type: "object",
        description: "A piece of work that the platform does, such as making a deployment.",
        ...operationResult,
      },
      "onvera:index:OperationError": {
        type: "object",
        description: "Why an operation failed.",
        properties: { code: text("The platform's code."), message: text("The platform's words.") },
      },
      "onvera:index:Environment": {
        type: "object",
        description: "A place where deployments run.",
        properties: {
          id: text("The environment's id on the platform."),
          name: text("The environment's name."),
          slug: text("The environment's short name."),
          createdAt: text("When it was made (RFC 3339)."),
        },
        required: ["id", "name"],
      },
    },
    resources: {
      "onvera:index:Deployment": {
        description:
          "An instance of Apache Airflow or Apache Superset with its own database, infrastructure and subdomain.\n\n" +
          "An apply waits until the deployment is ready. Where it cannot (a timeout, an outage, Ctrl-C), the deployment is " +
          "kept in the state, and the next `pulumi up` continues to wait for it. The platform changes no deployment in place: " +
          `every change is a replacement. \`customTimeouts\` set how long a create (${createTimeout} if left out) and a ` +
          `delete (${deleteTimeout}) may take.`,
        inputProperties: Object.fromEntries(inputNames.map((name) => [name, inputSchema(name)])),
        requiredInputs: inputNames.filter((name) => inputProperties[name].isRequired),
        // So that a program can move here from the dynamic resource, and keep its deployments: docs/migration.md.
        aliases: [{ type: dynamicType }],
        properties: Object.fromEntries(
          outputNames.map((name) => [
            name,
            {
              ...text(outputProperties[name].description),
              ...(name in inputProperties ? { replaceOnChanges: true } : {}),
            },
          ]),
        ),
        required: outputNames.filter((name) => outputProperties[name].isRequired),
        listInputs: {
          type: "object",
          properties: {
            appType: reference("AppType", "Only deployments of this application."),
            status: reference("DeploymentStatus", "Only deployments with this status."),
          },
        },
      },
    },
    functions: {
      "onvera:index:getDeployment": {
        description: "One deployment, managed by this program or not. Fails where there is none of that id.",
        inputs: { properties: { id: text("The deployment's id on the platform.") }, required: ["id"] },
        outputs: deploymentResult,
      },
      "onvera:index:getDeployments": {
        description: "Every deployment of the organization.",
        inputs: { properties: {} },
        outputs: {
          properties: { deployments: listOf("DeploymentInfo", "Newest first.") },
          required: ["deployments"],
        },
      },
      "onvera:index:getOperation": {
        description: "One operation. Fails where there is none of that id.",
        inputs: { properties: { id: text("The operation's id on the platform.") }, required: ["id"] },
        outputs: operationResult,
      },
      "onvera:index:getOperations": {
        description: "The operations that fit; all of them where nothing is set.",
        inputs: {
          properties: {
            status: reference("OperationStatus", "Only operations with this status."),
            type: text("Only operations of this type, such as `deployment.create`."),
            resourceId: text("Only operations that act on the deployment with this id."),
          },
        },
        outputs: { properties: { operations: listOf("Operation", "Newest first.") }, required: ["operations"] },
      },
      "onvera:index:getEnvironments": {
        description: "The organization's environments.",
        inputs: { properties: {} },
        outputs: {
          properties: { environments: listOf("Environment", "All of them.") },
          required: ["environments"],
        },
      },
    },
    language: {
      nodejs: { packageName: "pulumi-onvera-sdk", respectSchemaVersion: true },
      python: { packageName: "pulumi_onvera", respectSchemaVersion: true, pyproject: { enabled: true } },
      go: {
        importBasePath: "pulumi-onvera/sdk/go/onvera",
        generateResourceContainerTypes: true,
        respectSchemaVersion: true,
      },
      csharp: { respectSchemaVersion: true },
      java: {},
    },
  };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
