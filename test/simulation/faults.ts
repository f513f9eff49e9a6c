/** What can go wrong with one request. Pure: the network (network.ts) carries it out. */

export const requestClasses = [
  "create",
  "delete",
  "getDeployment",
  "listDeployments",
  "getOperation",
  "listOperations",
  "environments",
] as const;
export type RequestClass = (typeof requestClasses)[number];

export const faultKinds = [
  /** No connection: the request does not leave. */
  "refused",
  /** The connection breaks before the platform has acted. */
  "resetBefore",
  /** The connection breaks after the platform has acted. */
  "resetAfter",
  /** No response; the platform has not acted. */
  "silentBefore",
  /** No response; the platform has acted. */
  "silentAfter",
  /** The response comes late. */
  "late",
  "truncated",
  "notJson",
  "empty",
  "wrongShape",
  /** A server error before the platform has acted. */
  "errorBefore",
  /** A server error, after the platform has acted. */
  "errorAfter",
  "rateLimited",
  "unauthorized",
  "forbidden",
  /** A conflict with an operation that the error does not name, or that cannot be found. */
  "conflict",
  /** The request is not valid for the platform. */
  "rejected",
  /** An operation that has just begun cannot be found yet. */
  "notFoundYet",
  /** A 404 that the platform has not sent, such as that of a proxy. */
  "foreign404",
  /** A status that is not published. */
  "unknownStatus",
  /** A list that omits the deployments that the state holds. */
  "staleList",
  /** A list that omits the deployments that the run has created a few seconds before. */
  "laggingList",
  /** A page of a list that is empty once, although the total says more. */
  "emptyPage",
  /** An error whose text has the API key. */
  "echoedKey",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Faults that apply to one class of requests only. */
export const requestOf: Readonly<Partial<Record<FaultKind, RequestClass>>> = {
  notFoundYet: "getOperation",
  unknownStatus: "getOperation",
  staleList: "listDeployments",
  laggingList: "listDeployments",
  emptyPage: "listDeployments",
};

export interface Fault {
  readonly on: RequestClass;
  /** Which request of its class in the run, counted from 0. */
  readonly nth: number;
  /** How many in a row. */
  readonly times: number;
  readonly kind: FaultKind;
  /** Chooses among variants, such as the headers of a 429. */
  readonly variant: number;
}

export function classOf(method: string, path: string): RequestClass {
  const isOne = /\/(deployments|operations)\/[^/?]+/.test(path);
  if (path.includes("/environments")) return "environments";
  if (path.includes("/operations")) return isOne ? "getOperation" : "listOperations";
  if (method === "POST") return "create";
  if (method === "DELETE") return "delete";
  return isOne ? "getDeployment" : "listDeployments";
}

const serverErrors = [500, 502, 503, 504] as const;

/** A server error: JSON of the platform, or the HTML page of a proxy, which can name a delay. */
export function serverError(variant: number): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const status = serverErrors[variant % serverErrors.length] ?? 500;
  if (variant % 8 < 4) {
    const error = { code: "INTERNAL_ERROR", message: "Internal server error" };
    return { status, headers: { "content-type": "application/json" }, body: JSON.stringify({ error }) };
  }
  const headers = { "content-type": "text/html", ...(status === 503 ? { "retry-after": "3" } : {}) };
  return { status, headers, body: `<html><body><h1>${status}</h1></body></html>` };
}

const foreign404Bodies = [
  "<html><body><h1>404 Not Found</h1></body></html>",
  '{"message": "no Route matched with those values"}',
  '{"timestamp": "2026-01-01T00:00:00Z", "status": 404, "error": "Not Found"}',
  '{"error": {"code": "INVALID_REQUEST", "message": "No such endpoint"}}',
  '{"error": {"code": "NOT_FOUND", "message": "The page does not exist"}}',
  "",
];

/** A 404 of a proxy, which does not know the path. */
export function foreign404(variant: number) {
  const body = foreign404Bodies[variant % foreign404Bodies.length] ?? "";
  const type = body.startsWith("{") ? "application/json" : "text/html";
  return { status: 404, headers: { "content-type": type }, body };
}

/** The platform refuses to carry out a request. */
export function refusal(
  kind: "conflict" | "rejected",
  variant: number,
): { readonly status: number; readonly code: string; readonly message: string; readonly operationId?: string } {
  if (kind === "rejected") return { status: 422, code: "VALIDATION_ERROR", message: "The request is not valid" };
  const conflict = { status: 409, code: "RESOURCE_CONFLICT", message: "Another operation is running" };
  return variant % 2 === 0 ? conflict : { ...conflict, operationId: "op_never" };
}

type Json = Readonly<Record<string, unknown>>;

/** Turns the data of a response into what is not published; some variants leave out or contradict a part only. */
const wrongData: readonly ((data: Json, apiKey: string) => unknown)[] = [
  () => ({ items: 7, status: [] }),
  () => null,
  () => "deployment",
  ({ operation_id: _, links: __, ...data }) => data,
  ({ deployment_id: _, links: __, ...data }) => data,
  (data) => ({ ...data, operation_id: "op_never" }),
  (data) => ({ ...data, deployment_id: {}, operation_id: 5 }),
  (data) => ({
    ...data,
    links: { operation: "https://elsewhere.test/api/v1/operations/op_x", deployment: "/api/v1/deployments/../x" },
  }),
  (data) => ({ ...data, tier: { name: "gold", flags: [1, null] } }),
  (data) => ({ ...data, id: "dep_another" }),
  (data) => ({ ...data, status: 7 }),
  (data) => ({ ...data, url: null, environment_id: null, created_at: "yesterday", progress: "halfway" }),
  (data, key) => ({ ...data, url: `https://${key}.onvera.io`, progress: { message: key }, error: { message: key } }),
  (data) => ({ ...data, pagination: { page: 1, per_page: 50, total: 50_000_000, pages: 1_000_000 } }),
  (data) => ({ ...data, items: [5, null, { id: 7 }] }),
];

/** The body of a successful response in a wrong shape. */
export function wrongBody(
  variant: number,
  { body, apiKey }: { readonly body: string; readonly apiKey: string },
): string {
  const { data } = JSON.parse(body) as { data: Json };
  return JSON.stringify({ data: wrongData[variant % wrongData.length]?.(data ?? {}, apiKey) });
}

/** Headers of a refusal for the rate limit; `nowMs` is the platform's clock. */
export function rateLimitHeaders(variant: number, nowMs: number): Readonly<Record<string, string>> {
  const variants: readonly Readonly<Record<string, string>>[] = [
    {},
    { "retry-after": "3" },
    { "retry-after": new Date(nowMs + 5_000).toUTCString() },
    { "retry-after": "-7" },
    { "x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4" },
    {
      "x-ratelimit-limit": "10",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Math.ceil(nowMs / 1_000) + 5),
    },
    { "x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60000" },
    { ratelimit: '"default";r=0;t=6' },
    { "retry-after": "99999999" },
    { "retry-after": "soon" },
    { "retry-after": new Date(nowMs - 60_000).toUTCString() },
    { "x-ratelimit-limit": "many", "x-ratelimit-remaining": "none", "x-ratelimit-reset": "later" },
    { ratelimit: "limit=10, remaining=0" },
  ];
  return variants[variant % variants.length] ?? {};
}
