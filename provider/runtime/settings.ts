import { homedir as systemHomedir } from "node:os";
import { inspect } from "node:util";
import { SettingsError } from "../api/errors";
import { isLoopbackHost } from "../api/loopback";
import { type ConfigFile, configFilePath, type ReadConfigFile, readConfigFile } from "./config-file";

/** The contract, "Conventions". */
const publishedBaseUrl = "https://api.onvera.io/api/v1";
const apiPath = "/api/v1";

export interface Settings {
  readonly apiKey: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** The shortest time between two polls, in milliseconds; set only for a platform on this machine. */
  readonly pollIntervalMs?: number;
}

export interface SettingsSources {
  /** The stack's configuration, `onvera:apiKey` and `onvera:baseUrl`. */
  readonly config?: { readonly apiKey?: string | undefined; readonly baseUrl?: string | undefined };
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly homedir?: () => string;
  readonly readFile?: ReadConfigFile;
}

/**
 * Finds the API key and the base URL: in the stack's configuration, else in `ONVERA_API_KEY` and `ONVERA_BASE_URL`, else
 * in the file of the Onvera CLI, `~/.config/onvera/config.json`. An empty environment variable counts as not set. The file
 * is read only where something is left to find.
 *
 * Each is looked for on its own, so that a key from one place may go with a base URL from another: whoever can set a
 * stack's `onvera:baseUrl` chooses where the key of whoever runs it is sent.
 *
 * Throws a `SettingsError`, which never holds the key, where one is missing or malformed.
 */
export function resolveSettings({
  config = {},
  env = process.env,
  platform = process.platform,
  homedir = systemHomedir,
  readFile,
}: SettingsSources = {}): Settings {
  const givenKey = config.apiKey ?? (env["ONVERA_API_KEY"] || undefined);
  const givenUrl = config.baseUrl ?? (env["ONVERA_BASE_URL"] || undefined);
  const path = configFilePath(env, platform, homedir);
  let file: ConfigFile | undefined;
  if (path !== undefined && (givenKey === undefined || givenUrl === undefined)) {
    file = readConfigFile(path, givenKey === undefined ? "onvera:apiKey" : "onvera:baseUrl", readFile);
  }

  const baseUrl = checkBaseUrl(givenUrl ?? file?.baseUrl ?? publishedBaseUrl);
  const apiKey = givenKey ?? file?.apiKey;
  if (apiKey === undefined) throw missingKey(path, file);
  checkApiKey(apiKey);
  return new ResolvedSettings(apiKey, baseUrl, pollIntervalFor(baseUrl, env["ONVERA_POLL_INTERVAL_MS"]));
}

/** Settings whose key is not shown by `console.log`, JSON, spreading or error reports. */
class ResolvedSettings implements Settings {
  readonly #apiKey: string;
  declare readonly pollIntervalMs?: number;

  constructor(
    apiKey: string,
    readonly baseUrl: string,
    pollIntervalMs: number | undefined,
  ) {
    this.#apiKey = apiKey;
    if (pollIntervalMs !== undefined) this.pollIntervalMs = pollIntervalMs;
  }

  get apiKey(): string {
    return this.#apiKey;
  }

  [inspect.custom](): string {
    return `Settings { apiKey: [API key], baseUrl: ${this.baseUrl} }`;
  }
}

function missingKey(path: string | undefined, file: ConfigFile | undefined): SettingsError {
  const third =
    path === undefined
      ? "put it into ~/.config/onvera/config.json (but this user has no home folder)"
      : `put {"api_key": "…"} into ${path}${file === undefined ? "" : " (the file is there, but no key was found in it)"}`;
  return new SettingsError(
    "onvera:apiKey",
    "onvera:apiKey is missing: the API key of Onvera was found nowhere; run `pulumi config set --secret onvera:apiKey <key>`, " +
      `or set the environment variable ONVERA_API_KEY, or ${third}`,
  );
}

/** A key is an opaque string, but it has to fit into a header. */
function checkApiKey(apiKey: string): void {
  const complaint =
    apiKey === ""
      ? "is empty"
      : /\s/.test(apiKey)
        ? "holds white space; was it copied with a line break, or more than once?"
        : /[^\x21-\x7e]/.test(apiKey)
          ? "holds characters that no key has; was it shortened with an ellipsis when it was copied?"
          : undefined;
  if (complaint === undefined) return;
  throw new SettingsError("onvera:apiKey", `onvera:apiKey (or ONVERA_API_KEY, or the Onvera CLI's file) ${complaint}`);
}

/** The base URL as the client needs it: a bare origin completed, no slash at the end, and only what cannot leak the key. */
function checkBaseUrl(given: string): string {
  const refuse = (complaint: string) => {
    const expected = `expected an address such as ${publishedBaseUrl}`;
    return new SettingsError("onvera:baseUrl", `onvera:baseUrl (or ONVERA_BASE_URL) ${complaint}; ${expected}`);
  };
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw refuse(given === "" ? "is empty" : "is not a URL");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse(`has the scheme "${url.protocol}"`);
  if (url.username !== "" || url.password !== "") throw refuse("holds a user or a password");
  if (given.includes("?")) throw refuse("holds a query");
  if (given.includes("#")) throw refuse("holds a fragment");
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    throw refuse(`would send the API key unencrypted to "${url.host}" (http: is for this machine only)`);
  }
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? apiPath : path}`;
}

/** Faster polling than the contract asks for is for tests and the local platform, never for Onvera itself. */
function pollIntervalFor(baseUrl: string, given: string | undefined): number | undefined {
  if (!given || !isLoopbackHost(new URL(baseUrl).hostname)) return undefined;
  const value = Number(given);
  if (/^\s*\d+(\.\d+)?\s*$/.test(given) && value > 0 && value <= 60_000) return value;
  throw new SettingsError(
    "ONVERA_POLL_INTERVAL_MS",
    `ONVERA_POLL_INTERVAL_MS is not a number of milliseconds between 1 and 60000: "${given}"`,
  );
}
