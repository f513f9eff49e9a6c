import type { FastifyInstance } from "fastify";
import { type Keys, requireScope, type Scope } from "../platform/keys";
import { rateLimitExceeded } from "./errors";
import type { RateLimit } from "./rate-limit";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Any one of these scopes is enough; the first is named when none is there. */
    scopes?: readonly [Scope, ...Scope[]];
  }
}

/** Lets a request through to the routes of this scope that name scopes: key first, then scope, then rate limit. */
export function addAccessControl(
  scope: FastifyInstance,
  { keys, rateLimit, now }: { keys: Keys; rateLimit: RateLimit; now: () => number },
): void {
  scope.addHook("onRequest", async (request, reply) => {
    const required = request.routeOptions.config.scopes;
    if (required === undefined) return;
    const key = keys.authenticate(request.headers["x-api-key"]);
    requireScope(key, required);
    if (key.expiresAt !== null) reply.header("x-api-key-expires-at", key.expiresAt);
    const decision = rateLimit.take(key.fingerprint, now());
    if (decision === undefined) return;
    reply.headers(decision.headers);
    if (!decision.allowed) throw rateLimitExceeded(decision.retryAfterSeconds);
  });
}
