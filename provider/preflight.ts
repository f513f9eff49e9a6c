import type { OnveraClient } from "./onvera/client";
import { ApiError } from "./onvera/errors";

/** An id that no deployment has, and that says in the platform's audit log what it was asked for. */
const noDeployment = "no-deployment-check-of-scopes";

/** What is asked of the platform, and what does not work with a key that may not ask it. */
const probes: readonly { readonly ask: (client: OnveraClient) => Promise<unknown>; readonly without: string }[] = [
  {
    ask: (client) => client.listDeployments({ perPage: 1 }, { retry: "none" }),
    without: "without it, nothing can be seen: an apply cannot tell what is there, nor wait for it",
  },
  {
    ask: (client) => client.listOperations({ perPage: 1 }, { retry: "none" }),
    without: "without it, phases cannot be shown, and what fails cannot say why",
  },
  {
    ask: (client) => client.deleteDeployment(noDeployment, { retry: "none" }),
    without: "without it, nothing can be created or destroyed",
  },
];

/**
 * What an apply or a destroy with this API key would run into, for people: a key that is refused, and scopes that it lacks.
 * Asks without touching anything; what it asks to be destroyed does not exist. Trouble that passes is nothing to warn of.
 * Never rejects. `ONVERA_PREFLIGHT=off` leaves it out, for previews with a key that is not meant for an apply.
 */
export async function preflight(
  client: OnveraClient,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string[]> {
  const wanted = env["ONVERA_PREFLIGHT"] || "on";
  if (wanted === "off") return [];
  if (wanted !== "on") return [`ONVERA_PREFLIGHT must be "on" or "off", got ${JSON.stringify(wanted)}`];
  const answers = await Promise.all(probes.map(({ ask, without }) => refusalOf(() => ask(client), without)));
  return [...new Set(answers.filter((text) => text !== undefined))];
}

async function refusalOf(ask: () => Promise<unknown>, without: string): Promise<string | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) return undefined;
    if (error.status === 401) return `the API key is refused (${error.code}: ${error.reason}); an apply would fail`;
    if (error.status === 403) return `the API key may not do all that an apply needs (${error.reason}): ${without}`;
    return undefined;
  }
}
