import { once } from "node:events";
import type { FastifyInstance } from "fastify";
import { ApiError } from "../api/errors";
import type { RateLimitOptions } from "../api/rate-limit";
import { addConsoleEvents } from "../console/events";
import type { DeploymentChange, FaultRule } from "../faults/rules";
import { type KeyOptions, newKey } from "../platform/keys";
import type { OutcomeRule } from "../platform/outcomes";
import type { AppType, DeploymentStatus } from "../platform/records";
import type { Settings } from "../settings";
import { type Control, ControlError, type DeploymentState } from "./control";
import { isLocalCaller } from "./local-callers";
import * as schemas from "./schemas";

type Id = { Params: { id: string } };

interface ClockChange {
  speed?: number | "instant";
  paused?: boolean;
  advanceMs?: number;
  skewMs?: number;
  finishAll?: true;
}

/**
 * Adds the control API over HTTP, with JSON bodies and errors in the form `{"error": "…"}`. It requires no key, so it
 * accepts only local callers and JSON: web pages of other origins can neither read nor change anything.
 */
export async function addControlRoutes(app: FastifyInstance, control: Control): Promise<void> {
  await app.register(
    (scope, _options, done) => {
      scope.addHook("onRequest", async (request, reply) => {
        reply.header("x-content-type-options", "nosniff");
        if (isLocalCaller(request)) return;
        return reply.code(403).send({ error: "the control API accepts requests from this machine only" });
      });
      scope.setErrorHandler((error: Error & { validation?: unknown; statusCode?: number }, _request, reply) => {
        const isClientError =
          error.validation !== undefined ||
          [ControlError, ApiError, RangeError, SyntaxError].some((errorClass) => error instanceof errorClass);
        return reply.code(isClientError ? 400 : (error.statusCode ?? 500)).send({ error: error.message });
      });
      scope.setNotFoundHandler((request, reply) =>
        reply.code(404).send({ error: `no such endpoint: ${request.method} ${request.url}`, see: "/_emulator" }),
      );
      addReadRoutes(scope, control);
      addConsoleEvents(scope, (query) => control.view(query));
      addFailureRoutes(scope, control);
      addResourceRoutes(scope, control);
      addSettingsRoutes(scope, control);
      done();
    },
    { prefix: "/_emulator" },
  );
}

const index = {
  "GET /_emulator/state": "every deployment and operation, with counts by status",
  "GET /_emulator/events?search=&status=&deployments=&operations=&requests=&filter=":
    "what the console shows, as server-sent events: the newest deployments, operations and requests, at once and after each change",
  "GET /_emulator/requests?since=, GET /_emulator/requests/{seq}": "the request log, and one request with its response",
  "DELETE /_emulator/requests": "clears the request log",
  "GET|POST|DELETE /_emulator/faults, DELETE /_emulator/faults/{id}": "failures of requests",
  "GET|POST|DELETE /_emulator/outcomes, DELETE /_emulator/outcomes/{id}": "outcomes of future operations",
  "POST /_emulator/outage": "refuses connections: {forMs}",
  "GET /_emulator/deployments/{ID or name}": "a deployment with its operations; a deleted one only by ID",
  "POST /_emulator/deployments": "adds a deployment outside Pulumi: {appType, name?, status?}",
  "POST /_emulator/deployments/{ID or name}":
    "{change: destroy | destroyNow | markFailed | vanish | finishOperation | cancelOperation | vanishOperation}, {change: rename, name}, {change: failOperation, code?, message?}",
  "GET|POST /_emulator/keys, PATCH /_emulator/keys/{key or fingerprint}": "{scopes, expiresAt, revoked}",
  "GET|PATCH /_emulator/clock": "{speed: number or instant, paused, advanceMs, skewMs, finishAll: true}",
  "GET|PUT|DELETE /_emulator/rate-limit": "{requests, perSeconds, headers?, retryAfter?}",
  "GET|PATCH /_emulator/settings": "{idForm, deleteWhileProvisioning, latencyMs}",
  "POST /_emulator/reset": "restores the initial state",
};

function addReadRoutes(scope: FastifyInstance, control: Control): void {
  scope.get("/", async () => index);
  scope.get("/state", async () => control.state());
  scope.get<{ Querystring: { since?: string } }>("/requests", async ({ query: { since = "0" } }) =>
    control.requests.list({ since: Number(since) || 0 }),
  );
  scope.get<{ Params: { seq: string } }>("/requests/:seq", async ({ params: { seq } }) =>
    control.requests.get(Number(seq)),
  );
  scope.delete("/requests", async (_request, reply) => {
    control.requests.clear();
    return reply.code(204).send();
  });
  scope.post("/reset", async (_request, reply) => {
    await control.reset();
    return reply.code(204).send();
  });
}

function addFailureRoutes(scope: FastifyInstance, control: Control): void {
  const kinds = [
    {
      path: "/faults",
      schema: schemas.faultRule,
      part: control.faults,
      add: (body: unknown) => control.faults.add(body as FaultRule),
    },
    {
      path: "/outcomes",
      schema: schemas.outcomeRule,
      part: control.outcomes,
      add: (body: unknown) => control.outcomes.add(body as OutcomeRule),
    },
  ];
  for (const { path, schema, part, add } of kinds) {
    scope.get(path, async () => ({ items: part.list() }));
    scope.post(path, { schema: { body: schema } }, async (request, reply) => reply.code(201).send(add(request.body)));
    scope.delete(path, async (_request, reply) => {
      part.clear();
      return reply.code(204).send();
    });
    scope.delete<Id>(`${path}/:id`, async ({ params: { id } }, reply) => {
      if (!part.remove(id)) throw new ControlError(`no such rule: "${id}"`);
      return reply.code(204).send();
    });
  }
  scope.post<{ Body: { forMs: number } }>("/outage", { schema: { body: schemas.outage } }, async (request, reply) => {
    // Send the response before its connection is closed.
    const afterResponse = once(reply.raw, "close");
    control.outage({ ...request.body, afterResponse }).catch((error: unknown) => request.log.error(error));
    return reply.code(202).header("connection", "close").send({});
  });
}

function addResourceRoutes(scope: FastifyInstance, control: Control): void {
  scope.post<{ Body: { appType: AppType; name?: string; status?: DeploymentStatus } }>(
    "/deployments",
    { schema: { body: schemas.newDeployment } },
    async (request, reply) => reply.code(201).send(await control.deployments.create(request.body)),
  );
  scope.get<Id>("/deployments/:id", async ({ params: { id } }) => control.deployments.details(id));
  scope.post<Id & { Body: DeploymentChange }>(
    "/deployments/:id",
    { schema: { body: schemas.deploymentChange } },
    async ({ params: { id }, body }): Promise<DeploymentState> => control.deployments.change(id, body),
  );
  // Responses show only fingerprints. A new key is shown once, to the client that adds it.
  scope.get("/keys", async () => ({ items: control.keys.list().map(({ key: _, ...shown }) => shown) }));
  scope.post<{ Body: Partial<KeyOptions> }>("/keys", { schema: { body: schemas.newKey } }, async (request, reply) =>
    reply.code(201).send(await control.keys.add({ key: newKey(), ...request.body })),
  );
  scope.patch<Id & { Body: Omit<KeyOptions, "key"> }>(
    "/keys/:id",
    { schema: { body: schemas.keyChange } },
    async ({ params: { id }, body }) => {
      const { key: _, ...shown } = await control.keys.change(id, body);
      return shown;
    },
  );
}

function addSettingsRoutes(scope: FastifyInstance, control: Control): void {
  scope.get("/clock", async () => control.clock.get());
  scope.patch<{ Body: ClockChange }>("/clock", { schema: { body: schemas.clockChange } }, async ({ body }) => {
    const { speed, paused, advanceMs, skewMs, finishAll } = body;
    if (speed !== undefined) await control.clock.setSpeed(speed === "instant" ? Number.POSITIVE_INFINITY : speed);
    if (paused !== undefined) await (paused ? control.clock.pause() : control.clock.resume());
    if (skewMs !== undefined) await control.clock.skew(skewMs);
    if (advanceMs !== undefined) await control.clock.advance(advanceMs);
    if (finishAll) await control.clock.finishAll();
    return control.clock.get();
  });
  scope.get("/rate-limit", async () => ({ rateLimit: control.rateLimit.get() }));
  scope.put<{ Body: RateLimitOptions }>("/rate-limit", { schema: { body: schemas.rateLimit } }, async ({ body }) => {
    control.rateLimit.set(body);
    return { rateLimit: control.rateLimit.get() };
  });
  scope.delete("/rate-limit", async () => {
    control.rateLimit.off();
    return { rateLimit: null };
  });
  scope.get("/settings", async () => control.settings.get());
  scope.patch<{ Body: Partial<Settings> }>("/settings", { schema: { body: schemas.settings } }, async ({ body }) =>
    control.settings.set(body),
  );
}
