import { appTypes, deploymentStatuses, operationStatuses } from "../platform/records";
import { codesByStatus, type ErrorStatus, errorStatuses } from "./errors";

/**
 * The JSON Schemas of everything served: the answers are written by them, the requests checked by them, and the OpenAPI
 * document is made of them.
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
  page: { type: "integer", minimum: 1, description: "This page, counted from 1." },
  per_page: { type: "integer", minimum: 1, maximum: 100, description: "Items on a full page." },
  total: { type: "integer", minimum: 0, description: "Items on all pages." },
  pages: { type: "integer", minimum: 0, description: "Pages in all." },
});

const deployment = object(
  {
    id: text("Identifier, an opaque string."),
    name: text("Name, not necessarily unique."),
    app_type: { type: "string", enum: appTypes, description: "The application that runs." },
    status: {
      type: "string",
      enum: deploymentStatuses,
      description:
        "`provisioning` leads to `ready` or `failed`, `destroying` to `destroyed`; `failed` cannot be recovered.",
    },
    url: { type: ["string", "null"], description: "Where the application answers, once it does." },
    environment_id: text("The environment that it runs in."),
    created_at: time("When it was asked for."),
    links: object({
      self: path("This deployment"),
      operation: {
        type: ["string", "null"],
        description: "The operation that holds it or broke it, relative to the host.",
      },
    }),
  },
  { description: "An instance of Apache Airflow or Apache Superset." },
);

const operation = object(
  {
    id: text("Identifier, an opaque string."),
    type: text("What is done, such as `deployment.create` or `deployment.destroy`."),
    status: {
      type: "string",
      enum: operationStatuses,
      description: "`succeeded`, `failed` and `canceled` are terminal.",
    },
    progress: object(
      { phase: text("The current station, or the one that it ended in."), message: text("The same for people.") },
      { description: "How far it is." },
    ),
    resource: object(
      { type: text("Kind of resource."), id: text("Its identifier.") },
      { description: "What it acts on." },
    ),
    error: {
      ...object({ code: text("What went wrong, for programs."), message: text("What went wrong, for people.") }),
      type: ["object", "null"],
      description: "Why it failed; `null` unless it did.",
    },
    requested_at: time("When it was accepted."),
    started_at: { ...time("When it left the queue."), type: ["string", "null"] },
    ended_at: { ...time("When it reached a terminal status."), type: ["string", "null"] },
    links: object({ self: path("This operation"), resource: path("What it acts on") }),
  },
  { description: "A piece of work that goes on after its request was answered." },
);

const environment = object(
  {
    id: text("Identifier, an opaque string."),
    name: text("Name for people."),
    slug: text("Name for addresses."),
    created_at: time("When it was made."),
  },
  { description: "Where deployments run. Owned by the system." },
);

const accepted = object(
  {
    deployment_id: text("The deployment that the work is on."),
    operation_id: text("The operation to poll, every 2 to 5 seconds."),
    links: object({ deployment: path("The deployment"), operation: path("The operation") }),
  },
  { description: "Work that was accepted and goes on." },
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
          code: { type: "string", enum: codes, description: "What went wrong, for programs." },
          message: text("What went wrong, for people."),
          operation_id: text("The operation that is in the way, if one is."),
        },
        { optional: ["operation_id"] },
      ),
    },
    { description: "The envelope of every error." },
  );

const createDeployment = object(
  {
    app_type: { type: "string", enum: appTypes, description: "The application to run." },
    name: {
      type: "string",
      minLength: 1,
      maxLength: 255,
      description: "Name of the deployment. Generated when left out; need not be unique.",
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

/** By name, as they appear under the document's components. */
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
  AcceptedEnvelope: envelope("Accepted work.", ref("Accepted")),
  DeploymentList: list("A page of deployments", "Deployment"),
  OperationList: list("A page of operations", "Operation"),
  EnvironmentList: list("All environments", "Environment", { paged: false }),
};

/** What a list may be asked for. */
export const pageQuery = {
  page: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1, description: "Page, from 1." },
  per_page: { type: "integer", minimum: 1, maximum: 100, default: 50, description: "Items on a page, at most 100." },
};

const whenToRetry = {
  "Retry-ResultingStatus": { type: "string", description: "Seconds, or the date, after which to try again." },
};
const rateHeaders = {
  "X-RateLimit-Limit": { type: "string", description: "Requests that the window allows." },
  "X-RateLimit-Remaining": { type: "string", description: "Requests that are left in it." },
  "X-RateLimit-Reset": { type: "string", description: "When it ends, in seconds since the epoch." },
};

const descriptions: Record<ErrorStatus, string> = {
  400: "The request cannot be understood, or a value in it is not allowed.",
  401: "The API key is missing, unknown, expired or revoked.",
  403: "The API key lacks the scope.",
  404: "No such thing, or no longer.",
  409: "Something else is under way with the deployment.",
  429: "Too many requests.",
  500: "The platform failed.",
  503: "The platform is not available for the moment.",
};

const json = (name: string) => ({ "application/json": { schema: ref(name) } });

/** A route's answers: its success, and the errors that it can end in besides those that every route can. */
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
      headers: each === 429 || each === 503 ? { ...whenToRetry, ...rateHeaders } : rateHeaders,
      content: json(errorNames[each]),
    },
  ]);
  return { [status]: { description, headers: rateHeaders, content: json(schema) }, ...Object.fromEntries(failures) };
}
