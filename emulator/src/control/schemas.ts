import type { DeploymentChange } from "../faults/rules";
import { scopes } from "../platform/keys";
import { appTypes, deploymentStatuses } from "../platform/records";

/**
 * Request schemas of the control API. They reject unknown fields, so that a misspelled fault is an error instead of a
 * test that passes.
 */

const strict = (properties: Record<string, object>, required: string[] = []) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const text = { type: "string" };
/** The maximum delay of a Node.js timer. */
const milliseconds = { type: "number", minimum: 0, maximum: 2_147_483_647 };
/** A hundred years, with which every timestamp stays a valid date. */
const longestMs = 3.2e12;
const workMs = { type: "number", minimum: 0, maximum: longestMs };
const skewMs = { type: "number", minimum: -longestMs, maximum: longestMs };
const count = { type: "integer", minimum: 1 };
const times = { anyOf: [count, { const: "always" }] };
const scopeList = { type: "array", items: { type: "string", enum: scopes } };

const deploymentChanges: readonly DeploymentChange["change"][] = [
  "destroy",
  "destroyNow",
  "markFailed",
  "vanish",
  "rename",
  "finishOperation",
  "cancelOperation",
  "vanishOperation",
  "failOperation",
];

/** Requires fields depending on the value of the field `kind`. */
const requireFields = (kind: string, required: Record<string, string[]>) =>
  Object.entries(required).map(([name, fields]) => ({
    anyOf: [{ not: { properties: { [kind]: { const: name } } } }, { required: fields }],
  }));

const change = {
  ...strict(
    {
      change: {
        type: "string",
        enum: [...deploymentChanges, "revokeKey", "expireKey", "setScopes", "outage", "advance", "skew"],
      },
      deployment: text,
      name: text,
      code: text,
      message: text,
      key: text,
      scopes: scopeList,
      forMs: milliseconds,
      ms: skewMs,
    },
    ["change"],
  ),
  allOf: requireFields("change", {
    ...Object.fromEntries(deploymentChanges.map((name) => [name, ["deployment"]])),
    rename: ["deployment", "name"],
    setScopes: ["scopes"],
    outage: ["forMs"],
    advance: ["ms"],
    skew: ["ms"],
  }),
};

const action = {
  ...strict(
    {
      type: {
        type: "string",
        enum: ["reset", "close", "hang", "refuse", "answer", "redirect", "truncate", "alter"],
      },
      forMs: milliseconds,
      status: { type: "integer", minimum: 200, maximum: 599 },
      code: text,
      message: text,
      body: {},
      html: { type: "boolean" },
      headers: { type: "object", additionalProperties: text },
      retryAfter: { type: "number", minimum: 0, maximum: longestMs / 1_000 },
      retryAfterAs: { type: "string", enum: ["seconds", "date"] },
      to: text,
      bytes: { type: "integer", minimum: 0 },
      framing: { type: "string", enum: ["whole", "broken"] },
      set: { type: "object" },
      remove: { type: "array", items: text },
    },
    ["type"],
  ),
  allOf: requireFields("type", { refuse: ["forMs"], answer: ["status"], redirect: ["to"] }),
};

export const faultRule = strict({
  match: strict({
    method: text,
    path: { anyOf: [text, strict({ regex: text }, ["regex"])] },
    name: text,
    key: text,
    nth: count,
    times,
  }),
  when: { type: "string", enum: ["before", "after"] },
  delayMs: milliseconds,
  changes: { type: "array", items: change },
  action,
});

const after = { type: "string", enum: [...deploymentStatuses, "gone"] };

export const outcomeRule = strict(
  {
    match: strict({ operation: { type: "string", enum: ["create", "destroy"] }, name: text, nth: count, times }),
    result: { type: "string", enum: ["succeed", "fail", "cancel", "hang", "vanish"] },
    phase: text,
    code: text,
    message: text,
    deployment: after,
    durationMs: workMs,
  },
  ["result"],
);

export const clockChange = strict({
  speed: { anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 1e6 }, { const: "instant" }] },
  paused: { type: "boolean" },
  advanceMs: workMs,
  skewMs,
  finishAll: { const: true },
});

export const newDeployment = strict(
  {
    appType: { type: "string", enum: appTypes },
    name: text,
    status: { type: "string", enum: deploymentStatuses.filter((status) => status !== "destroyed") },
  },
  ["appType"],
);

export const deploymentChange = {
  ...strict({ change: { type: "string", enum: deploymentChanges }, name: text, code: text, message: text }, ["change"]),
  allOf: requireFields("change", { rename: ["name"] }),
};

const keyProperties = {
  scopes: scopeList,
  expiresAt: { type: ["string", "null"], format: "date-time" },
  revoked: { type: "boolean" },
};
export const newKey = strict({ key: { type: "string", minLength: 1 }, ...keyProperties });
export const keyChange = strict(keyProperties);

export const rateLimit = strict(
  {
    requests: { type: "integer", minimum: 0, maximum: 1e9 },
    perSeconds: { type: "number", exclusiveMinimum: 0, maximum: longestMs / 1_000 },
    headers: { type: "string", enum: ["x-ratelimit", "ratelimit", "none"] },
    retryAfter: { type: "string", enum: ["seconds", "date", "none"] },
  },
  ["requests", "perSeconds"],
);

export const settings = strict({
  idForm: { type: "string", enum: ["prefixed", "uuid"] },
  deleteWhileProvisioning: { type: "string", enum: ["conflict", "accept"] },
  latencyMs: { anyOf: [milliseconds, { type: "array", items: milliseconds, minItems: 2, maxItems: 2 }] },
});

export const outage = strict({ forMs: milliseconds }, ["forMs"]);

const upTo1000 = { type: "string", pattern: "^([1-9][0-9]{0,2}|1000)$" };
/** Longer than any name or path. A long search finds nothing, but is not an error. */
const searchText = { type: "string", maxLength: 5_000 };
export const viewQuery = strict({
  search: searchText,
  status: { type: "string", enum: deploymentStatuses },
  deployments: upTo1000,
  operations: upTo1000,
  requests: { type: "string", pattern: "^(0|[1-9][0-9]{0,2}|1000)$" },
  filter: searchText,
});
