/** What the API reference leaves open, as a platform could have it. Pure: changes what the emulator would send. */

import type { acceptedToWire, deploymentToWire, OperationWire } from "../../emulator/src/api/wire";

export interface Dialect {
  /** Identifiers of deployments with a prefix, or bare. */
  readonly ids: "dep_" | "";
  readonly order: "newestFirst" | "oldestFirst";
  /** The most items on a page, whatever the request asks for. */
  readonly maxPerPage: number;
  /** A deployment whose destroy has ended cannot be read any more, or is still shown as destroyed. */
  readonly destroyed: "gone" | "shown";
  readonly whileProvisioning: "conflict" | "accept";
  /** Whether the error of a delete that conflicts with an operation names that operation. */
  readonly conflictHasOperation: boolean;
  /** The response to a delete names its operation, links to it, or is the operation. */
  readonly deleteResponse: "ids" | "links" | "operation";
  readonly operation: "nested" | "flat";
  readonly absent: "null" | "omitted";
}

/** The emulator's. */
export const usualDialect: Dialect = {
  ids: "dep_",
  order: "newestFirst",
  maxPerPage: 100,
  destroyed: "gone",
  whileProvisioning: "conflict",
  conflictHasOperation: true,
  deleteResponse: "ids",
  operation: "nested",
  absent: "null",
};

type Json = Readonly<Record<string, unknown>>;

export function deploymentIn(dialect: Dialect, wire: ReturnType<typeof deploymentToWire>): Json {
  return withAbsent(dialect, wire);
}

export function operationIn(dialect: Dialect, wire: OperationWire): Json {
  const { progress, resource, error, ...rest } = wire;
  const { phase, message } = progress;
  const flat = { ...rest, phase, message, resource_id: resource.id, error: error?.message ?? null };
  return withAbsent(dialect, dialect.operation === "nested" ? wire : flat);
}

export function deleteResponseIn(
  { deleteResponse }: Dialect,
  accepted: ReturnType<typeof acceptedToWire>,
  operation: Json,
): Json {
  const { links } = accepted;
  return { ids: accepted, links: { links }, operation }[deleteResponse];
}

export function inOrder<T>({ order }: Dialect, newestFirst: readonly T[]): readonly T[] {
  return order === "newestFirst" ? newestFirst : [...newestFirst].reverse();
}

function withAbsent({ absent }: Dialect, object: Json): Json {
  return absent === "null" ? object : Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
