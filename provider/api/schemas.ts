import * as z from "zod";
import { describeIssue, valueAt } from "./issues";
import { excerpt } from "./redaction";

/** A deployment as the platform reports it. */
export interface Deployment {
  readonly id: string;
  readonly name?: string;
  readonly appType?: string;
  /** In the platform's spelling. It can be a status that is not published. */
  readonly status: string;
  /** Absent until the deployment is ready. */
  readonly url?: string;
  readonly environmentId?: string;
  /** RFC 3339, as sent. */
  readonly createdAt?: string;
  /** The current operation, or the last one, if the platform names it. */
  readonly operationId?: string;
}

export interface Operation {
  readonly id: string;
  readonly type?: string;
  /** In the platform's spelling. It can be a status that is not published. */
  readonly status: string;
  readonly phase?: string;
  readonly message?: string;
  readonly resourceId?: string;
  readonly error?: { readonly code?: string; readonly message?: string };
  readonly requestedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface Environment {
  readonly id: string;
  readonly name: string;
  readonly slug?: string;
  readonly createdAt?: string;
}

export interface Page<T> {
  readonly items: T[];
  /** 1-indexed. */
  readonly page: number;
  readonly perPage: number;
  readonly total: number;
  readonly pages: number;
}

/** The response to a create or delete; either id can be missing. */
export interface AcceptedRequest {
  readonly deploymentId?: string;
  readonly operationId?: string;
}

/** A parsed body, or everything that is missing or wrong in it, with paths. */
export type Parsed<T> = { readonly value: T } | { readonly issues: readonly string[] };

/** In characters. A platform may put a whole log into a message, which would fill the terminal and the state. */
const maxTextLength = 1_000;
const required = z.string().min(1).max(maxTextLength);
/** Optional: null and a value of another type count as absent. */
const text = required.optional().catch(undefined);
/** A text for people: its beginning. */
const shortened = z
  .string()
  .min(1)
  .transform((value) => excerpt(value, maxTextLength));
const message = shortened.optional().catch(undefined);
const count = z.number().int().nonnegative().optional().catch(undefined);
const link = z.union([z.string(), z.object({ href: z.string() }).transform(({ href }) => href)]);
const links = z
  .object({
    deployment: link.optional().catch(undefined),
    operation: link.optional().catch(undefined),
    resource: link.optional().catch(undefined),
  })
  .optional()
  .catch(undefined);
/** An id, or an object with an id. */
const idOrObject = z.union([required, z.object({ id: required }).transform(({ id }) => id)]);
const reference = idOrObject.optional().catch(undefined);

/** Source: the API reference, "Deployments". */
const deploymentFields = z.object({
  id: required,
  name: text,
  app_type: text,
  status: required,
  url: text,
  environment_id: text,
  created_at: text,
  operation_id: text,
  operation: reference,
  links,
});

const acceptedFields = z.object({
  id: text,
  deployment_id: text,
  deployment: reference,
  operation_id: text,
  operation: reference,
  links,
});

const progressFields = z.object({ phase: text, current_phase: text, message });
const timeFields = z.object({
  requested_at: text,
  created_at: text,
  requested: text,
  started_at: text,
  started: text,
  ended_at: text,
  finished_at: text,
  completed_at: text,
  ended: text,
});
const errorFields = z.object({ code: text, message });

/** Source: the API reference, "Operations". The structure of progress, resource and error is not published. */
const operationFields = timeFields.extend({
  id: required,
  type: text,
  status: required,
  progress: z.union([shortened, progressFields]).optional().catch(undefined),
  phase: text,
  current_phase: text,
  message,
  progress_message: message,
  status_message: message,
  resource: z
    .union([idOrObject, z.object({ resource: idOrObject }).transform(({ resource }) => resource)])
    .optional()
    .catch(undefined),
  resource_id: text,
  deployment_id: text,
  error: z
    .union([shortened, z.object({ error: errorFields }).transform(({ error }) => error), errorFields])
    .optional()
    .catch(undefined),
  error_code: text,
  error_message: message,
  timestamps: timeFields.optional().catch(undefined),
  links,
});

/** Source: the API reference, "Environments". */
const environmentFields = z.object({ id: required, name: required, slug: text, created_at: text });

/** A page has at most 100 items (API reference, "Conventions"); a server without pages can send more. */
const maxItems = 1_000;
/** The number of issues to report for one body; the others are counted. */
const maxIssues = 20;

const pageFields = z.object({ page: count, per_page: count, total: count, pages: count });

// Built once: zod compiles a schema when it is first used.
const deploymentBody = z.object({ data: deploymentFields });
const operationBody = z.object({ data: operationFields });
const acceptedBody = z.object({ data: acceptedFields });
const deploymentPage = pageSchemas(deploymentFields);
const operationPage = pageSchemas(operationFields);
const environmentPage = pageSchemas(environmentFields);

type PageSchemas<T extends z.ZodType> = ReturnType<typeof pageSchemas<T>>;

/** The two layouts of a page: `data` is the list itself, or has the list and the pagination. */
function pageSchemas<T extends z.ZodType>(fields: T) {
  const items = z.array(fields);
  const pagination = pageFields.optional().catch(undefined);
  const bare = items.transform((list) => ({ items: list, pagination: undefined }));
  return {
    bare: z.object({ data: bare, pagination }),
    nested: z.object({ data: z.object({ items, pagination }), pagination }),
  };
}

/**
 * Parses the platform's responses. It ignores unknown fields and invalid optional fields. If the structure is not published, it
 * accepts each likely one. If an id is only in a link, it reads the id from the link, but only from links to the configured host.
 */
export class ResponseParser {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  deployment(body: unknown): Parsed<Deployment> {
    return read(body, deploymentBody, ({ data }) => this.#deployment(data));
  }

  operation(body: unknown): Parsed<Operation> {
    return read(body, operationBody, ({ data }) => this.#operation(data));
  }

  deployments(body: unknown, request: PageRequest): Parsed<Page<Deployment>> {
    return readPage(body, deploymentPage, request, (fields) => this.#deployment(fields));
  }

  operations(body: unknown, request: PageRequest): Parsed<Page<Operation>> {
    return readPage(body, operationPage, request, (fields) => this.#operation(fields));
  }

  environments(body: unknown, request: PageRequest): Parsed<Page<Environment>> {
    return readPage(body, environmentPage, request, ({ id, name, slug, created_at }) =>
      defined({ id, name, slug, createdAt: created_at }),
    );
  }

  /** Parses the response to a create. It needs at least one of the ids. */
  createResponse(body: unknown): Parsed<AcceptedRequest> {
    const parsed = this.#accepted(body);
    if ("issues" in parsed) return parsed;
    const { deploymentId, operationId } = parsed.value;
    const hasNone = deploymentId === undefined && operationId === undefined;
    return hasNone ? { issues: ["data.deployment_id: missing", "data.operation_id: missing"] } : parsed;
  }

  /**
   * Parses the response to the delete of a deployment. It needs neither a body nor an operation. The API reference ("Deployments") does not
   * describe the body, so this also accepts the operation itself.
   */
  deleteResponse(body: unknown, deploymentId: string): Pick<AcceptedRequest, "operationId"> {
    const accepted = this.#accepted(body);
    if ("value" in accepted && accepted.value.operationId !== undefined) return accepted.value;
    const operation = this.operation(body);
    if ("issues" in operation) return {};
    const { id, resourceId } = operation.value;
    return resourceId === deploymentId && id !== deploymentId ? { operationId: id } : {};
  }

  #accepted(body: unknown): Parsed<AcceptedRequest> {
    return read(body, acceptedBody, ({ data: { id, deployment_id, deployment, ...rest } }) =>
      defined({
        deploymentId: deployment_id ?? id ?? deployment ?? this.#idFromLink(rest.links?.deployment, "deployments"),
        operationId: rest.operation_id ?? rest.operation ?? this.#idFromLink(rest.links?.operation, "operations"),
      }),
    );
  }

  #deployment(fields: z.infer<typeof deploymentFields>): Deployment {
    return defined({
      id: fields.id,
      name: fields.name,
      appType: fields.app_type,
      status: fields.status,
      url: fields.url,
      environmentId: fields.environment_id,
      createdAt: fields.created_at,
      operationId: fields.operation_id ?? fields.operation ?? this.#idFromLink(fields.links?.operation, "operations"),
    });
  }

  #operation(fields: z.infer<typeof operationFields>): Operation {
    const progress = progressOf(fields.progress);
    const { links: operationLinks, timestamps: times = {} } = fields;
    return defined({
      id: fields.id,
      type: fields.type,
      status: fields.status,
      phase: progress.phase ?? fields.phase ?? fields.current_phase,
      message: progress.message ?? fields.progress_message ?? fields.message ?? fields.status_message,
      resourceId:
        fields.resource ??
        fields.resource_id ??
        fields.deployment_id ??
        this.#idFromLink(operationLinks?.deployment, "deployments") ??
        this.#idFromLink(operationLinks?.resource, "deployments"),
      error: operationErrorOf(fields),
      requestedAt:
        fields.requested_at ?? fields.created_at ?? times.requested_at ?? times.requested ?? times.created_at,
      startedAt: fields.started_at ?? times.started_at ?? times.started,
      endedAt:
        fields.ended_at ??
        fields.finished_at ??
        fields.completed_at ??
        times.ended_at ??
        times.ended ??
        times.finished_at ??
        times.completed_at,
    });
  }

  /** The id in a link such as `/api/v1/operations/op_…`; undefined if the link leads to another origin. */
  #idFromLink(address: string | undefined, collection: string): string | undefined {
    if (address === undefined) return undefined;
    try {
      const { origin } = new URL(this.#baseUrl);
      const url = new URL(address, origin);
      if (url.origin !== origin) return undefined;
      const [, id] = new RegExp(`/${collection}/([^/]+)/?$`).exec(url.pathname) ?? [];
      return id === undefined ? undefined : decodeURIComponent(id);
    } catch {
      return undefined;
    }
  }
}

/** The number of items on a page if the request names none. Source: the API reference, "Conventions". */
export const defaultPerPage = 50;

/** A page and its size. */
export interface PageRequest {
  readonly page: number;
  readonly perPage: number;
}

function read<T extends z.ZodType, R>(body: unknown, schema: T, translate: (parsed: z.infer<T>) => R): Parsed<R> {
  const result = schema.safeParse(body);
  if (result.success) return { value: translate(result.data) };
  const { issues } = result.error;
  const more = issues.length > maxIssues ? [`and ${issues.length - maxIssues} more`] : [];
  return { issues: [...new Set(issues.slice(0, maxIssues).map((issue) => describeIssue(issue, body))), ...more] };
}

function readPage<T extends z.ZodType, R>(
  body: unknown,
  schemas: PageSchemas<T>,
  request: PageRequest,
  translate: (parsed: z.infer<T>) => R,
): Parsed<Page<R>> {
  const data = valueAt(body, ["data"]);
  const isBare = Array.isArray(data);
  const listed = isBare ? data : valueAt(data, ["items"]);
  if (Array.isArray(listed) && listed.length > maxItems) {
    return { issues: [`the page has ${listed.length} items, more than the limit of ${maxItems}`] };
  }
  const schema = isBare ? schemas.bare : schemas.nested;
  return read(body, schema, ({ data, pagination: outer }) => {
    const { page = request.page, per_page: perPage = request.perPage, total, pages } = data.pagination ?? outer ?? {};
    const countedItems = Math.max(0, page - 1) * perPage + data.items.length;
    // If the response has no totals, a full page means that there can be another one. A server can ignore the requested size.
    const mayHaveMore = data.items.length >= Math.max(1, Math.min(perPage, defaultPerPage));
    return {
      items: data.items.map(translate),
      page,
      perPage,
      total: total ?? countedItems,
      pages: pages ?? (total === undefined ? page + (mayHaveMore ? 1 : 0) : Math.ceil(total / Math.max(1, perPage))),
    };
  });
}

function progressOf(progress: string | z.infer<typeof progressFields> | undefined): {
  phase?: string | undefined;
  message?: string | undefined;
} {
  if (progress === undefined) return {};
  if (typeof progress === "object")
    return { phase: progress.phase ?? progress.current_phase, message: progress.message };
  // A phase is spelled like `revoking_access`; a text with spaces is a message.
  return /\s/.test(progress) ? { message: progress } : { phase: progress };
}

function operationErrorOf(fields: z.infer<typeof operationFields>): Operation["error"] | undefined {
  const { error, error_code, error_message } = fields;
  const code = typeof error === "object" ? (error.code ?? error_code) : error_code;
  const message = (typeof error === "object" ? error.message : error) ?? error_message;
  return code === undefined && message === undefined ? undefined : defined({ code, message });
}

/** The object without undefined fields, because outputs with such fields fail to encode. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
