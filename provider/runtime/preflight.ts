import type { OnveraClient } from "../api/client";
import { ApiError, ConnectionError, InvalidResponseError } from "../api/errors";
import { isCallEndCode } from "../api/retry";
import type { CallContext } from "../call-context";
import { systemClock } from "../clock";

/** The longest time that a preview waits for its warnings, in milliseconds: one request timeout, and some time for the rate limit. */
const preflightMs = 45_000;

/** The reads that an apply needs, and what does not work if the key does not have the scope. */
const probes: readonly {
  readonly read: (client: OnveraClient, context: CallContext) => Promise<unknown>;
  readonly without: string;
}[] = [
  {
    read: (client, context) => client.listDeployments({ perPage: 1 }, { ...context, retry: "none" }),
    without: "without it, an apply can neither read a deployment nor wait for it",
  },
  {
    read: (client, context) => client.listOperations({ perPage: 1 }, { ...context, retry: "none" }),
    without: "without it, an apply shows neither phases nor the reason for a failure",
  },
];

/**
 * Warnings about what would make an apply with these settings fail: a platform that cannot be reached, a rejected key, missing read
 * scopes. Sends GET only, so it cannot detect a missing scope `deployments:write`.
 * Temporary errors cause no warning, nor does Ctrl-C (`signal`). Never rejects. `ONVERA_PREFLIGHT=off` turns it off, for previews
 * with a restricted key.
 */
export async function preflight(
  client: OnveraClient,
  env: Readonly<Record<string, string | undefined>> = process.env,
  signal?: AbortSignal,
): Promise<string[]> {
  const value = env["ONVERA_PREFLIGHT"] || "on";
  if (value === "off") return [];
  if (value !== "on") return [`ONVERA_PREFLIGHT must be "on" or "off", got ${JSON.stringify(value)}`];
  const context = { signal, deadline: systemClock.now() + preflightMs };
  const errors = await Promise.all(probes.map(({ read }) => errorOf(read(client, context))));
  const unreachable = errors.map(unreachableWarning).find((text) => text !== undefined);
  const denied = probes.map(({ without }, index) => deniedWarning(errors[index], without));
  return [...new Set([unreachable, ...denied].filter((text) => text !== undefined))];
}

function errorOf(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function unreachableWarning(error: unknown): string | undefined {
  const isUnreachable =
    error instanceof InvalidResponseError || (error instanceof ConnectionError && !isCallEndCode(error.code));
  return isUnreachable ? `Onvera cannot be reached (${error.message}); an apply would fail` : undefined;
}

function deniedWarning(error: unknown, without: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.status === 401) return `the API key is rejected (${error.code}: ${error.reason}); an apply would fail`;
  if (error.status === 403)
    return `the API key does not have every scope that an apply needs (${error.reason}): ${without}`;
  return undefined;
}
