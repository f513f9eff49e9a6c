import { ApiError, ConnectionError, isNotFound, PlatformError } from "../../provider/api/errors";
import { type HttpResponse, HttpTransport } from "../../provider/api/http";
import { announcedExpiry, expiryWarning } from "../../provider/api/key-expiry";
import { announcedRate, type GetHeader, serverDateMs } from "../../provider/api/rate-limit-headers";
import { type Parsed, ResponseParser } from "../../provider/api/schemas";
import { type Clock, systemClock } from "../../provider/clock";
import { removeAdoptCommand } from "../../provider/deployment/adopt-setting";
import type { Settings } from "../../provider/runtime/settings";
import { compareOpenApi, type Difference, isOpenApi } from "./openapi";
import { type Check, ok, problem, skipped } from "./report";

/** A clock that differs by more is reported, in milliseconds. */
const tolerableSkewMs = 60_000;
/** So few requests left, or less than a tenth of the limit, is reported. */
const fewRequests = 5;
const requestTimeoutMs = 30_000;

export interface ApiChecks {
  readonly checks: readonly Check[];
  readonly differences: readonly Difference[];
}

export interface ApiCheckOptions {
  readonly settings: Settings;
  readonly userAgent: string;
  readonly clock?: Clock;
  /** Some deployments that the stack's state has. */
  readonly managedIds: readonly string[];
  /** Deployments that the `onvera:adopt` settings name, by the resource's name. */
  readonly adoptIds: ReadonlyMap<string, string>;
}

/** Sends GET requests to the API, and reports what they show of the connection, the key, the clock and the API itself. */
export async function checkApi({
  settings,
  userAgent,
  clock = systemClock,
  managedIds,
  adoptIds,
}: ApiCheckOptions): Promise<ApiChecks> {
  const { apiKey, baseUrl } = settings;
  const headers = new HeaderObserver(clock);
  const http = new HttpTransport({
    apiKey,
    baseUrl,
    userAgent,
    requestTimeoutMs,
    clock,
    onHeaders: (header, names) => headers.observe(header, names),
  });
  const read = new ResponseParser(baseUrl);
  const get = (path: string, query = {}) =>
    http.send({ method: "GET", path, query }).catch((error: PlatformError) => error);

  const deployments = await get("/deployments", { page: 1, per_page: 1 });
  const connection = checkConnection(deployments, settings);
  if (connection.status === "error") return { checks: [connection, ...headers.checks()], differences: [] };

  const [operations, environments, document, ...managed] = await Promise.all([
    get("/operations", { page: 1, per_page: 1 }),
    get("/environments"),
    get("/openapi.json"),
    ...managedIds.map((id) => get(`/deployments/${encodeURIComponent(id)}`)),
  ]);
  const adopted = await Promise.all([...adoptIds.values()].map((id) => get(`/deployments/${encodeURIComponent(id)}`)));
  const page = { page: 1, perPage: 1 };
  const differences = isError(document) || !isOpenApi(document.body) ? [] : compareOpenApi(document.body);
  return {
    checks: [
      connection,
      ...headers.checks(),
      checkRead(deployments, {
        scope: "deployments:read",
        without: "no command can read what exists",
        status: "error",
        read: (body) => read.deployments(body, page),
      }),
      checkRead(operations, {
        scope: "operations:read",
        without: "an apply shows no phases, and a failure has no reason",
        status: "warning",
        read: (body) => read.operations(body, page),
      }),
      checkRead(environments, {
        scope: "org:read",
        without: "the function getEnvironments fails",
        status: "warning",
        read: (body) => read.environments(body, page),
      }),
      skipped("scopes", "deployments:write cannot be checked by a GET request; the first create or delete needs it"),
      ...checkOrganization(managed),
      ...checkAdopt([...adoptIds.keys()], adopted),
      checkDocument(document, differences),
    ],
    differences,
  };
}

function isError(response: HttpResponse | PlatformError): response is PlatformError {
  return response instanceof PlatformError;
}

/** Whether the base URL leads to the API, and the API accepts the key. */
function checkConnection(response: HttpResponse | PlatformError, { baseUrl }: Settings): Check {
  if (!isError(response)) return ok("api", `${baseUrl} responds`);
  if (response instanceof ConnectionError) {
    const remedy = /CERT|SELF_SIGNED|VERIFY/.test(response.code)
      ? "set NODE_EXTRA_CA_CERTS to the file of the CA that signed the certificate, if you trust it"
      : "check onvera:baseUrl, the network, and the proxy (HTTPS_PROXY) if there is one";
    return problem(/CERT|SELF_SIGNED|VERIFY/.test(response.code) ? "tls" : "api", "error", response.message, remedy);
  }
  if (response instanceof ApiError) {
    if (response.status === 401) {
      return problem(
        "apiKey",
        "error",
        `Onvera refuses the API key: ${response.message}`,
        "create another key at Onvera and set it: `pulumi config set --secret onvera:apiKey <key>`",
      );
    }
    // What the key may read is a check of its own.
    if (response.status === 403) return ok("api", `${baseUrl} responds`);
    if (response.status === 429) {
      const message = `the rate limit is used up: ${response.message}`;
      return problem("rateLimit", "error", message, "wait, or find out what else uses the same API key");
    }
    if (response.status >= 500) {
      return problem("api", "error", response.message, "run this again later; if it persists, ask Onvera");
    }
  }
  return problem(
    "baseUrl",
    "error",
    `${baseUrl} is not Onvera's API: ${response.message}`,
    "correct onvera:baseUrl (or ONVERA_BASE_URL); Onvera's is https://api.onvera.io/api/v1",
  );
}

interface ReadCheck {
  readonly scope: string;
  readonly without: string;
  readonly status: "warning" | "error";
  readonly read: (body: unknown) => Parsed<unknown>;
}

function checkRead(response: HttpResponse | PlatformError, { scope, without, status, read }: ReadCheck): Check {
  if (!isError(response)) {
    const reading = read(response.body);
    if (!("issues" in reading)) return ok("scopes", `the key has the scope ${scope}`);
    const message = `the response to a request with the scope ${scope} cannot be read: ${reading.issues.join("; ")}`;
    return problem("api", status, message, "update pulumi-onvera, or report it: the API has changed");
  }
  if (response instanceof ApiError && response.status === 403) {
    const message = `the key does not have the scope ${scope}: ${without} (${response.reason})`;
    return problem("scopes", status, message, `give the key the scope ${scope} at Onvera, or use another key`);
  }
  return problem("api", status, response.message, "run this again; if it persists, ask Onvera");
}

/** If the key sees none of the stack's deployments, it belongs to another organization: each would show as deleted. */
function checkOrganization(responses: readonly (HttpResponse | PlatformError)[]): Check[] {
  if (responses.length === 0) return [];
  if (responses.some((each) => !isError(each))) {
    return [ok("organization", "the key sees the deployments of the stack's state")];
  }
  if (!responses.every(isNotFound)) return [];
  return [
    problem(
      "organization",
      "error",
      `Onvera has none of the deployments of the stack's state (${responses.length} checked): a preview would create them again`,
      "use a key of the organization that the stack was created with; if they were deleted, `pulumi up` creates them again",
    ),
  ];
}

function checkAdopt(names: readonly string[], responses: readonly (HttpResponse | PlatformError)[]): Check[] {
  return names.flatMap((name, index) => {
    const response = responses[index];
    if (!(response instanceof ApiError) || response.status !== 404) return [];
    return [
      problem(
        "adopt",
        "error",
        `onvera:adopt names a deployment for "${name}" that Onvera does not have`,
        `remove the setting: \`${removeAdoptCommand(name)}\``,
      ),
    ];
  });
}

function checkDocument(document: HttpResponse | PlatformError, differences: readonly Difference[]): Check {
  if (isError(document)) return skipped("openapi", `no OpenAPI document: ${document.message}`);
  if (!isOpenApi(document.body)) return skipped("openapi", "what /openapi.json returns is not an OpenAPI document");
  const has = (severity: Difference["severity"]) => differences.some((each) => each.severity === severity);
  const message =
    differences.length === 0
      ? "the API's OpenAPI document has everything that the provider relies on"
      : "the API's OpenAPI document differs from what the provider relies on:";
  if (has("breaking")) {
    return problem(
      "openapi",
      "error",
      message,
      "update pulumi-onvera; if it is the newest version, report the differences",
    );
  }
  if (has("degraded")) {
    return problem("openapi", "warning", message, "nothing has to be done, but report the differences");
  }
  return ok("openapi", message);
}

/** What the headers of the responses show of the clock, the rate limit and the key. */
class HeaderObserver {
  readonly #clock: Clock;
  #skewMs: number | undefined;
  #rate: ReturnType<typeof announcedRate>;
  #expiresAt: Date | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  observe(header: GetHeader, names: readonly string[]): void {
    const now = this.#clock.wallNow();
    const serverMs = serverDateMs(header);
    if (serverMs !== undefined) this.#skewMs = now - serverMs;
    const rate = announcedRate(header, now);
    // Responses overtake each other.
    if (rate !== undefined && !(rate.remaining > (this.#rate?.remaining ?? rate.remaining))) this.#rate = rate;
    this.#expiresAt = announcedExpiry(names, header) ?? this.#expiresAt;
  }

  checks(): Check[] {
    return [...this.#clockCheck(), ...this.#rateCheck(), ...this.#expiryCheck()];
  }

  #clockCheck(): Check[] {
    if (this.#skewMs === undefined) return [];
    const skewMs = Math.abs(this.#skewMs);
    const seconds = Math.round(skewMs / 1_000);
    if (skewMs <= tolerableSkewMs) return [ok("clock", "this machine's clock agrees with Onvera's")];
    const message = `this machine's clock is ${seconds} s ${this.#skewMs > 0 ? "ahead of" : "behind"} Onvera's`;
    return [
      problem(
        "clock",
        "warning",
        `${message}; certificates and expiry dates are judged by this machine's clock`,
        "set the clock, for instance by turning on time synchronization (NTP)",
      ),
    ];
  }

  #rateCheck(): Check[] {
    if (this.#rate === undefined) return [skipped("rateLimit", "the API announces no rate limit")];
    const { limit, remaining, resetMs } = this.#rate;
    const of = limit === undefined ? "" : ` of ${limit}`;
    const message = `${remaining}${of} requests are left for the next ${Math.ceil(resetMs / 1_000)} s`;
    if (remaining > Math.max(fewRequests, (limit ?? 0) / 10)) return [ok("rateLimit", message)];
    return [problem("rateLimit", "warning", message, "find out what else uses the same API key")];
  }

  #expiryCheck(): Check[] {
    if (this.#expiresAt === undefined) return [];
    const warning = expiryWarning(this.#expiresAt, this.#clock.wallNow());
    if (warning === undefined) return [ok("apiKey", `the key expires on ${this.#expiresAt.toISOString()}`)];
    return [problem("apiKey", "warning", warning, "docs/how-to-rotate-the-key.md describes how to change the key")];
  }
}
