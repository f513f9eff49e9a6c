import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import { addFaultHooks, type FaultHookOptions, pathOf, sleepUnlessClosed } from "../faults/hooks";
import type { Clock } from "../platform/clock";
import { fingerprint, type Keys } from "../platform/keys";
import type { Settings } from "../settings";
import { addAccessControl } from "./access-control";
import { ApiError, internalError, invalidRequest, validationError } from "./errors";
import { openApi } from "./openapi";
import { httpDate, type RateLimit } from "./rate-limit";
import type { RequestLog } from "./request-log";
import { addRoutes, type RouteOptions } from "./routes";
import { components } from "./schemas";
import { explain } from "./validation";
import { apiPrefix } from "./wire";

export interface ServerOptions extends RouteOptions {
  keys: Keys;
  rateLimit: RateLimit;
  log: RequestLog;
  settings: Settings;
  faultHooks: FaultHookOptions;
  /** For the `Date` of each response. */
  clock: Pick<Clock, "wallMs">;
  /** Real time in milliseconds since the epoch. */
  now: () => number;
  logger?: FastifyServerOptions["logger"];
}

/** Builds the HTTP server, which does not listen yet. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { log, settings, clock, logger = false } = options;
  const app = fastify({
    logger,
    // IDs are opaque, so an ID of any length gets a 404.
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    // Invalid HTTP does not reach any route.
    clientErrorHandler: ({ code }, socket) => {
      if (code === "ECONNRESET" || !socket.writable) return;
      const tooLarge = code === "HPE_HEADER_OVERFLOW";
      const body = JSON.stringify(
        invalidRequest(tooLarge ? "Request header is too large" : "Malformed request").toBody(),
      );
      socket.end(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nConnection: close\r\n" +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = toErrorResponse(error);
      reply.raw.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
    },
  });
  // Compiling a serializer for each response schema would take a third of the startup time.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.decorateRequest("logEntry", null);
  app.decorateRequest("createdDeploymentId", null);
  app.decorateRequest("isFaulted", false);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, body } = toErrorResponse(error);
    if (status >= 500) request.log.error(error);
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler(respondNotFound);
  for (const [name, schema] of Object.entries(components)) app.addSchema({ $id: name, ...schema });
  acceptJson(app);

  await app.register(fastifySwagger, openApi);
  await app.register(fastifySwaggerUi, {
    routePrefix: "/docs",
    uiConfig: { layout: "BaseLayout", persistAuthorization: true },
    theme: { title: "Onvera API" },
  });
  await app.register(
    (scope, _options, done) => {
      scope.addHook("onRequest", async (request, reply) => {
        logRequest(log, request, reply);
        const { latencyMs } = settings;
        const [least, most] = typeof latencyMs === "number" ? [latencyMs, latencyMs] : latencyMs;
        if (most > 0) await sleepUnlessClosed(least + Math.random() * (most - least), request);
      });
      scope.addHook("preValidation", async (request) => {
        if (request.logEntry !== null && request.method === "POST") log.setBody(request.logEntry, request.body);
        parsePageNumbers(request);
      });
      addFaultHooks(scope, options.faultHooks);
      scope.addHook("onSend", async (request, reply, payload) => {
        if (!reply.hasHeader("date")) reply.header("date", httpDate(clock.wallMs()));
        if (request.logEntry !== null && typeof payload === "string") log.setResponse(request.logEntry, payload);
        return payload;
      });
      addAccessControl(scope, options);
      // Comes before the body is parsed, so that an unsupported method gets a 405 whatever its content type is.
      scope.addHook("onRequest", async (request, reply) =>
        request.is404 ? respondNotFound(request, reply) : undefined,
      );
      addRoutes(scope, options);
      scope.setNotFoundHandler(respondNotFound);
      done();
    },
    { prefix: apiPrefix },
  );
  let document: string | undefined;
  app.get(`${apiPrefix}/openapi.json`, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply.type("application/json; charset=utf-8").send(document);
  });
  return app;
}

/**
 * Accepts JSON only. Any other or malformed body gets INVALID_REQUEST instead of a status that the API does not
 * document.
 */
function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    if (body === "") return done(null, undefined);
    try {
      done(null, JSON.parse(body.toString()));
    } catch {
      done(invalidRequest("Request body is not valid JSON"));
    }
  });
  app.addContentTypeParser("*", (_request, payload, done) => {
    payload.resume();
    done(invalidRequest("Content-Type must be application/json"));
  });
}

function toErrorResponse(error: FastifyError | ApiError): { status: number; body: object } {
  const apiError = toApiError(error);
  return { status: apiError.status, body: apiError.toBody() };
}

function toApiError(error: FastifyError | ApiError): ApiError {
  if (error instanceof ApiError) return error;
  if (error.validation !== undefined) return validationError(explain(error.validation, error.validationContext));
  const { statusCode = 500 } = error;
  return statusCode < 500 ? invalidRequest(error.message) : internalError();
}

const methods = ["GET", "HEAD", "POST", "DELETE"] as const;

/** Responds to a request that no route handles: 405 with `Allow` if the path has other methods, otherwise 404. */
function respondNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathOf(request);
  const patterns = [path, path.replace(/^(\/api\/v1\/(?:deployments|operations))\/[^/]+$/, "$1/:id")];
  const allowed = methods.filter((method) => patterns.some((url) => request.server.hasRoute({ method, url })));
  if (allowed.length === 0) {
    return reply.code(404).send(invalidRequest(`No such endpoint: ${request.method} ${path}`).toBody());
  }
  reply.code(405).header("allow", allowed.join(", "));
  return reply.send(invalidRequest(`Method ${request.method} is not allowed here`).toBody());
}

/**
 * Converts page numbers in the query, which arrive as strings. Fastify's own coercion would also accept other values.
 */
function parsePageNumbers({ query }: FastifyRequest): void {
  if (typeof query !== "object" || query === null) return;
  for (const name of ["page", "per_page"]) {
    const value: unknown = Reflect.get(query, name);
    if (typeof value === "string" && /^-?\d+$/.test(value)) Reflect.set(query, name, Number(value));
  }
}

function logRequest(log: RequestLog, request: FastifyRequest, reply: FastifyReply): void {
  const { method, headers, query } = request;
  const key = headers["x-api-key"];
  const startedAt = performance.now();
  const logEntry = log.add(
    {
      method,
      path: pathOf(request),
      query: { ...(query as Record<string, unknown>) },
      key: typeof key === "string" && key !== "" ? fingerprint(key) : null,
      userAgent: headers["user-agent"] ?? null,
    },
    `${method} ${(request.routeOptions.url ?? "(unknown)").replace(":id", "{id}")}`,
  );
  request.logEntry = logEntry;
  reply.raw.once("close", () => {
    logEntry.durationMs = performance.now() - startedAt;
    logEntry.status = reply.raw.writableFinished ? reply.raw.statusCode : null;
  });
}
