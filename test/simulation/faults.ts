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
  /** A server error of a proxy, after the platform has acted. */
  "errorAfter",
  "rateLimited",
  "unauthorized",
  "forbidden",
  /** An operation that has just begun cannot be found yet. */
  "notFoundYet",
  /** A status that is not published. */
  "unknownStatus",
  /** A list without what the state holds. */
  "staleList",
  /** An error whose text has the API key. */
  "echoedKey",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** The only request that a fault of such a kind can meet. The API reference says that a deployment exists once its create is accepted. */
export const requestOf: Readonly<Partial<Record<FaultKind, RequestClass>>> = {
  notFoundYet: "getOperation",
  unknownStatus: "getOperation",
  staleList: "listDeployments",
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

export const serverErrors = [500, 502, 503, 504] as const;

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
  ];
  return variants[variant % variants.length] ?? {};
}
