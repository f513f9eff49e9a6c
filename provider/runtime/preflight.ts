import type { OnveraClient } from "../api/client";
import { ApiError, ConnectionError, InvalidResponseError } from "../api/errors";
import type { CallContext } from "../call-context";
import { systemClock } from "../clock";

/** A preview waits no longer for its warnings, in milliseconds: one request with its timeout, and a little for the rate limit. */
const preflightMs = 45_000;

/** The reads that an apply needs, and what does not work with a key that may not make them. */
const probes: readonly {
  readonly read: (client: OnveraClient, context: CallContext) => Promise<unknown>;
  readonly without: string;
}[] = [
  {
    read: (client, context) => client.listDeployments({ perPage: 1 }, { ...context, retry: "none" }),
    without: "without it, nothing can be seen: an apply cannot tell what is there, nor wait for it",
  },
  {
    read: (client, context) => client.listOperations({ perPage: 1 }, { ...context, retry: "none" }),
    without: "without it, phases cannot be shown, and what fails cannot say why",
  },
];

/**
 * Warnings for people about what an apply with these settings would run into: a platform that cannot be reached, a key that is
 * refused, and scopes for reading that it lacks. Sends GET only, so a missing scope `deployments:write` shows in the apply.
 * Temporary errors cause no warning. Never rejects. `ONVERA_PREFLIGHT=off` turns it off, for previews with a restricted key.
 */
export async function preflight(
  client: OnveraClient,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string[]> {
  const wanted = env["ONVERA_PREFLIGHT"] || "on";
  if (wanted === "off") return [];
  if (wanted !== "on") return [`ONVERA_PREFLIGHT must be "on" or "off", got ${JSON.stringify(wanted)}`];
  const context = { deadline: systemClock.now() + preflightMs };
  const errors = await Promise.all(probes.map(({ read }) => errorOf(read(client, context))));
  const unreachable = errors.map(unreachableWarning).find((text) => text !== undefined);
  const refusals = probes.map(({ without }, index) => refusalWarning(errors[index], without));
  return [...new Set([unreachable, ...refusals].filter((text) => text !== undefined))];
}

function errorOf(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function unreachableWarning(error: unknown): string | undefined {
  const isUnreachable =
    error instanceof InvalidResponseError || (error instanceof ConnectionError && error.code !== "DEADLINE");
  return isUnreachable ? `Onvera cannot be reached (${error.message}); an apply would fail` : undefined;
}

function refusalWarning(error: unknown, without: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.status === 401) return `the API key is refused (${error.code}: ${error.reason}); an apply would fail`;
  if (error.status === 403) return `the API key may not do all that an apply needs (${error.reason}): ${without}`;
  return undefined;
}
