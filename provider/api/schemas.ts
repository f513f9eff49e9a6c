import * as z from "zod";
import { describeIssue, valueAt } from "./issues";

/** A deployment as the platform shows it. */
export interface Deployment {
  readonly id: string;
  readonly name?: string;
  readonly appType?: string;
  /** In the platform's spelling; ones that are not published pass through. */
  readonly status: string;
  /** Absent before the deployment is ready. */
  readonly url?: string;
  readonly environmentId?: string;
  /** RFC 3339, as sent. */
  readonly createdAt?: string;
  /** The operation that is going on, or the last one, where the platform names it. */
  readonly operationId?: string;
}

export interface Operation {
  readonly id: string;
  readonly type?: string;
  /** In the platform's spelling; ones that are not published pass through. */
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

/** What the platform answers to a create; either id may be missing. */
export interface AcceptedRequest {
  readonly deploymentId?: string;
  readonly operationId?: string;
}

/** A body that was read, or what was missing or wrong in it, each issue with its path. */
export type Parsed<T> = { readonly value: T } | { readonly issues: readonly string[] };

/** Not needed: absent, null and of another type are all the same. */
const text = z.string().min(1).optional().catch(undefined);
const count = z.number().int().nonnegative().optional().catch(undefined);
const needed = z.string().min(1);
const link = z.union([z.string(), z.object({ href: z.string() }).transform(({ href }) => href)]);
const links = z
  .object({
    deployment: link.optional().catch(undefined),
    operation: link.optional().catch(undefined),
    resource: link.optional().catch(undefined),
  })
  .optional()
  .catch(undefined);
/** Something named by its id, or shown with it. */
const named = z.union([needed, z.object({ id: needed }).transform(({ id }) => id)]);
const reference = named.optional().catch(undefined);

/** The contract, "Deployments". */
const deploymentFields = z.object({
  id: needed,
  name: text,
  app_type: text,
  status: needed,
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

const progressFields = z.object({ phase: text, current_phase: text, message: text });
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
const errorFields = z.object({ code: text, message: text });

/** The contract, "Operations": the nesting of progress, resource and error is not published. */
const operationFields = timeFields.extend({
  id: needed,
  type: text,
  status: needed,
  progress: z.union([z.string(), progressFields]).optional().catch(undefined),
  phase: text,
  current_phase: text,
  message: text,
  progress_message: text,
  status_message: text,
  resource: z
    .union([named, z.object({ resource: named }).transform(({ resource }) => resource)])
    .optional()
    .catch(undefined),
  resource_id: text,
  deployment_id: text,
  error: z
    .union([z.string(), z.object({ error: errorFields }).transform(({ error }) => error), errorFields])
    .optional()
    .catch(undefined),
  error_code: text,
  error_message: text,
  timestamps: timeFields.optional().catch(undefined),
  links,
});

/** The contract, "Environments". */
const environmentFields = z.object({ id: needed, name: needed, slug: text, created_at: text });

/** Pages hold at most 100 items (API reference, "Conventions"); a server that does not page may send some more. */
const maxItems = 1_000;
/** More issues of one body are only counted. */
const maxIssues = 20;

const pageFields = z.object({ page: count, per_page: count, total: count, pages: count });

/**
 * Reads the platform's answers: unknown fields are ignored, a part that is not needed may be anything, and layouts that
 * are not published are looked for in each place where they may be. Ids that only a link holds are taken from the link,
 * where it leads to the configured host.
 */
export class ResponseParser {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  deployment(body: unknown): Parsed<Deployment> {
    return read(body, dataOf(deploymentFields), ({ data }) => this.#deployment(data));
  }

  operation(body: unknown): Parsed<Operation> {
    return read(body, dataOf(operationFields), ({ data }) => this.#operation(data));
  }

  deployments(body: unknown, asked: PageRequest): Parsed<Page<Deployment>> {
    return readPage(body, deploymentFields, asked, (fields) => this.#deployment(fields));
  }

  operations(body: unknown, asked: PageRequest): Parsed<Page<Operation>> {
    return readPage(body, operationFields, asked, (fields) => this.#operation(fields));
  }

  environments(body: unknown, asked: PageRequest): Parsed<Page<Environment>> {
    return readPage(body, environmentFields, asked, ({ id, name, slug, created_at }) =>
      defined({ id, name, slug, createdAt: created_at }),
    );
  }

  /** The answer to a create; a body without any id is an issue, one with only one of them is not. */
  accepted(body: unknown): Parsed<AcceptedRequest> {
    const reading = this.#accepted(body);
    if ("issues" in reading) return reading;
    const { deploymentId, operationId } = reading.value;
    const hasNone = deploymentId === undefined && operationId === undefined;
    return hasNone ? { issues: ["data.deployment_id: missing", "data.operation_id: missing"] } : reading;
  }

  /** The answer to a delete; it may be without a body, and without an operation. */
  destroying(body: unknown): AcceptedRequest {
    const reading = this.#accepted(body);
    return "issues" in reading ? {} : reading.value;
  }

  #accepted(body: unknown): Parsed<AcceptedRequest> {
    return read(body, dataOf(acceptedFields), ({ data: { id, deployment_id, deployment, ...rest } }) =>
      defined({
        deploymentId: deployment_id ?? id ?? deployment ?? this.#idIn(rest.links?.deployment, "deployments"),
        operationId: rest.operation_id ?? rest.operation ?? this.#idIn(rest.links?.operation, "operations"),
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
      operationId: fields.operation_id ?? fields.operation ?? this.#idIn(fields.links?.operation, "operations"),
    });
  }

  #operation(fields: z.infer<typeof operationFields>): Operation {
    const progress = progressOf(fields.progress);
    const { links: linked, timestamps: times = {} } = fields;
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
        this.#idIn(linked?.deployment, "deployments") ??
        this.#idIn(linked?.resource, "deployments"),
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

  /** The last part of a link such as `/api/v1/operations/op_…`; links to another origin count as none. */
  #idIn(linked: string | undefined, collection: string): string | undefined {
    if (linked === undefined) return undefined;
    try {
      const { origin } = new URL(this.#baseUrl);
      const url = new URL(linked, origin);
      if (url.origin !== origin) return undefined;
      const [, id] = new RegExp(`/${collection}/([^/]+)/?$`).exec(url.pathname) ?? [];
      return id === undefined ? undefined : decodeURIComponent(id);
    } catch {
      return undefined;
    }
  }
}

/** The page and size that were asked for, to derive what an answer does not tell. */
export interface PageRequest {
  readonly page: number;
  readonly perPage: number;
}

function dataOf<T extends z.ZodType>(fields: T) {
  return z.object({ data: fields });
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
  fields: T,
  asked: PageRequest,
  translate: (parsed: z.infer<T>) => R,
): Parsed<Page<R>> {
  const found = valueAt(body, ["data"]);
  const listed = Array.isArray(found) ? found : valueAt(found, ["items"]);
  if (Array.isArray(listed) && listed.length > maxItems) {
    return { issues: [`the page has ${listed.length} items; at most ${maxItems} are read`] };
  }
  const pagination = pageFields.optional().catch(undefined);
  const isBare = Array.isArray(valueAt(body, ["data"]));
  const items = z.array(fields);
  const schema = z.object({
    data: isBare
      ? items.transform((bare) => ({ items: bare, pagination: undefined }))
      : z.object({ items, pagination }),
    pagination,
  });
  return read(body, schema, ({ data, pagination: outer }) => {
    const { page = asked.page, per_page: perPage = asked.perPage, total, pages } = data.pagination ?? outer ?? {};
    const seen = Math.max(0, page - 1) * perPage + data.items.length;
    // Without any figures a full page means that there may be another one.
    const mayHaveMore = data.items.length > 0 && data.items.length === perPage;
    return {
      items: data.items.map(translate),
      page,
      perPage,
      total: total ?? seen,
      pages: pages ?? (total === undefined ? page + (mayHaveMore ? 1 : 0) : Math.ceil(total / Math.max(1, perPage))),
    };
  });
}

function progressOf(progress: string | z.infer<typeof progressFields> | undefined): {
  phase?: string | undefined;
  message?: string | undefined;
} {
  if (progress === undefined || progress === "") return {};
  if (typeof progress === "object")
    return { phase: progress.phase ?? progress.current_phase, message: progress.message };
  // A phase is spelled like `revoking_access`; what has spaces is meant to be read.
  return /\s/.test(progress) ? { message: progress } : { phase: progress };
}

function operationErrorOf(fields: z.infer<typeof operationFields>): Operation["error"] | undefined {
  const { error, error_code, error_message } = fields;
  const code = typeof error === "object" ? (error.code ?? error_code) : error_code;
  const message = (typeof error === "object" ? error.message : error) ?? error_message;
  return code === undefined && message === undefined ? undefined : defined({ code, message });
}

/** The same object without the fields that are undefined, as outputs with such fields fail to encode. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
