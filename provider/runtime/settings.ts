import { homedir as systemHomedir } from "node:os";
import { inspect } from "node:util";
import { SettingsError } from "../api/errors";
import { isLoopbackHost } from "../api/loopback";
import { type ConfigFile, configFilePath, type ReadConfigFile, readConfigFile } from "./config-file";

/** Source: the API reference, "Conventions". */
const publishedBaseUrl = "https://api.onvera.io/api/v1";
const apiPath = "/api/v1";

export interface Settings {
  readonly apiKey: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** The time between two polls, in milliseconds. Only for a base URL on this machine, such as the emulator's. */
  readonly pollIntervalMs?: number;
  /** Where requests are sent instead of the base URL: a process on this machine that forwards them. */
  readonly gatewayUrl?: string;
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
 * Finds the API key and the base URL: in the stack's configuration, then in `ONVERA_API_KEY` and `ONVERA_BASE_URL`, then in the
 * file of the Onvera CLI, `~/.config/onvera/config.json`. An empty environment variable counts as not set. The file is read only
 * if the key or the URL is not set elsewhere.
 *
 * Key and URL can come from different sources, so a person who can set a stack's `onvera:baseUrl` decides where the key of another
 * user is sent.
 *
 * Throws a `SettingsError`, which never contains the key, if a setting is missing or malformed.
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
  return new ResolvedSettings(
    apiKey,
    baseUrl,
    pollIntervalFor(baseUrl, env["ONVERA_POLL_INTERVAL_MS"]),
    gatewayFor(env["ONVERA_GATEWAY_URL"]),
  );
}

/** Settings that hide the key from `console.log`, JSON, spreading and error reports. */
class ResolvedSettings implements Settings {
  readonly #apiKey: string;
  declare readonly pollIntervalMs?: number;
  declare readonly gatewayUrl?: string;

  constructor(
    apiKey: string,
    readonly baseUrl: string,
    pollIntervalMs: number | undefined,
    gatewayUrl: string | undefined,
  ) {
    this.#apiKey = apiKey;
    if (pollIntervalMs !== undefined) this.pollIntervalMs = pollIntervalMs;
    if (gatewayUrl !== undefined) this.gatewayUrl = gatewayUrl;
  }

  get apiKey(): string {
    return this.#apiKey;
  }

  [inspect.custom](): string {
    return `Settings { apiKey: [API key], baseUrl: ${this.baseUrl} }`;
  }
}

function missingKey(path: string | undefined, file: ConfigFile | undefined): SettingsError {
  const useFile =
    path === undefined
      ? "add it to ~/.config/onvera/config.json (but this user has no home folder)"
      : `write {"api_key": "…"} to ${path}${file === undefined ? "" : " (the file exists, but does not contain a key)"}`;
  return new SettingsError(
    "onvera:apiKey",
    "onvera:apiKey is missing: no API key for Onvera is set; run `pulumi config set --secret onvera:apiKey <key>`, " +
      `or set the environment variable ONVERA_API_KEY, or ${useFile}`,
  );
}

/** A key is an opaque string, but it must be a valid HTTP header. */
function checkApiKey(apiKey: string): void {
  const problem =
    apiKey === ""
      ? "is empty"
      : /\s/.test(apiKey)
        ? "contains white space; was it copied with a line break, or more than once?"
        : /[^\x21-\x7e]/.test(apiKey)
          ? "contains invalid characters; was it shortened with an ellipsis when it was copied?"
          : undefined;
  if (problem === undefined) return;
  throw new SettingsError("onvera:apiKey", `onvera:apiKey (or ONVERA_API_KEY, or the Onvera CLI's file) ${problem}`);
}

/** Adds the path to a bare origin, and removes trailing slashes. Rejects a URL that is invalid or could leak the key. */
function checkBaseUrl(given: string): string {
  const invalid = (problem: string) => {
    const expected = `expected an address such as ${publishedBaseUrl}`;
    return new SettingsError("onvera:baseUrl", `onvera:baseUrl (or ONVERA_BASE_URL) ${problem}; ${expected}`);
  };
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw invalid(given === "" ? "is empty" : "is not a URL");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw invalid(`has the scheme "${url.protocol}"`);
  if (url.username !== "" || url.password !== "") throw invalid("contains a user or a password");
  if (given.includes("?")) throw invalid("contains a query");
  if (given.includes("#")) throw invalid("contains a fragment");
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    throw invalid(`would send the API key unencrypted to "${url.host}" (http is allowed for this machine only)`);
  }
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? apiPath : path}`;
}

/** Polling faster than the API reference allows is for the emulator only, never for Onvera itself. */
function pollIntervalFor(baseUrl: string, given: string | undefined): number | undefined {
  if (!given || !isLoopbackHost(new URL(baseUrl).hostname)) return undefined;
  const value = Number(given);
  if (/^\s*\d+(\.\d+)?\s*$/.test(given) && value > 0 && value <= 60_000) return value;
  throw new SettingsError(
    "ONVERA_POLL_INTERVAL_MS",
    `ONVERA_POLL_INTERVAL_MS, the time between two polls, must be from 1 to 60000 milliseconds, got "${given}"`,
  );
}

/** The API key is sent there, so it must be on this machine. */
function gatewayFor(given: string | undefined): string | undefined {
  if (!given) return undefined;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol === "http:" && isLoopbackHost(url.hostname) && url.search === "" && url.hash === "") {
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  }
  throw new SettingsError(
    "ONVERA_GATEWAY_URL",
    "ONVERA_GATEWAY_URL must be an http: address on this machine without query and fragment, such as http://127.0.0.1:4020",
  );
}
