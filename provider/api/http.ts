import http from "node:http";
import https from "node:https";
import { inspect } from "node:util";
import type { AxiosResponse, AxiosStatic } from "axios";
import type { Clock } from "../clock";
import { ConnectionTracker, describeFailure } from "./connection-tracker";
import { readErrorBody } from "./error-body";
import { ApiError, ConnectionError, InvalidResponseError } from "./errors";
import { isLoopbackHost } from "./loopback";
import type { GetHeader } from "./rate-limit-headers";
import { createRedact, excerpt, type Redact } from "./redaction";
import { type Method, requestedDelayMs } from "./retry";
import { TunnelAgent } from "./tunnel-agent";

/** The largest body that is read, in bytes after decompression. A page of 100 deployments has about 50 kB. */
const maxBodyBytes = 2 * 1024 * 1024;
/** The deepest JSON that is read. The API reference shows about five levels. */
const maxJsonDepth = 50;

interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
}

export interface HttpRequest {
  readonly method: Method;
  /** Relative to the base URL, with a leading slash and encoded segments. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Ends the request; a POST only before it is sent. */
  readonly signal?: AbortSignal | undefined;
  /** The remaining time of the call, in milliseconds; for a POST, until it is sent. */
  readonly remainingMs?: number | undefined;
}

/** A response with a success status. */
export interface HttpResponse {
  readonly status: number;
  /** The parsed JSON; undefined if the body is empty. */
  readonly body: unknown;
}

export interface HttpOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  /** A loopback address to which requests are sent instead; it forwards them to the base URL. */
  readonly gatewayUrl?: string | undefined;
  readonly userAgent: string;
  /** The timeout of one request, from the connection to the last byte of the body, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  /** Called with the headers of every response, and their names. */
  readonly onHeaders?: (header: GetHeader, names: readonly string[], request: HttpRequest) => void;
}

/**
 * Sends single requests, without retries and redirects. Fails with `ApiError` (an error status), `ConnectionError` (no response in
 * time) or `InvalidResponseError` (a success status, but no JSON). Their messages and causes never contain the API key. Uses the
 * proxy of `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` with CONNECT, so that the proxy cannot read the key; never for loopback.
 */
export class HttpTransport {
  readonly #options: HttpOptions;
  readonly #host: string;
  readonly #isLoopback: boolean;
  readonly #redact: Redact;
  #agents: Record<"pooled" | "fresh", Agents> | undefined;

  constructor(options: HttpOptions) {
    const { host, hostname } = new URL(options.baseUrl);
    this.#options = options;
    this.#host = host;
    this.#isLoopback = options.gatewayUrl !== undefined || isLoopbackHost(hostname);
    this.#redact = createRedact(options.apiKey);
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { method } = request;
    const path = this.pathOf(request);
    const response = await this.#exchange(request, path);
    const { status, data } = response;
    this.#options.onHeaders?.(headerOf(response), Object.keys(response.headers), request);
    if (status < 200 || status > 299) throw this.#apiError(method, path, response);
    return { status, body: this.#parse(method, path, response, data) };
  }

  /** The request's path and query below the base URL, for messages. */
  pathOf(request: Pick<HttpRequest, "path" | "query">): string {
    return excerpt(this.#redact(targetOf(request)));
  }

  /** `console.log` and error reports show the base URL only. */
  [inspect.custom](): string {
    return `HttpTransport { ${this.#options.baseUrl} }`;
  }

  async #exchange(request: HttpRequest, path: string): Promise<AxiosResponse<string>> {
    const { method, body, signal, remainingMs = Number.POSITIVE_INFINITY } = request;
    const { apiKey, baseUrl, gatewayUrl = baseUrl, userAgent, requestTimeoutMs } = this.#options;
    const tracker = new ConnectionTracker(apiKey);
    const stop = new AbortController();
    const noResponse = (code: string, reason: string, cause?: unknown) =>
      new ConnectionError({ method, path, host: this.#host, code, reason, mayHaveActed: tracker.hasConnected, cause });

    if (signal?.aborted) throw noResponse("ABORTED", "it was canceled before it was sent");
    let why: "TIMEOUT" | "DEADLINE" | "ABORTED" | undefined;
    const end = (reason: NonNullable<typeof why>) => {
      // A create that was sent continues after its call: its response contains the id.
      if (reason !== "TIMEOUT" && method === "POST" && tracker.hasConnected) return;
      why ??= reason;
      stop.abort();
    };
    const timers = [setTimeout(end, requestTimeoutMs, "TIMEOUT")];
    if (remainingMs < requestTimeoutMs) timers.push(setTimeout(end, remainingMs, "DEADLINE"));
    const abort = () => end("ABORTED");
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await httpClient().request<string>({
        method,
        url: `${gatewayUrl}${targetOf(request)}`,
        headers: {
          Accept: "application/json",
          "User-Agent": userAgent,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
        transformRequest: [(data: unknown) => data],
        responseType: "text",
        transformResponse: [(data: unknown) => data],
        validateStatus: () => true,
        maxRedirects: 0,
        maxContentLength: maxBodyBytes,
        adapter: "http",
        transport: tracker.transport,
        ...this.#agentsOf(method),
        proxy: false,
        signal: stop.signal,
      });
    } catch (thrown) {
      if (why === "DEADLINE") throw noResponse(why, "the time for the call ended");
      if (why === "TIMEOUT") throw noResponse(why, `no complete response within ${requestTimeoutMs / 1_000} s`);
      if (why === "ABORTED") throw noResponse(why, "it was canceled");
      const { code, reason, cause } = describeFailure(thrown, this.#redact);
      if (reason.includes("maxContentLength")) {
        const issues = [`the body is larger than ${maxBodyBytes / 1024 / 1024} MB`];
        throw new InvalidResponseError({ method, path, status: tracker.responseStatus ?? 0, issues });
      }
      throw noResponse(code, reason, cause);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * Each create has a connection of its own. If the server closed a pooled connection during the create, it would be unknown
   * whether the platform has created something. Throws if the address of the proxy is invalid.
   */
  #agentsOf(method: Method): Agents {
    this.#agents ??= this.#createAgents();
    return method === "POST" ? this.#agents.fresh : this.#agents.pooled;
  }

  #createAgents(): Record<"pooled" | "fresh", Agents> {
    const { baseUrl, requestTimeoutMs: timeoutMs } = this.#options;
    const proxy = this.#isLoopback ? "" : proxyFor(baseUrl);
    const create = (options: http.AgentOptions): Agents => {
      const httpsAgent = proxy === "" ? new https.Agent(options) : new TunnelAgent(proxy, { ...options, timeoutMs });
      return { httpAgent: new http.Agent(options), httpsAgent };
    };
    return { pooled: create({ keepAlive: true }), fresh: create({}) };
  }

  #apiError(method: Method, path: string, { status, headers, data }: AxiosResponse<string>): ApiError {
    const header = headerOf({ headers });
    const clean = (text: string) => excerpt(this.#redact(text), 500);
    const { code, message, operationId } = readErrorBody(parseOrText(data));
    const location = header("location");
    const reason =
      status >= 300 && status <= 399
        ? `redirects are not followed${location === undefined ? "" : `, and this one leads to ${this.#hostOf(location)}`}; check onvera:baseUrl`
        : message === undefined
          ? http.STATUS_CODES[status]?.toLowerCase() || "no reason given"
          : clean(message);
    const requestId = header("x-request-id") ?? header("request-id") ?? header("x-correlation-id");
    return new ApiError({
      method,
      path,
      status,
      code: code === undefined ? `HTTP_${status}` : clean(code),
      reason,
      operationId: operationId === undefined ? undefined : clean(operationId),
      requestId: requestId === undefined ? undefined : clean(requestId),
      retryAfterMs: requestedDelayMs({
        status,
        header,
        message: message ?? "",
        wallNowMs: this.#options.clock.wallNow(),
      }),
    });
  }

  /** Only the host of the address: its path and query can contain anything. */
  #hostOf(location: string): string {
    try {
      const { protocol, host } = new URL(location, this.#options.baseUrl);
      return excerpt(this.#redact(`${protocol}//${host}`));
    } catch {
      return "an invalid address";
    }
  }

  #parse(method: Method, path: string, { status, headers }: AxiosResponse<string>, text: string): unknown {
    if (text.trim() === "") return undefined;
    if (isNestedDeeper(text, maxJsonDepth)) {
      throw new InvalidResponseError({
        method,
        path,
        status,
        issues: [`the body is nested deeper than ${maxJsonDepth} levels`],
      });
    }
    try {
      return parseRedacted(text, this.#redact);
    } catch {
      const type: unknown = headers["content-type"];
      const declared = typeof type === "string" ? `, declared as ${excerpt(this.#redact(type), 80)}` : "";
      const issues = [`the body is not JSON but ${/^\s*</.test(text) ? "markup" : "something else"}${declared}`];
      throw new InvalidResponseError({ method, path, status, issues });
    }
  }
}

function headerOf({ headers }: Pick<AxiosResponse, "headers">): GetHeader {
  return (name) => {
    const value: unknown = headers[name];
    return typeof value === "string" ? value : undefined;
  };
}

type HttpClient = InstanceType<AxiosStatic["Axios"]>;
let privateClient: HttpClient | undefined;

/**
 * An axios instance without the defaults and interceptors that the user's program can set on the shared one. Loaded with the first
 * request, because loading takes 70 ms.
 */
function httpClient(): HttpClient {
  privateClient ??= new (require("axios") as AxiosStatic).Axios({});
  return privateClient;
}

/** The address of the proxy for a URL, from the environment; "" if there is none. */
function proxyFor(url: string): string {
  const { getProxyForUrl } = require("proxy-from-env") as { getProxyForUrl(url: string): string };
  const proxy = getProxyForUrl(url);
  // To a proxy without a scheme, the library adds that of the URL. For curl and the Pulumi CLI, it is an HTTP proxy.
  const bare = proxy.replace(/^\w+:\/\//, "");
  const isBare = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].some((name) => process.env[name] === bare);
  return bare !== "" && isBare ? `http://${bare}` : proxy;
}

function targetOf({ path, query = {} }: Pick<HttpRequest, "path" | "query">): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

function parseOrText(text: string): unknown {
  if (isNestedDeeper(text, maxJsonDepth)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Whether a JSON text has more levels. Brackets in strings do not count. */
function isNestedDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

/** Parses JSON, and redacts its strings if the text can contain the key, escaped or not. */
function parseRedacted(text: string, redact: Redact): unknown {
  const isSuspect = text.includes("\\") || redact(text) !== text;
  const revive = (_: string, value: unknown) => (typeof value === "string" ? redact(value) : value);
  return JSON.parse(text, isSuspect ? revive : undefined) as unknown;
}
