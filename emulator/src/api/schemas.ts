import { appTypes, deploymentStatuses, operationStatuses } from "../platform/records";
import { codesByStatus, type ErrorStatus, errorStatuses } from "./errors";

/**
 * The JSON Schemas of requests and responses. They validate requests, and form the OpenAPI document, against which tests
 * check the responses.
 */

const object = (
  properties: Record<string, object>,
  { optional = [], ...rest }: { optional?: string[]; description?: string } = {},
) => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  ...rest,
});
const ref = (name: string) => ({ $ref: `${name}#` });
const text = (description: string) => ({ type: "string", description });
const time = (description: string) => ({ type: "string", format: "date-time", description });
const path = (description: string) => ({ type: "string", description: `${description}, relative to the host.` });

const pagination = object({
  page: { type: "integer", minimum: 1, description: "Page number, from 1." },
  per_page: { type: "integer", minimum: 1, maximum: 100, description: "Items per page." },
  total: { type: "integer", minimum: 0, description: "Total number of items." },
  pages: { type: "integer", minimum: 0, description: "Number of pages." },
});

const deployment = object(
  {
    id: text("Opaque ID."),
    name: text("Name, not necessarily unique."),
    app_type: { type: "string", enum: appTypes, description: "The application." },
    status: {
      type: "string",
      enum: deploymentStatuses,
      description:
        "`provisioning` becomes `ready` or `failed`; `destroying` becomes `destroyed`. A failed deployment cannot recover.",
    },
    url: { type: ["string", "null"], description: "URL of the application, once it is available." },
    environment_id: text("ID of its environment."),
    created_at: time("When its creation was requested."),
    links: object({
      self: path("Path of the deployment"),
      operation: {
        type: ["string", "null"],
        description: "Path of the operation in progress, or of the one that failed, relative to the host.",
      },
    }),
  },
  { description: "An instance of Apache Airflow or Apache Superset." },
);

const operation = object(
  {
    id: text("Opaque ID."),
    type: text("Type, such as `deployment.create` or `deployment.destroy`."),
    status: {
      type: "string",
      enum: operationStatuses,
      description: "`succeeded`, `failed` and `canceled` are terminal.",
    },
    progress: object(
      { phase: text("The current phase, or the last one."), message: text("Description of the phase.") },
      { description: "Progress." },
    ),
    resource: object(
      { type: text("Resource type."), id: text("Resource ID.") },
      { description: "The resource that it changes." },
    ),
    error: {
      ...object({ code: text("Error code, for programs."), message: text("Error message, for people.") }),
      type: ["object", "null"],
      description: "The reason if it failed, otherwise `null`.",
    },
    requested_at: time("When it was accepted."),
    started_at: { ...time("When it started."), type: ["string", "null"] },
    ended_at: { ...time("When it reached a terminal status."), type: ["string", "null"] },
    links: object({ self: path("Path of the operation"), resource: path("Path of the resource") }),
  },
  { description: "Work that continues after the response." },
);

const environment = object(
  {
    id: text("Opaque ID."),
    name: text("Display name."),
    slug: text("Name in URLs."),
    created_at: time("When it was created."),
  },
  { description: "Where deployments run. Managed by the platform." },
);

const accepted = object(
  {
    deployment_id: text("ID of the deployment."),
    operation_id: text("ID of the operation. Poll it every 2 to 5 seconds."),
    links: object({ deployment: path("Path of the deployment"), operation: path("Path of the operation") }),
  },
  { description: "An accepted operation." },
);

const errorNames: Record<ErrorStatus, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  429: "TooManyRequests",
  500: "InternalError",
  503: "Unavailable",
};

const errorEnvelope = (codes: readonly string[]) =>
  object(
    {
      error: object(
        {
          code: { type: "string", enum: codes, description: "Error code, for programs." },
          message: text("Error message, for people."),
          operation_id: text("ID of the conflicting operation, if there is one."),
        },
        { optional: ["operation_id"] },
      ),
    },
    { description: "The error envelope." },
  );

const createDeployment = object(
  {
    app_type: { type: "string", enum: appTypes, description: "The application to run." },
    name: {
      type: "string",
      minLength: 1,
      maxLength: 255,
      description: "Name of the deployment. Generated if omitted; does not have to be unique.",
    },
  },
  { optional: ["name"], description: "A deployment to create. Unknown fields are ignored." },
);

const envelope = (description: string, data: object) => object({ data }, { description });
const list = (what: string, item: string, { paged = true } = {}) =>
  envelope(
    `${what}.`,
    object({ items: { type: "array", items: ref(item) }, ...(paged ? { pagination: ref("Pagination") } : {}) }),
  );

/** Schemas by their name in the document's components. */
export const components: Record<string, object> = {
  Deployment: deployment,
  Operation: operation,
  Environment: environment,
  Accepted: accepted,
  Pagination: pagination,
  ...Object.fromEntries(errorStatuses.map((status) => [errorNames[status], errorEnvelope(codesByStatus[status])])),
  CreateDeployment: createDeployment,
  DeploymentEnvelope: envelope("A deployment.", ref("Deployment")),
  OperationEnvelope: envelope("An operation.", ref("Operation")),
  AcceptedEnvelope: envelope("An accepted operation.", ref("Accepted")),
  DeploymentList: list("A page of deployments", "Deployment"),
  OperationList: list("A page of operations", "Operation"),
  EnvironmentList: list("All environments", "Environment", { paged: false }),
};

/** The query parameters of a list. */
export const pageQuery = {
  page: {
    type: "integer",
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 1,
    description: "Page number, from 1.",
  },
  per_page: { type: "integer", minimum: 1, maximum: 100, default: 50, description: "Items per page, at most 100." },
};

const retryHeaders = {
  "Retry-After": { type: "string", description: "When to retry: a number of seconds, or a date." },
};
const rateHeaders = {
  "X-RateLimit-Limit": { type: "string", description: "Requests allowed in the window." },
  "X-RateLimit-Remaining": { type: "string", description: "Requests left in the window." },
  "X-RateLimit-Reset": { type: "string", description: "When the window ends, in seconds since the epoch." },
};

const descriptions: Record<ErrorStatus, string> = {
  400: "The request is malformed, or contains an invalid value.",
  401: "The API key is missing, unknown, expired or revoked.",
  403: "The API key lacks a required scope.",
  404: "The resource does not exist, or has been deleted.",
  409: "Another operation of the deployment is in progress.",
  429: "Too many requests.",
  500: "Internal error.",
  503: "The platform is temporarily unavailable.",
};

const json = (name: string) => ({ "application/json": { schema: ref(name) } });

/** A route's responses: its success, its own errors, and the errors that every route can return. */
export function responses({
  status,
  schema,
  description,
  errors,
}: {
  status: 200 | 202;
  schema: string;
  description: string;
  errors: readonly ErrorStatus[];
}) {
  const all = [...errors, 401, 403, 429, 500, 503] as const satisfies readonly ErrorStatus[];
  const failures = [...new Set(all)].sort().map((each) => [
    each,
    {
      description: `${descriptions[each]} Codes: ${codesByStatus[each].map((code) => `\`${code}\``).join(", ")}.`,
      headers: each === 429 || each === 503 ? { ...retryHeaders, ...rateHeaders } : rateHeaders,
      content: json(errorNames[each]),
    },
  ]);
  return { [status]: { description, headers: rateHeaders, content: json(schema) }, ...Object.fromEntries(failures) };
}
