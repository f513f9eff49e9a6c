import { inspect } from "node:util";
import { type CallContext, type CallEnd, callEnd, defaultCallMs } from "../call-context";
import { type Clock, systemClock } from "../clock";
import { readPackageVersion } from "../version";
import { announcedDeprecation, type Deprecation } from "./deprecation";
import { ApiError, ConnectionError, InvalidResponseError, isRateLimited, PlatformError } from "./errors";
import { type HttpRequest, type HttpResponse, HttpTransport } from "./http";
import { announcedExpiry } from "./key-expiry";
import { readAllPages } from "./pages";
import type { GetHeader } from "./rate-limit-headers";
import { type Priority, RateLimiter, type RequestEnd } from "./rate-limiter";
import { createRedact, excerpt, type Redact } from "./redaction";
import { type Method, retryDelayMs } from "./retry";
import {
  type Deployment,
  type Environment,
  type Operation,
  type Page,
  type PageRequest,
  type Parsed,
  ResponseParser,
} from "./schemas";

export { isOutcomeUnknown } from "./retry";

/** What goes on inside the client, for progress and debug logs; the API key is never in it. */
export type ClientEvent =
  | {
      readonly kind: "response";
      readonly method: Method;
      readonly path: string;
      readonly status: number;
      readonly durationMs: number;
    }
  | {
      readonly kind: "retry";
      readonly method: Method;
      readonly path: string;
      /** How often the call has been sent so far. */
      readonly attempts: number;
      readonly delayMs: number;
      /** True where the platform asked to slow down, rather than that something went wrong. */
      readonly isRateLimited: boolean;
      readonly error: Error;
    }
  /** A request is kept back for at least so long, because the platform's rate limit is used up. */
  | { readonly kind: "delayed"; readonly method: Method; readonly path: string; readonly delayMs: number }
  /** The platform tells when the API key expires. */
  | { readonly kind: "keyExpiry"; readonly expiresAt: Date }
  /** The platform announces that an endpoint, such as `GET /deployments/{id}`, is deprecated; once for each endpoint. */
  | { readonly kind: "deprecation"; readonly endpoint: string; readonly deprecation: Deprecation }
  /** What was decided about the rate of requests, for debug logs. */
  | { readonly kind: "rateLimit"; readonly text: string };

export interface ClientOptions {
  readonly settings: { readonly apiKey: string; readonly baseUrl: string };
  readonly clock?: Clock;
  /** Returns a number in [0, 1), for jitter. */
  readonly random?: () => number;
  /** For one request, in milliseconds. Default: 30 s. */
  readonly requestTimeoutMs?: number;
  /** For the retries of one call and their waits, in milliseconds. Default: 5 minutes. */
  readonly callBudgetMs?: number;
  readonly userAgent?: string;
  readonly onEvent?: (event: ClientEvent) => void;
}

export interface RequestOptions extends CallContext {
  /**
   * "none" for callers that come back anyway, such as polls: one request, and its error at once. "limited" for those that
   * have another way, unless it is only the rate limit that stands in theirs. Default: "safe".
   */
  readonly retry?: "safe" | "limited" | "none" | undefined;
  /** What goes first where the rate limit keeps requests back. Default: by the method; a GET is a `read`. */
  readonly priority?: Priority | undefined;
}

export interface OperationFilter {
  readonly status?: string | undefined;
  readonly type?: string | undefined;
  readonly resourceId?: string | undefined;
}

/** The properties of a deployment to create, in camel case. Source: the API reference, "Deployments". */
export type NewDeployment = { readonly appType: string } & Readonly<Record<string, string | undefined>>;

/** The contract, "Conventions". */
const defaultPerPage = 50;

/**
 * The Onvera API: one method for each endpoint of the contract, in and out plain objects.
 *
 * Calls fail as `ApiError`, `ConnectionError` or `InvalidResponseError`. What passes (429, 5xx, broken connections) is
 * retried within the call, where that cannot create anything twice.
 */
export class OnveraClient {
  readonly #http: HttpTransport;
  readonly #rateLimiter: RateLimiter;
  readonly #parser: ResponseParser;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #callBudgetMs: number;
  readonly #onEvent: (event: ClientEvent) => void;
  readonly #baseUrl: string;
  readonly #redact: Redact;
  /** Endpoints whose deprecation was reported. */
  readonly #deprecated = new Set<string>();

  constructor({
    settings: { apiKey, baseUrl },
    clock = systemClock,
    random = Math.random,
    requestTimeoutMs = 30_000,
    callBudgetMs = 5 * 60_000,
    userAgent = `pulumi-onvera/${readPackageVersion()} (node ${process.version})`,
    onEvent = () => undefined,
  }: ClientOptions) {
    this.#rateLimiter = new RateLimiter({ clock, onDecision: (text) => this.#onEvent({ kind: "rateLimit", text }) });
    const onHeaders = (header: GetHeader, names: readonly string[], request: HttpRequest) => {
      this.#rateLimiter.observeHeaders(header);
      const expiresAt = announcedExpiry(names, header);
      if (expiresAt !== undefined) this.#onEvent({ kind: "keyExpiry", expiresAt });
      this.#reportDeprecation(request, header);
    };
    this.#http = new HttpTransport({ apiKey, baseUrl, userAgent, requestTimeoutMs, clock, onHeaders });
    this.#parser = new ResponseParser(baseUrl);
    this.#clock = clock;
    this.#random = random;
    this.#callBudgetMs = callBudgetMs;
    this.#onEvent = (event) => {
      try {
        onEvent(event);
      } catch {
        // A log that fails must not make an accepted create look like a failed one.
      }
    };
    this.#baseUrl = baseUrl;
    this.#redact = createRedact(apiKey);
  }

  /**
   * Asks for a deployment; scope `deployments:write`. It exists from the answer on, and is made by the operation.
   *
   * On failure, `isOutcomeUnknown` tells whether it may exist all the same. If so, look before asking again: only what the
   * platform has certainly not processed (429, no connection) is sent again in here. The signal ends the waits for that,
   * but never breaks off a request that was sent.
   */
  async createDeployment(
    properties: NewDeployment,
    given: RequestOptions = {},
  ): Promise<{ deploymentId: string; operationId?: string }> {
    const options = this.#withDeadline(given);
    const body = Object.fromEntries(Object.entries(properties).map(([key, value]) => [snakeCase(key), value]));
    const request = { method: "POST", path: "/deployments", body } as const;
    const answer = await this.#send(request, options);
    const { deploymentId, operationId } = this.#unwrap(this.#parser.accepted(answer.body), request, answer);
    if (deploymentId !== undefined) return { deploymentId, ...(operationId === undefined ? {} : { operationId }) };
    return this.#deploymentOf(operationId, request, answer, options);
  }

  /** Scope `deployments:read`. */
  async getDeployment(id: string, options: RequestOptions = {}): Promise<Deployment> {
    const request = { method: "GET", path: `/deployments/${segment("deployment", id)}` } as const;
    const answer = await this.#send(request, options);
    return this.#unwrap(this.#parser.deployment(answer.body), request, answer);
  }

  /** Scope `deployments:read`. */
  listDeployments(page: Partial<PageRequest> = {}, options: RequestOptions = {}): Promise<Page<Deployment>> {
    return this.#list("/deployments", {}, page, options, (body, asked) => this.#parser.deployments(body, asked));
  }

  /** Every deployment that the key can see, each once, also while others come and go. Scope `deployments:read`. */
  allDeployments(given: RequestOptions = {}): Promise<Deployment[]> {
    const options = this.#withDeadline(given);
    return readAllPages((asked) => this.listDeployments(asked, options));
  }

  /**
   * Begins to destroy a deployment, irreversibly; scope `deployments:write`. Sent again after passing trouble, as it
   * cannot destroy twice: expect 404 where it is gone and 409 where it is being destroyed already.
   */
  async deleteDeployment(id: string, options: RequestOptions = {}): Promise<{ operationId?: string }> {
    const path = `/deployments/${segment("deployment", id)}`;
    const { body } = await this.#send({ method: "DELETE", path }, options);
    const { operationId } = this.#parser.destroying(body);
    return operationId === undefined ? {} : { operationId };
  }

  /** Scope `operations:read`. */
  async getOperation(id: string, options: RequestOptions = {}): Promise<Operation> {
    const request = { method: "GET", path: `/operations/${segment("operation", id)}` } as const;
    const answer = await this.#send(request, options);
    return this.#unwrap(this.#parser.operation(answer.body), request, answer);
  }

  /** Scope `operations:read`. */
  listOperations(
    { status, type, resourceId, ...page }: OperationFilter & Partial<PageRequest> = {},
    options: RequestOptions = {},
  ): Promise<Page<Operation>> {
    const query = { status, type, resource_id: resourceId };
    return this.#list("/operations", query, page, options, (body, asked) => this.#parser.operations(body, asked));
  }

  /** Every operation that matches, each once. Scope `operations:read`. */
  allOperations(filter: OperationFilter = {}, given: RequestOptions = {}): Promise<Operation[]> {
    const options = this.#withDeadline(given);
    return readAllPages((asked) => this.listOperations({ ...filter, ...asked }, options));
  }

  /** Every environment of the organization. Scope `org:read`. */
  listEnvironments(given: RequestOptions = {}): Promise<Environment[]> {
    const options = this.#withDeadline(given);
    const read = (body: unknown, asked: PageRequest) => this.#parser.environments(body, asked);
    return readAllPages((asked) => this.#list("/environments", {}, asked, options, read));
  }

  /** Lets `console.log` and error reports show where requests go, and nothing else. */
  [inspect.custom](): string {
    return `OnveraClient { ${this.#baseUrl} }`;
  }

  /** The deployment of an accepted create whose answer names only the operation. */
  async #deploymentOf(
    operationId: string | undefined,
    request: HttpRequest,
    answer: HttpResponse,
    options: RequestOptions,
  ): Promise<{ deploymentId: string; operationId?: string }> {
    if (operationId === undefined) throw this.#invalidResponse(request, answer, ["data.operation_id: missing"]);
    const missing = `data.deployment_id: missing, and operation ${operationId} does not tell it`;
    let resourceId: string | undefined;
    try {
      ({ resourceId } = await this.getOperation(operationId, options));
    } catch (cause) {
      throw this.#invalidResponse(request, answer, [missing], cause);
    }
    if (resourceId === undefined) throw this.#invalidResponse(request, answer, [missing]);
    return { deploymentId: resourceId, operationId };
  }

  #unwrap<T>(reading: Parsed<T>, request: HttpRequest, answer: HttpResponse): T {
    if ("issues" in reading) throw this.#invalidResponse(request, answer, reading.issues);
    return reading.value;
  }

  #invalidResponse(request: HttpRequest, { status }: HttpResponse, issues: readonly string[], cause?: unknown): Error {
    const path = this.#http.pathOf(request);
    return new InvalidResponseError({ method: request.method, path, status, issues, cause });
  }

  async #list<T>(
    path: string,
    filter: Readonly<Record<string, string | undefined>>,
    { page = 1, perPage = defaultPerPage }: Partial<PageRequest>,
    options: RequestOptions,
    read: (body: unknown, asked: PageRequest) => Parsed<Page<T>>,
  ): Promise<Page<T>> {
    // The list of environments is published without pages (the contract, "Environments"): its first one is not asked for.
    const paging = path === "/environments" && page === 1 ? {} : { page, per_page: perPage };
    const request = { method: "GET", path, query: { ...filter, ...paging } } as const;
    const answer = await this.#send(request, options);
    return this.#unwrap(read(answer.body, { page, perPage }), request, answer);
  }

  #reportDeprecation({ method, path }: HttpRequest, header: GetHeader): void {
    const announced = announcedDeprecation(header);
    const endpoint = `${method} ${path.replace(/^(\/[^/]+)\/.*/, "$1/{id}")}`;
    if (announced === undefined || this.#deprecated.has(endpoint)) return;
    this.#deprecated.add(endpoint);
    const link = announced.link === undefined ? undefined : excerpt(this.#redact(announced.link));
    this.#onEvent({ kind: "deprecation", endpoint, deprecation: { ...announced, link } });
  }

  /** The time of a call that takes several requests is the time for all of them. */
  #withDeadline({ deadline = this.#clock.now() + defaultCallMs, ...options }: RequestOptions) {
    return { ...options, deadline };
  }

  async #send(request: HttpRequest, given: RequestOptions): Promise<HttpResponse> {
    const options = this.#withDeadline(given);
    const { signal, deadline, retry = "safe" } = options;
    const { method } = request;
    const path = this.#http.pathOf(request);
    let startedAt: number | undefined;
    for (let attempts = 1; ; attempts += 1) {
      const end = await this.#acquire(request, path, options);
      const sentAt = this.#clock.now();
      startedAt ??= sentAt;
      const report = (status: number) =>
        this.#onEvent({ kind: "response", method, path, status, durationMs: this.#clock.now() - sentAt });
      try {
        const answer = await this.#http.send({ ...request, signal, leftMs: deadline - sentAt });
        end();
        report(answer.status);
        return answer;
      } catch (error) {
        end({ error });
        if (error instanceof ApiError || error instanceof InvalidResponseError) report(error.status);
        const isLimited = isRateLimited(error);
        const delayMs =
          retry === "none" || (retry === "limited" && !isLimited)
            ? undefined
            : retryDelayMs({
                method,
                error,
                failures: attempts,
                elapsedMs: this.#clock.now() - startedAt,
                budgetMs: Math.min(this.#callBudgetMs, deadline - startedAt),
                random: this.#random,
              });
        if (delayMs === undefined || !(error instanceof Error)) throw error;
        const why = callEnd(options, this.#clock);
        if (why !== undefined) throw this.#endedError(request, path, { why, after: error });
        this.#onEvent({ kind: "retry", method, path, attempts, delayMs, isRateLimited: isLimited, error });
        // When the platform takes requests again, the governor knows best.
        if (!isLimited) await this.#pause(delayMs, path, request, { error, signal });
      }
    }
  }

  #acquire(
    request: HttpRequest,
    path: string,
    { priority: urgency, ...context }: RequestOptions,
  ): Promise<(ended?: RequestEnd) => void> {
    const { method } = request;
    return this.#rateLimiter.acquire(urgency ?? urgencyOf[method], {
      ...context,
      onDelayed: (delayMs) => this.#onEvent({ kind: "delayed", method, path, delayMs }),
      toError: (why) => this.#endedError(request, path, { why }),
    });
  }

  async #pause(
    delayMs: number,
    path: string,
    request: HttpRequest,
    { error, signal }: { error: Error; signal: AbortSignal | undefined },
  ): Promise<void> {
    try {
      await this.#clock.sleep(delayMs, signal);
    } catch {
      throw this.#endedError(request, path, { why: "canceled", after: error });
    }
  }

  /** A request that was not sent: its outcome is known. */
  #endedError({ method }: HttpRequest, path: string, { why, after }: { why: CallEnd; after?: Error }): ConnectionError {
    const { host } = new URL(this.#baseUrl);
    const what = why === "canceled" ? "it was canceled" : "the time for the call ended";
    const reason = `${what} before it was sent${after === undefined ? "" : ` again, after: ${after.message}`}`;
    const code = why === "canceled" ? "ABORTED" : "DEADLINE";
    return new ConnectionError({ method, path, host, code, reason, mayHaveActed: false, cause: after });
  }
}

const urgencyOf: Readonly<Record<Method, Priority>> = { POST: "create", DELETE: "change", GET: "read" };

/** An id as one part of a path, so that it cannot lead anywhere else. */
function segment(kind: string, id: string): string {
  if (id === "" || id === "." || id === "..") throw new PlatformError(`"${id}" is not the id of any ${kind}`);
  return encodeURIComponent(id);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
