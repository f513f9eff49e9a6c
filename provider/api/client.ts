import { inspect } from "node:util";
import { type CallContext, type CallEnd, callEnd, defaultCallMs } from "../call-context";
import { type Clock, systemClock } from "../clock";
import { readPackageVersion } from "../version";
import { announcedDeprecation, type Deprecation } from "./deprecation";
import { ApiError, ConnectionError, InvalidResponseError, isRateLimited, PlatformError } from "./errors";
import { type HttpRequest, type HttpResponse, HttpTransport } from "./http";
import { announcedExpiry } from "./key-expiry";
import { readAllPages } from "./pages";
import { type GetHeader, serverDateMs } from "./rate-limit-headers";
import { type Priority, RateLimiter, type RequestEnd } from "./rate-limiter";
import { createRedact, excerpt, type Redact } from "./redaction";
import { type Method, retryDelayMs } from "./retry";
import {
  type Deployment,
  defaultPerPage,
  type Environment,
  type Operation,
  type Page,
  type PageRequest,
  type Parsed,
  ResponseParser,
} from "./schemas";

export { isOutcomeUnknown } from "./retry";

/** An event inside the client, for progress and debug logs. It never contains the API key. */
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
      /** How many requests the call has sent so far. */
      readonly attempts: number;
      readonly delayMs: number;
      /** Whether the error is a 429. */
      readonly isRateLimited: boolean;
      readonly error: Error;
    }
  /** The rate limit delays a request by at least this time. */
  | { readonly kind: "delayed"; readonly method: Method; readonly path: string; readonly delayMs: number }
  /** The platform reports when the API key expires. */
  | { readonly kind: "keyExpiry"; readonly expiresAt: Date }
  /** The platform reports that an endpoint, such as `GET /deployments/{id}`, is deprecated. Once for each endpoint. */
  | { readonly kind: "deprecation"; readonly endpoint: string; readonly deprecation: Deprecation }
  /** A decision of the rate limiter, for debug logs. */
  | { readonly kind: "rateLimit"; readonly text: string };

export interface ClientOptions {
  readonly settings: { readonly apiKey: string; readonly baseUrl: string; readonly gatewayUrl?: string };
  readonly clock?: Clock;
  /** Returns a number in [0, 1), for jitter. */
  readonly random?: () => number;
  /** The timeout of one request, in milliseconds. Default: 30 s. */
  readonly requestTimeoutMs?: number;
  /** The time for the retries of one call, including their delays, in milliseconds. Default: 5 minutes. */
  readonly callBudgetMs?: number;
  readonly userAgent?: string;
  readonly onEvent?: (event: ClientEvent) => void;
}

export interface RequestOptions extends CallContext {
  /**
   * Which errors the client retries. "safe": every temporary error, if a retry cannot create anything twice. "rateLimit": 429
   * only, for callers that handle other errors themselves, such as polls. "none": no error. Default: "safe".
   */
  readonly retry?: "safe" | "rateLimit" | "none" | undefined;
  /** The order in which the rate limiter sends delayed requests. Default: depends on the method; a GET is a `read`. */
  readonly priority?: Priority | undefined;
}

export interface OperationFilter {
  readonly status?: string | undefined;
  readonly type?: string | undefined;
  readonly resourceId?: string | undefined;
}

/** The properties of a deployment to create, in camel case. Source: the API reference, "Deployments". */
export type NewDeployment = { readonly appType: string } & Readonly<Record<string, string | undefined>>;

/**
 * The Onvera API: one method for each endpoint of the API reference, with plain objects as arguments and results.
 *
 * Calls fail with `ApiError`, `ConnectionError` or `InvalidResponseError`. A call retries temporary errors (429, 5xx, lost
 * connections) if a retry cannot create anything twice.
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
  readonly #reportedDeprecations = new Set<string>();
  /** The platform's time minus the clock's `now()`, in milliseconds; undefined until a response has a `Date`. */
  #platformOffsetMs: number | undefined;

  constructor({
    settings: { apiKey, baseUrl, gatewayUrl },
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
      const dateMs = serverDateMs(header);
      if (dateMs !== undefined) this.#platformOffsetMs = dateMs - clock.now();
      const expiresAt = announcedExpiry(names, header);
      if (expiresAt !== undefined) this.#onEvent({ kind: "keyExpiry", expiresAt });
      this.#reportDeprecation(request, header);
    };
    this.#http = new HttpTransport({ apiKey, baseUrl, gatewayUrl, userAgent, requestTimeoutMs, clock, onHeaders });
    this.#parser = new ResponseParser(baseUrl);
    this.#clock = clock;
    this.#random = random;
    this.#callBudgetMs = callBudgetMs;
    this.#onEvent = (event) => {
      try {
        onEvent(event);
      } catch {
        // An error in a log must not make an accepted create fail.
      }
    };
    this.#baseUrl = baseUrl;
    this.#redact = createRedact(apiKey);
  }

  /**
   * The platform's time at a moment of the clock's `now()`, in milliseconds since 1970-01-01T00:00:00Z: by the `Date` of the latest
   * response, or by the local clock before there is one. To compare with the platform's timestamps.
   */
  platformTime(at: number): number {
    return at + (this.#platformOffsetMs ?? this.#clock.wallNow() - this.#clock.now());
  }

  /**
   * Requests a deployment; scope `deployments:write`. The deployment exists from the response on; the operation builds it.
   *
   * If the call fails, `isOutcomeUnknown` returns whether the deployment can exist nevertheless. If so, search for it before
   * you call this again. The call itself retries only requests that the platform has not processed (429, no connection).
   * The signal ends the delays before a retry, but never a request that was sent.
   */
  async createDeployment(
    properties: NewDeployment,
    given: RequestOptions = {},
  ): Promise<{ deploymentId: string; operationId?: string }> {
    const options = this.#withDeadline(given);
    const body = Object.fromEntries(Object.entries(properties).map(([key, value]) => [snakeCase(key), value]));
    const request = { method: "POST", path: "/deployments", body } as const;
    const response = await this.#send(request, options);
    const { deploymentId, operationId } = this.#unwrap(this.#parser.createResponse(response.body), request, response);
    if (deploymentId !== undefined) return { deploymentId, ...(operationId === undefined ? {} : { operationId }) };
    return this.#deploymentOfOperation(operationId, request, response, options);
  }

  /** Reads a deployment; scope `deployments:read`. Fails with `ApiError` (404) if it does not exist. */
  async getDeployment(id: string, options: RequestOptions = {}): Promise<Deployment> {
    const request = { method: "GET", path: `/deployments/${segment("deployment", id)}` } as const;
    const response = await this.#send(request, options);
    return this.#unwrap(this.#parser.deployment(response.body), request, response);
  }

  /** Reads one page of the deployments; scope `deployments:read`. Default: the first page, with 50 deployments. */
  listDeployments(page: Partial<PageRequest> = {}, options: RequestOptions = {}): Promise<Page<Deployment>> {
    return this.#list("/deployments", {}, page, options, (body, requested) =>
      this.#parser.deployments(body, requested),
    );
  }

  /** Every deployment that the key can read, each once, even if the list changes meanwhile. Scope `deployments:read`. */
  allDeployments(given: RequestOptions = {}): Promise<Deployment[]> {
    const options = this.#withDeadline(given);
    return readAllPages((requested) => this.listDeployments(requested, options));
  }

  /**
   * Starts the irreversible destroy of a deployment; scope `deployments:write`. Safe to repeat: the platform returns 404 if
   * the deployment is gone, and 409 if it is already being destroyed.
   */
  async deleteDeployment(id: string, options: RequestOptions = {}): Promise<{ operationId?: string }> {
    const path = `/deployments/${segment("deployment", id)}`;
    const { body } = await this.#send({ method: "DELETE", path }, options);
    const { operationId } = this.#parser.deleteResponse(body, id);
    return operationId === undefined ? {} : { operationId };
  }

  /** Reads an operation; scope `operations:read`. Fails with `ApiError` (404) if it does not exist. */
  async getOperation(id: string, options: RequestOptions = {}): Promise<Operation> {
    const request = { method: "GET", path: `/operations/${segment("operation", id)}` } as const;
    const response = await this.#send(request, options);
    return this.#unwrap(this.#parser.operation(response.body), request, response);
  }

  /** Reads one page of the operations that match the filter; scope `operations:read`. Default: the first page, with 50 operations. */
  listOperations(
    { status, type, resourceId, ...page }: OperationFilter & Partial<PageRequest> = {},
    options: RequestOptions = {},
  ): Promise<Page<Operation>> {
    const query = { status, type, resource_id: resourceId };
    return this.#list("/operations", query, page, options, (body, requested) =>
      this.#parser.operations(body, requested),
    );
  }

  /** Every operation that matches the filter, each once. Scope `operations:read`. */
  allOperations(filter: OperationFilter = {}, given: RequestOptions = {}): Promise<Operation[]> {
    const options = this.#withDeadline(given);
    return readAllPages((requested) => this.listOperations({ ...filter, ...requested }, options));
  }

  /** Every environment of the organization. Scope `org:read`. */
  listEnvironments(given: RequestOptions = {}): Promise<Environment[]> {
    const options = this.#withDeadline(given);
    const read = (body: unknown, requested: PageRequest) => this.#parser.environments(body, requested);
    return readAllPages((requested) => this.#list("/environments", {}, requested, options, read));
  }

  /** `console.log` and error reports show the base URL only. */
  [inspect.custom](): string {
    return `OnveraClient { ${this.#baseUrl} }`;
  }

  /** Finds the deployment of an accepted create whose response names only the operation. */
  async #deploymentOfOperation(
    operationId: string | undefined,
    request: HttpRequest,
    response: HttpResponse,
    options: RequestOptions,
  ): Promise<{ deploymentId: string; operationId?: string }> {
    if (operationId === undefined) throw this.#invalidResponse(request, response, ["data.operation_id: missing"]);
    const missing = `data.deployment_id: missing, and operation ${operationId} does not have it`;
    let resourceId: string | undefined;
    try {
      ({ resourceId } = await this.getOperation(operationId, options));
    } catch (cause) {
      throw this.#invalidResponse(request, response, [missing], cause);
    }
    if (resourceId === undefined) throw this.#invalidResponse(request, response, [missing]);
    return { deploymentId: resourceId, operationId };
  }

  #unwrap<T>(parsed: Parsed<T>, request: HttpRequest, response: HttpResponse): T {
    if ("issues" in parsed) throw this.#invalidResponse(request, response, parsed.issues);
    return parsed.value;
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
    read: (body: unknown, requested: PageRequest) => Parsed<Page<T>>,
  ): Promise<Page<T>> {
    // The API reference ("Environments") has no pages for this list, so the first request names none.
    const paging = path === "/environments" && page === 1 ? {} : { page, per_page: perPage };
    const request = { method: "GET", path, query: { ...filter, ...paging } } as const;
    const response = await this.#send(request, options);
    return this.#unwrap(read(response.body, { page, perPage }), request, response);
  }

  #reportDeprecation({ method, path }: HttpRequest, header: GetHeader): void {
    const deprecation = announcedDeprecation(header);
    const endpoint = `${method} ${path.replace(/^(\/[^/]+)\/.*/, "$1/{id}")}`;
    if (deprecation === undefined || this.#reportedDeprecations.has(endpoint)) return;
    this.#reportedDeprecations.add(endpoint);
    const link = deprecation.link === undefined ? undefined : excerpt(this.#redact(deprecation.link));
    this.#onEvent({ kind: "deprecation", endpoint, deprecation: { ...deprecation, link } });
  }

  /** Sets the deadline once for a call that sends several requests. */
  #withDeadline({ deadline = this.#clock.now() + defaultCallMs, ...options }: RequestOptions) {
    return { ...options, deadline };
  }

  async #send(request: HttpRequest, given: RequestOptions): Promise<HttpResponse> {
    const options = this.#withDeadline(given);
    const { signal, deadline, retry = "safe" } = options;
    const { method } = request;
    const path = this.#http.pathOf(request);
    let startedAt: number | undefined;
    let [failures, refusals] = [0, 0];
    for (;;) {
      const end = await this.#acquire(request, path, options, { wasRefused: refusals > 0 });
      const sentAt = this.#clock.now();
      startedAt ??= sentAt;
      const report = (status: number) =>
        this.#onEvent({ kind: "response", method, path, status, durationMs: this.#clock.now() - sentAt });
      try {
        const response = await this.#http.send({ ...request, signal, remainingMs: deadline - sentAt });
        end();
        report(response.status);
        return response;
      } catch (error) {
        end({ error });
        if (error instanceof ApiError || error instanceof InvalidResponseError) report(error.status);
        const isLimited = isRateLimited(error);
        const now = this.#clock.now();
        const budgetMs = isLimited ? Number.POSITIVE_INFINITY : this.#callBudgetMs - (now - startedAt);
        if (isLimited) refusals += 1;
        else failures += 1;
        const delayMs =
          retry === "none" || (retry === "rateLimit" && !isLimited)
            ? undefined
            : retryDelayMs({
                method,
                error,
                failures: isLimited ? refusals : failures,
                remainingMs: Math.min(budgetMs, deadline - now),
                random: this.#random,
              });
        if (delayMs === undefined || !(error instanceof Error)) throw error;
        const why = callEnd(options, this.#clock);
        if (why !== undefined) throw this.#endedError(request, path, { why, after: error });
        const attempts = failures + refusals;
        this.#onEvent({ kind: "retry", method, path, attempts, delayMs, isRateLimited: isLimited, error });
        // After a 429, the rate limiter delays the next request, and that takes no time from the budget.
        if (isLimited) startedAt = undefined;
        else await this.#pause(delayMs, path, request, { error, signal });
      }
    }
  }

  #acquire(
    request: HttpRequest,
    path: string,
    { priority = priorityOf[request.method], ...context }: RequestOptions,
    { wasRefused }: { wasRefused: boolean },
  ): Promise<(end?: RequestEnd) => void> {
    const { method } = request;
    return this.#rateLimiter.acquire(priority, {
      ...context,
      wasRefused,
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

  /** The error for a request that was not sent. */
  #endedError({ method }: HttpRequest, path: string, { why, after }: { why: CallEnd; after?: Error }): ConnectionError {
    const { host } = new URL(this.#baseUrl);
    const what = why === "canceled" ? "it was canceled" : "the time for the call ended";
    const reason = `${what} before it was sent${after === undefined ? "" : ` again, after: ${after.message}`}`;
    const code = why === "canceled" ? "ABORTED" : "DEADLINE";
    return new ConnectionError({ method, path, host, code, reason, mayHaveActed: false, cause: after });
  }
}

const priorityOf: Readonly<Record<Method, Priority>> = { POST: "create", DELETE: "delete", GET: "read" };

/** Encodes an id as one segment of a path, so that it cannot lead to another path. */
function segment(kind: string, id: string): string {
  if (id === "" || id === "." || id === "..") throw new PlatformError(`"${id}" is not a valid ${kind} id`);
  return encodeURIComponent(id);
}

/** A property in the spelling of the API: `app_type` for `appType`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
