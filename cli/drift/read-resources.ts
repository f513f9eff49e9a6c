import type { EngineEvent } from "./events";

/** A resource that the refresh read at its platform. */
export interface ReadResource {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  /** The outputs in the state. */
  readonly old: Readonly<Record<string, unknown>>;
  /** The outputs at the platform. Undefined if the resource does not exist. */
  readonly observed: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The resources that a stack manages, as the refresh read them, ordered by URN. Resources that the program only reads
 * (`Deployment.get`) and those that are replaced but not yet deleted are left out.
 */
export function readResources(events: readonly EngineEvent[]): ReadResource[] {
  const found = new Map<string, ReadResource>();
  for (const { resOutputsEvent } of events) {
    if (resOutputsEvent?.metadata.op !== "refresh") continue;
    const { urn, type, old, new: after } = resOutputsEvent.metadata;
    if (old === undefined || old === null || old.external === true || old.delete === true) continue;
    // The engine may read a resource again for the plan. The state is the one before the first read.
    const first = found.get(urn);
    const before = first?.old ?? old.outputs ?? {};
    found.set(urn, { urn, type, id: old.id ?? "", old: before, observed: after ? (after.outputs ?? {}) : undefined });
  }
  return [...found.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1));
}
