import type { FastifyInstance } from "fastify";
import { type Keys, requireScope, type Scope } from "../platform/keys";
import { rateLimitExceeded } from "./errors";
import type { RateLimit } from "./rate-limit";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Any one of these scopes is enough. The error for a key without them names the first. */
    scopes?: readonly [Scope, ...Scope[]];
  }
}

/** Checks the requests to routes that require scopes: first the API key, then its scopes, then the rate limit. */
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
