import type { EngineEvent } from "./events";

/** A resource that the refresh has read at its platform. */
export interface ReadResource {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  /** What the state says. */
  readonly old: Readonly<Record<string, unknown>>;
  /** What there is; undefined where it is gone. */
  readonly seen: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The resources that a stack manages, as the refresh has found them, by URN. Without those that the program only looks at
 * (`Deployment.get`), and those that are replaced already and wait to be deleted.
 */
export function readResources(events: readonly EngineEvent[]): ReadResource[] {
  const found = new Map<string, ReadResource>();
  for (const { resOutputsEvent } of events) {
    if (resOutputsEvent?.metadata.op !== "refresh") continue;
    const { urn, type, old, new: seen } = resOutputsEvent.metadata;
    if (old === undefined || old === null || old.external === true || old.delete === true) continue;
    // A provider may have it read once more for the plan; the state is what it was before the first time.
    const first = found.get(urn);
    const before = first?.old ?? old.outputs ?? {};
    found.set(urn, { urn, type, id: old.id ?? "", old: before, seen: seen ? (seen.outputs ?? {}) : undefined });
  }
  return [...found.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1));
}
