import { scopes } from "../platform/keys";
import { appTypes, deploymentStatuses } from "../platform/records";

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === "string" && value !== "";
const number: Check = (value) => typeof value === "number";
const flag: Check = (value) => typeof value === "boolean";
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (fields: Fields): Check =>
  (value) =>
    invalidField(value, fields) === undefined;

const progress = { phase: text, message: (value: unknown) => typeof value === "string" };
const plan = {
  queuedUntil: orNull(number),
  queued: record(progress),
  steps: listOf(record({ ...progress, until: orNull(number) })),
  endsAt: orNull(number),
  end: oneOf(["succeeded", "failed", "canceled"]),
  endProgress: record(progress),
  after: oneOf([...deploymentStatuses, "gone"]),
  vanishesAt: orNull(number),
};

/** The fields of the journal's entries (records.ts, keys.ts, clock.ts) that the platform relies on. */
const kinds: Readonly<Record<string, Fields>> = {
  deployment: {
    id: text,
    name: text,
    appType: oneOf(appTypes),
    status: oneOf(deploymentStatuses),
    url: text,
    environmentId: text,
    createdAt: number,
    operationId: orNull(text),
    goneAt: orNull(number),
  },
  operation: {
    id: text,
    type: oneOf(["deployment.create", "deployment.destroy"]),
    deploymentId: text,
    deploymentName: text,
    requestedAt: number,
    statusBefore: oneOf(["ready", "failed"]),
    plan: record(plan),
    final: orNull(record({ status: text, progress: record(progress) })),
  },
  key: { key: text, scopes: listOf(oneOf(scopes)), revoked: flag },
  clock: {
    wall: number,
    work: number,
    speed: (value) => value === "instant" || number(value),
    paused: flag,
    skew: number,
  },
};

/** Returns what is wrong with an entry of the journal, or `undefined`. */
export function problemIn(entry: object): string | undefined {
  for (const [kind, value] of Object.entries(entry)) {
    if (kind === "reset") {
      if (value !== "deployments" && value !== "keys") return "reset: unknown value";
      continue;
    }
    const fields = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (fields === undefined) return `"${kind}": unknown kind of record`;
    const field = invalidField(value, fields);
    if (field !== undefined) return field === "" ? `${kind}: not an object` : `${kind}.${field}: missing or invalid`;
  }
  return undefined;
}

/** Returns the first field that is missing or invalid, or the empty string if the value is not an object. */
function invalidField(value: unknown, fields: Fields): string | undefined {
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(fields).find(([name, check]) => !check(Reflect.get(value, name)))?.[0];
}
