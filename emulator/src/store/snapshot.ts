import type { ClockSegment } from "../platform/clock";
import type { KeyRecord } from "../platform/keys";
import type { DeploymentRecord, OperationRecord } from "../platform/records";

/** The content of a data file: the latest version of each record, in the order in which they first appeared. */
export interface Snapshot {
  deployments: Map<string, DeploymentRecord>;
  operations: Map<string, OperationRecord>;
  keys: Map<string, KeyRecord>;
  clock: ClockSegment[];
  /** The shortest journal with the same content. */
  toEntries(): object[];
}

/** One line of the journal. */
type Entry = {
  deployment?: DeploymentRecord;
  operation?: OperationRecord;
  key?: KeyRecord;
  clock?: ClockSegment;
  /** Removes all deployments and operations, or all keys. */
  reset?: "deployments" | "keys";
};

/** Builds a snapshot from a journal's entries. Ignores entries of an unknown kind. */
export function readSnapshot(entries: readonly object[]): Snapshot {
  const deployments: Snapshot["deployments"] = new Map();
  const operations: Snapshot["operations"] = new Map();
  const keys: Snapshot["keys"] = new Map();
  const clock: ClockSegment[] = [];
  for (const entry of entries as readonly Entry[]) {
    if (entry.deployment !== undefined) deployments.set(entry.deployment.id, entry.deployment);
    if (entry.operation !== undefined) operations.set(entry.operation.id, entry.operation);
    if (entry.key !== undefined) keys.set(entry.key.key, entry.key);
    if (entry.clock !== undefined) clock.push(entry.clock);
    if (entry.reset === "keys") keys.clear();
    if (entry.reset === "deployments") {
      deployments.clear();
      operations.clear();
    }
  }
  const toEntries = () => [
    ...clock.map((segment) => ({ clock: segment })),
    ...[...keys.values()].map((key) => ({ key })),
    ...[...deployments.values()].map((deployment) => ({ deployment })),
    ...[...operations.values()].map((operation) => ({ operation })),
  ];
  return { deployments, operations, keys, clock, toEntries };
}
