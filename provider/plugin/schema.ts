import {
  applications,
  appTypes,
  dynamicType,
  type InputName,
  inputNames,
  inputProperties,
  outputNames,
  outputProperties,
} from "../deployment/properties";
import { defaultTimeoutsMs, formatDuration } from "../deployment/timeouts";
import { wordList } from "../word-list";
import { goModule, home, logoUrl, pluginDownloadUrl, repositoryUrl } from "./home";
import { deploymentExamples, getDeploymentExamples, javaBasePackage, withExamples } from "./schema-examples";

/** The API reference, "Deployments" and "Operations". Onvera can add statuses, so outputs are plain strings. */
const deploymentStatuses = {
  provisioning: "Being created.",
  ready: "Ready for use.",
  failed: "Failed. It cannot be recovered: the next `pulumi up` replaces it with an empty deployment.",
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

/** The enums of inputs. Outputs are plain strings: an SDK would reject a value that its enum does not have. */
const enumOf: Partial<Record<InputName, string>> = { appType: "AppType" };

/** Onvera cannot change a deployment in place, so each input replaces it. */
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
    id: text("The deployment's id on Onvera."),
    ...Object.fromEntries(
      outputNames
        .filter((name) => name !== "deploymentId")
        .map((name) => [name, text(outputProperties[name].description)]),
    ),
    name: text("The deployment's name on Onvera. Names are not unique."),
    status: text(
      `The deployment's status: ${statusesOf(deploymentStatuses)}, or a status that Onvera has not documented.`,
    ),
    operationId: text("The id of the current or most recent operation, if Onvera reports one."),
  },
  required: ["id", "status"],
};

const operationResult = {
  properties: {
    id: text("The operation's id on Onvera."),
    type: text("The type of the operation, such as `deployment.create`."),
    status: text(
      `The operation's status: ${statusesOf(operationStatuses)}, or a status that Onvera has not documented.`,
    ),
    phase: text("The current phase, such as `database provisioning`."),
    message: text("A message about the current phase."),
    resourceId: text("The id of the deployment that the operation acts on."),
    error: reference("OperationError", "The error, if the operation failed."),
    requestedAt: text("The time of the request (RFC 3339)."),
    startedAt: text("The time when the operation started (RFC 3339)."),
    endedAt: text("The time when the operation ended (RFC 3339)."),
  },
  required: ["id", "status"],
};

const settings = {
  apiKey: {
    type: "string",
    description:
      "The Onvera API key. Default: the environment variable `ONVERA_API_KEY`, then the file of the Onvera CLI, `~/.config/onvera/config.json` (Windows: `%APPDATA%\\onvera\\config.json`).",
    secret: true,
    defaultInfo: { environment: ["ONVERA_API_KEY"] },
  },
  baseUrl: {
    type: "string",
    description:
      "The base URL of the API. Default: the environment variable `ONVERA_BASE_URL`, then the file of the Onvera CLI, then `https://api.onvera.io/api/v1`.",
    defaultInfo: { environment: ["ONVERA_BASE_URL"] },
  },
  refreshBeforeUpdate: {
    type: "boolean",
    description:
      "Whether `pulumi preview` and `pulumi up` read the deployments from Onvera first, so that they show drift. Default: true.",
  },
  adopt: {
    type: "object",
    additionalProperties: { type: "string" },
    description:
      "For a resource name, the id of an existing deployment to adopt instead of creating one, or `not:` and the ids of deployments to ignore. Use it when the response to a create was lost.",
  },
};

const enumType = (description: string, values: Readonly<Record<string, string>>) => ({
  type: "string",
  description,
  enum: Object.entries(values).map(([value, meaning]) => ({ name: capitalized(value), value, description: meaning })),
});

/**
 * The package's schema, for the engine, YAML programs, `pulumi do`, generated SDKs and the Pulumi Registry:
 * https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/. The plugin adds the version.
 */
export function packageSchema() {
  const createTimeout = formatDuration(defaultTimeoutsMs.create);
  const deleteTimeout = formatDuration(defaultTimeoutsMs.delete);
  return {
    name: "onvera",
    displayName: "Onvera",
    publisher: home.publisher,
    description: `Create and manage ${wordList(Object.values(applications), "and")} deployments on Onvera.`,
    keywords: ["pulumi", "onvera", ...appTypes, "category/infrastructure", "kind/native"],
    homepage: "https://onvera.io",
    repository: repositoryUrl,
    logoUrl,
    pluginDownloadURL: pluginDownloadUrl,
    license: "Apache-2.0",
    meta: { moduleFormat: "(.*)" },
    config: { variables: settings },
    provider: {
      description: "The connection to Onvera. A change of it never replaces a deployment.",
      inputProperties: settings,
      properties: { apiKey: settings.apiKey, baseUrl: settings.baseUrl },
    },
    types: {
      "onvera:index:AppType": enumType("The applications that Onvera runs.", applications),
      "onvera:index:DeploymentStatus": enumType("The documented statuses of a deployment.", deploymentStatuses),
      "onvera:index:OperationStatus": enumType("The documented statuses of an operation.", operationStatuses),
      "onvera:index:DeploymentInfo": {
        type: "object",
        description: "A deployment on Onvera.",
        ...deploymentResult,
      },
      "onvera:index:Operation": {
        type: "object",
        description: "A long-running operation on Onvera, such as the create of a deployment.",
        ...operationResult,
      },
      "onvera:index:OperationError": {
        type: "object",
        description: "Why an operation failed.",
        properties: { code: text("The error code."), message: text("The error message.") },
      },
      "onvera:index:Environment": {
        type: "object",
        description: "An environment that deployments run in.",
        properties: {
          id: text("The environment's id on Onvera."),
          name: text("The environment's name."),
          slug: text("The environment's short name."),
          createdAt: text("The time when the environment was created (RFC 3339)."),
        },
        required: ["id", "name"],
      },
    },
    resources: {
      "onvera:index:Deployment": {
        description: withExamples(
          `A deployment of ${wordList(Object.values(applications), "or")} on Onvera, with its own database, infrastructure and ` +
            "subdomain.\n\n" +
            "`pulumi up` waits until the deployment is ready. If the wait ends early (a timeout, an outage, Ctrl-C), the " +
            "deployment stays in the state, and the next `pulumi up` resumes the wait.\n\n" +
            "Onvera cannot change a deployment in place, so every change is a replacement: **a replacement creates an empty " +
            "deployment and deletes the old one with its data.** Set the option `protect` for every deployment that holds data.\n\n" +
            `\`customTimeouts\` limit a create (default: ${createTimeout}) and a delete (default: ${deleteTimeout}).`,
          deploymentExamples,
        ),
        inputProperties: Object.fromEntries(inputNames.map((name) => [name, inputSchema(name)])),
        requiredInputs: inputNames.filter((name) => inputProperties[name].isRequired),
        // A stack can migrate from the dynamic provider and keep its deployments: docs/how-to-migrate.md.
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
            appType: reference("AppType", "List only deployments of this application."),
            status: reference("DeploymentStatus", "List only deployments with this status."),
          },
        },
      },
    },
    functions: {
      "onvera:index:getDeployment": {
        description: withExamples(
          "Gets a deployment by its id, whether or not this program manages it. Fails if it does not exist.",
          getDeploymentExamples,
        ),
        inputs: { properties: { id: text("The deployment's id on Onvera.") }, required: ["id"] },
        outputs: deploymentResult,
      },
      "onvera:index:getDeployments": {
        description: "Lists all deployments of the organization.",
        inputs: { properties: {} },
        outputs: {
          properties: { deployments: listOf("DeploymentInfo", "The deployments, newest first.") },
          required: ["deployments"],
        },
      },
      "onvera:index:getOperation": {
        description: "Gets an operation by its id. Fails if it does not exist.",
        inputs: { properties: { id: text("The operation's id on Onvera.") }, required: ["id"] },
        outputs: operationResult,
      },
      "onvera:index:getOperations": {
        description: "Lists the operations that match all arguments; without arguments, all operations.",
        inputs: {
          properties: {
            status: reference("OperationStatus", "List only operations with this status."),
            type: text("List only operations of this type, such as `deployment.create`."),
            resourceId: text("List only operations that act on the deployment with this id."),
          },
        },
        outputs: {
          properties: { operations: listOf("Operation", "The operations, newest first.") },
          required: ["operations"],
        },
      },
      "onvera:index:getEnvironments": {
        description: "Lists the environments of the organization.",
        inputs: { properties: {} },
        outputs: {
          properties: { environments: listOf("Environment", "The environments.") },
          required: ["environments"],
        },
      },
    },
    language: {
      nodejs: { packageName: home.npmPackage, respectSchemaVersion: true },
      python: { packageName: "pulumi_onvera", respectSchemaVersion: true, pyproject: { enabled: true } },
      go: {
        importBasePath: `${goModule}/onvera`,
        modulePath: goModule,
        generateResourceContainerTypes: true,
        respectSchemaVersion: true,
      },
      csharp: {
        respectSchemaVersion: true,
        rootNamespace: home.publisher,
        namespaces: { onvera: "Onvera" },
        packageReferences: { Pulumi: "3.*" },
      },
      java: { basePackage: javaBasePackage, buildFiles: "gradle" },
    },
  };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
