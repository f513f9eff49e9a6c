import type { FaultMatch, FaultRule } from "../../emulator/src/faults/rules";
import type { FaultKind } from "../simulation/faults";
import { placeholders } from "./harness";
import { type Kill, kills, waitWhileRunning } from "./kill";
import type { FaultCase, Scenario } from "./scenario";

const requests = {
  create: ["POST /deployments", { method: "POST", path: "/deployments" }],
  operation: ["GET /operations/{id}", { method: "GET", path: "/operations/*" }],
  deployment: ["GET /deployments/{id}", { method: "GET", path: { regex: "/deployments/[^/]+$" } }],
  list: ["GET /deployments", { method: "GET", path: "/deployments" }],
  delete: ["DELETE /deployments/{id}", { method: "DELETE", path: { regex: "/deployments/[^/]+$" } }],
} as const satisfies Record<string, [string, FaultMatch]>;

type RequestName = keyof typeof requests;
type Rule = Omit<FaultRule, "match">;

function faultAt(
  on: RequestName,
  fault: string,
  { times = 1, rule, ...more }: Partial<FaultCase> & { readonly rule: Rule; readonly times?: number | "always" },
): FaultCase {
  const [request, match] = requests[on];
  return { fault, request, rules: [{ ...rule, match: { ...match, times } }], ...more };
}

/** The request is held, before the platform receives it or after it has acted, until the scenario goes on. */
const held = (
  on: RequestName,
  when: "before" | "after",
  fault: string,
  more: Pick<FaultCase, "change" | "declaration"> = {},
) => faultAt(on, fault, { rule: { when, action: { type: "hang" } }, ...more });

const notReceived = held("create", "before", "before the platform receives the request");
const notAnswered = held("create", "after", "after the platform created the deployment, before the response");
const polling = held("operation", "before", "while the provider polls the operation");
const deleteNotAnswered = held("delete", "after", "after the platform started the delete, before the response");

const idOf = (how: Kill) => how.toLowerCase().replaceAll(/\W+/g, "-");

const killedUp = (how: Kill): Scenario => ({
  id: `kill-up-${idOf(how)}`,
  title: `\`up\` that creates and replaces, ended by ${how}`,
  command: "up",
  kill: { how },
  failingLists: ["/operations"],
  isFast: how === "SIGKILL of all processes",
  cases: [
    notReceived,
    notAnswered,
    polling,
    { ...notAnswered, fault: "after the platform created the replacement, before the response", change: "replace" },
    {
      ...deleteNotAnswered,
      fault: "after the platform started to delete the old deployment first, before the response",
      change: "replace",
      declaration: { deleteBeforeReplace: true },
    },
  ],
});

const killedDestroy = (how: Kill): Scenario => ({
  id: `kill-destroy-${idOf(how)}`,
  title: `\`destroy\`, ended by ${how}`,
  command: "destroy",
  kill: { how },
  failingLists: ["/operations"],
  cases: [deleteNotAnswered, polling],
});

const killedWhileSaving = (how: Kill): Scenario => ({
  id: `kill-save-${idOf(how)}`,
  title: `\`up\` that saves the state of 8 creates, ended by ${how}`,
  command: "up",
  kill: {
    how,
    isTime: (harness) => {
      try {
        return harness.recorded().length >= 4;
      } catch {
        // The file is being replaced.
        return false;
      }
    },
  },
  others: 7,
  cases: [{ fault: "while the state file is written", request: requests.deployment[0] }],
});

const ways = Object.keys(kills) as Kill[];

const restart = {
  keepsData: true,
  failingLists: ["/operations"],
  during: async (harness, run) => {
    await waitWhileRunning(run, () => harness.isEverythingHeld());
    await harness.restartPlatform({ downForMs: 1_500 });
  },
} as const satisfies Partial<Scenario>;

const restarts: readonly Scenario[] = [
  {
    id: "restart-up",
    title: "`up` that creates; the platform restarts",
    command: "up",
    cases: [notReceived, notAnswered, polling],
    ...restart,
  },
  {
    id: "restart-destroy",
    title: "`destroy`; the platform restarts",
    command: "destroy",
    cases: [deleteNotAnswered, polling],
    ...restart,
  },
];

const retries = { declaration: { retries: 3 } };
const errorHooks: Scenario = {
  id: "error-hook",
  title: "`up` with an error hook that repeats failed creates",
  command: "up",
  isInline: true,
  failingLists: ["/operations"],
  cases: [
    {
      fault: "the operation fails",
      request: requests.operation[0],
      outcomes: [{ result: "fail", match: { operation: "create" } }],
      ...retries,
    },
    faultAt("operation", "401 three times, after the create was accepted", {
      times: 3,
      rule: { action: { type: "answer", status: 401 } },
      ...retries,
    }),
    faultAt("create", "400 three times", { times: 3, rule: { action: { type: "answer", status: 400 } }, ...retries }),
  ],
};

const respond = (status: number, more: object = {}): Rule => ({ action: { type: "answer", status, ...more } });
const empty = { "data.items": [], "data.pagination.total": 0, "data.pagination.pages": 0 };

/**
 * One case for each kind of fault in the simulation, to show that a real connection behaves like the simulated one. A conflict and a
 * rejected request are on the connection what a 403 is.
 */
const kinds = {
  resetBefore: faultAt("create", "connection reset before the platform receives the request", {
    rule: { action: { type: "reset" } },
  }),
  resetAfter: faultAt("create", "connection reset after the platform created the deployment", {
    rule: { when: "after", action: { type: "reset" } },
  }),
  late: faultAt("create", "response after a second", { rule: { delayMs: 1_000 } }),
  truncated: faultAt("create", "connection closed in the middle of the body", {
    rule: { action: { type: "truncate", framing: "broken" } },
  }),
  notJson: faultAt("create", "HTML page with status 200, after the platform created the deployment", {
    rule: { when: "after", ...respond(200, { html: true, message: "Sign in" }) },
  }),
  empty: faultAt("create", "empty body, after the platform created the deployment", {
    rule: { when: "after", ...respond(200, { body: "" }) },
  }),
  wrongShape: faultAt("create", "response without an operation id", {
    rule: { action: { type: "alter", remove: ["data.operation_id", "data.links"] } },
  }),
  errorBefore: faultAt("create", "500", { rule: respond(500) }),
  errorAfter: faultAt("create", "502 of a proxy, after the platform created the deployment", {
    rule: { when: "after", ...respond(502, { html: true }) },
  }),
  rateLimited: faultAt("create", "429 with Retry-After", { rule: respond(429, { retryAfter: 1 }) }),
  unauthorized: faultAt("create", "401", { rule: respond(401) }),
  forbidden: faultAt("create", "403", { rule: respond(403) }),
  echoedKey: faultAt("create", "400 with a message that contains the API key", {
    rule: respond(400, { message: `no access with ${placeholders.apiKey}` }),
  }),
  silentBefore: faultAt("create", "no response, and the platform does not receive the request", {
    rule: { action: { type: "hang" } },
  }),
  silentAfter: faultAt("create", "no response, after the platform created the deployment", {
    rule: { when: "after", action: { type: "hang" } },
  }),
  refused: faultAt("operation", "connections refused for a second", {
    rule: { changes: [{ change: "outage", forMs: 1_000 }] },
  }),
  notFoundYet: faultAt("operation", "404 for an operation that exists", { rule: respond(404) }),
  unknownStatus: faultAt("operation", "unpublished status, three times", {
    times: 3,
    rule: { action: { type: "alter", set: { "data.status": "paused" } } },
  }),
  foreign404: faultAt("deployment", "HTML page with status 404", {
    times: "always",
    rule: respond(404, { html: true }),
  }),
  staleList: faultAt("list", "list without the deployments", { rule: { action: { type: "alter", set: empty } } }),
} as const satisfies Record<Exclude<FaultKind, "laggingList" | "emptyPage" | "conflict" | "rejected">, FaultCase>;

/** Not in the simulation, whose HTTP client is no real one. */
const redirect = faultAt("create", "redirect to another host", {
  rule: { action: { type: "redirect", to: placeholders.otherOrigin, status: 307 } },
});

const { silentBefore, silentAfter, refused, notFoundYet, unknownStatus, foreign404, staleList, ...atCreate } = kinds;

const noResponse: Scenario = {
  id: "http-silent",
  title: "`up` that creates; no response",
  command: "up",
  cases: [silentBefore, silentAfter],
};

const responses: readonly Scenario[] = [
  {
    id: "http-create",
    title: "`up` that creates; wrong response to the create",
    command: "up",
    isFast: true,
    cases: [...Object.values(atCreate), redirect],
  },
  {
    id: "http-poll",
    title: "`up` that creates; wrong response to a poll",
    command: "up",
    failingLists: ["/operations"],
    succeeds: true,
    cases: [refused, notFoundYet, unknownStatus],
  },
  {
    id: "http-list",
    title: "`up` without changes; stale list",
    command: "up",
    others: 4,
    succeeds: true,
    cases: [{ ...staleList, change: "none" }],
  },
  {
    id: "http-refresh",
    title: "`refresh`; wrong responses all the time",
    command: "refresh",
    failingLists: ["/deployments"],
    cases: [
      faultAt("deployment", "401", { times: "always", rule: respond(401) }),
      foreign404,
      faultAt("deployment", "HTML page with status 200", {
        times: "always",
        rule: respond(200, { html: true, message: "Sign in" }),
      }),
    ],
  },
];

/** Everything that `npm run faults` runs, the longest first. */
export const scenarios: readonly Scenario[] = [
  noResponse,
  ...ways.map(killedUp),
  ...ways.map(killedDestroy),
  ...(["SIGKILL of the CLI", "SIGKILL of all processes"] as const).map(killedWhileSaving),
  ...restarts,
  errorHooks,
  ...responses,
];
