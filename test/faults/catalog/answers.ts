import type { FaultRule } from "../../../emulator/src/faults/rules";
import { placeholders } from "../case";

/** A fault of one answer, whatever it is an answer to. */
export interface AnswerFault {
  readonly fault: string;
  readonly rule: Omit<FaultRule, "match">;
  /** How often it strikes; once if left out. */
  readonly times?: number;
}

const limited = "Rate limit exceeded";

/** What can happen to any request on its way, and what proxies in between may answer. */
export const networkFaults: readonly AnswerFault[] = [
  { fault: "connection reset before the platform heard of it", rule: { action: { type: "reset" } } },
  { fault: "connection reset after the platform acted", rule: { when: "after", action: { type: "reset" } } },
  { fault: "connection closed before the platform heard of it", rule: { action: { type: "close" } } },
  { fault: "connection closed after the platform acted", rule: { when: "after", action: { type: "close" } } },
  { fault: "reset after the platform acted, twice", rule: { when: "after", action: { type: "reset" } }, times: 2 },
  { fault: "half the body, then the connection breaks", rule: { action: { type: "truncate", framing: "broken" } } },
  { fault: "truncated JSON, complete as HTTP", rule: { action: { type: "truncate" } } },
  { fault: "an answer that takes a second", rule: { delayMs: 1_000 } },
];

export const statusFaults: readonly AnswerFault[] = [
  { fault: "500", rule: { action: { type: "answer", status: 500 } } },
  { fault: "500, though the platform acted", rule: { when: "after", action: { type: "answer", status: 500 } } },
  { fault: "three times 500", rule: { action: { type: "answer", status: 500 } }, times: 3 },
  { fault: "twice 502 with an HTML page", rule: { action: { type: "answer", status: 502, html: true } }, times: 2 },
  {
    fault: "502 with an HTML page, though the platform acted",
    rule: { when: "after", action: { type: "answer", status: 502, html: true } },
  },
  { fault: "503 with an HTML page", rule: { action: { type: "answer", status: 503, html: true } } },
  { fault: "503 with Retry-After", rule: { action: { type: "answer", status: 503, retryAfter: 1 } } },
  {
    fault: "504 with an HTML page, though the platform acted",
    rule: { when: "after", action: { type: "answer", status: 504, html: true } },
  },
  { fault: "408", rule: { action: { type: "answer", status: 408 } } },
  { fault: "429 without Retry-After", rule: { action: { type: "answer", status: 429, message: limited } } },
  { fault: "429 with Retry-After in seconds", rule: { action: { type: "answer", status: 429, retryAfter: 1 } } },
  {
    fault: "429 with Retry-After as a date",
    rule: { action: { type: "answer", status: 429, retryAfter: 2, retryAfterAs: "date" } },
  },
  {
    fault: "three times 429 without Retry-After",
    rule: { action: { type: "answer", status: 429, message: limited } },
    times: 3,
  },
  {
    fault: "429 with an HTML page",
    rule: { action: { type: "answer", status: 429, html: true, message: "Too Many Requests" } },
  },
  { fault: "401 once", rule: { action: { type: "answer", status: 401 } } },
  { fault: "403 once", rule: { action: { type: "answer", status: 403 } } },
  {
    fault: "500 that repeats the API key",
    rule: { action: { type: "answer", status: 500, message: `No luck with ${placeholders.apiKey}` } },
  },
  {
    fault: "400 with an HTML page that repeats the API key",
    rule: { action: { type: "answer", status: 400, html: true, message: `Header refused: ${placeholders.apiKey}` } },
  },
  {
    fault: "a redirect to another host (302)",
    rule: { action: { type: "redirect", to: placeholders.otherOrigin, status: 302 } },
  },
  {
    fault: "a redirect to another host (307)",
    rule: { action: { type: "redirect", to: placeholders.otherOrigin, status: 307 } },
  },
  {
    fault: "a redirect to another host (308)",
    rule: { action: { type: "redirect", to: placeholders.otherOrigin, status: 308 } },
  },
];

const whole = (fault: string, body: unknown): AnswerFault => ({
  fault,
  rule: { action: { type: "alter", set: { "": body } } },
});
const set = (fault: string, fields: Record<string, unknown>): AnswerFault => ({
  fault,
  rule: { action: { type: "alter", set: fields } },
});

/** Bodies that are not what was agreed, behind a status of success. */
export const bodyFaults: readonly AnswerFault[] = [
  set("`data: null`", { data: null }),
  set("`data` is a list", { data: [] }),
  set("`data` is a text", { data: "deployment" }),
  whole("the body is `null`", null),
  whole("the body is a list", []),
  whole("the body is an empty object", {}),
  { fault: "an empty body", rule: { when: "after", action: { type: "answer", status: 200, body: "" } } },
  {
    fault: "an HTML page with 200",
    rule: { when: "after", action: { type: "answer", status: 200, html: true, message: "Sign in" } },
  },
  set("unknown fields", { "data.tier": { name: "gold", flags: [1, null] }, meta: { trace: "x" } }),
  set("links to another host", {
    "data.links.self": "https://elsewhere.example/api/v1/x",
    "data.links.operation": "https://elsewhere.example/api/v1/operations/op_x",
    "data.links.deployment": "https://elsewhere.example/api/v1/deployments/x",
  }),
  set("links with a path that climbs", {
    "data.links.operation": "/api/v1/operations/../deployments",
    "data.links.deployment": "/api/v1/deployments/../../admin",
  }),
  set("`links: null`", { "data.links": null }),
  set("texts that repeat the API key", {
    "data.progress.message": `authorized by ${placeholders.apiKey}`,
    "data.message": placeholders.apiKey,
    "data.url": `https://${placeholders.apiKey}.onvera.io`,
    "data.environment_id": placeholders.apiKey,
    "data.error": { code: placeholders.apiKey, message: placeholders.apiKey },
  }),
];

/** What the answer to a create may lack or get wrong. */
export const acceptedFaults: readonly AnswerFault[] = [
  { fault: "no `operation_id`", rule: { action: { type: "alter", remove: ["data.operation_id"] } } },
  {
    fault: "no `operation_id`, no links",
    rule: { action: { type: "alter", remove: ["data.operation_id", "data.links"] } },
  },
  { fault: "no `deployment_id`", rule: { action: { type: "alter", remove: ["data.deployment_id"] } } },
  {
    fault: "no `deployment_id`, no links",
    rule: { action: { type: "alter", remove: ["data.deployment_id", "data.links"] } },
  },
  {
    fault: "neither id, no links",
    rule: { action: { type: "alter", remove: ["data.deployment_id", "data.operation_id", "data.links"] } },
  },
  set("`operation_id` is a number", { "data.operation_id": 5 }),
  set("`operation_id` of an operation that never was", { "data.operation_id": "op_never" }),
  set("`deployment_id` is a number", { "data.deployment_id": 5 }),
  set("both ids are objects", { "data.deployment_id": {}, "data.operation_id": {} }),
  set("both ids are empty", { "data.deployment_id": "", "data.operation_id": "" }),
];

/** What a look at an operation may get wrong. */
export const operationFaults: readonly AnswerFault[] = [
  { ...set("an unknown status, three times", { "data.status": "paused" }), times: 3 },
  set("`status` is a number", { "data.status": 7 }),
  set("`status: null`", { "data.status": null }),
  { fault: "no `status`", rule: { action: { type: "alter", remove: ["data.status"] } } },
  set("`progress` is a text", { "data.progress": "halfway" }),
  set("`progress: null`, `resource: null`", { "data.progress": null, "data.resource": null }),
  set("another operation's id", { "data.id": "op_other" }),
  { fault: "404 once", rule: { action: { type: "answer", status: 404 } } },
];

/** What a look at a deployment may get wrong. */
export const deploymentFaults: readonly AnswerFault[] = [
  { ...set("an unknown status, twice", { "data.status": "hibernating" }), times: 2 },
  set("`status` is a number", { "data.status": 7 }),
  { fault: "no `status`", rule: { action: { type: "alter", remove: ["data.status"] } } },
  { fault: "no `id`", rule: { action: { type: "alter", remove: ["data.id"] } } },
  set("another deployment's id", { "data.id": "dep_00000000-0000-4000-8000-000000000000" }),
  set("`url` is a number", { "data.url": 8080 }),
  set("`url: null`, `environment_id: null`, `created_at: null`", {
    "data.url": null,
    "data.environment_id": null,
    "data.created_at": null,
  }),
  set("`created_at` is no date", { "data.created_at": "yesterday" }),
];

/** What a list of deployments may get wrong. */
export const listBodyFaults: readonly AnswerFault[] = [
  { fault: "items of wrong types", rule: { action: { type: "alter", set: { "data.items": [5, null, { id: 7 }] } } } },
  { fault: "no items", rule: { action: { type: "alter", remove: ["data.items"] } } },
  { fault: "no pagination", rule: { action: { type: "alter", remove: ["data.pagination"] } } },
  {
    fault: "a count of pages that never ends",
    rule: {
      action: { type: "alter", set: { "data.pagination.pages": 1_000_000, "data.pagination.total": 50_000_000 } },
    },
  },
  {
    fault: "an empty list at first, as from a replica that lags behind",
    rule: {
      action: { type: "alter", set: { "data.items": [], "data.pagination.total": 0, "data.pagination.pages": 0 } },
    },
  },
];
