import { typeInUrn } from "../../provider/runtime/engine-values";
import type { EngineEvent, StepMetadata } from "./events";
import type { Step } from "./report";

/** What `pulumi up` would do, according to the second half of the preview. */
export interface Plan {
  readonly stack: { readonly project: string; readonly stack: string };
  /** Every resource that would change. */
  readonly changed: readonly { readonly urn: string; readonly type: string; readonly up: Step }[];
  stepFor(urn: string): Step;
  /** The properties that the engine names as the reason for the step. */
  reasonsFor(urn: string): readonly string[];
}

interface Planned {
  readonly urn: string;
  readonly type: string;
  up: Step;
  readonly reasons: Set<string>;
}

/** True if the engine started to plan, and so had read every resource before. */
export function hasPlan(events: readonly EngineEvent[]): boolean {
  return events.some(({ resourcePreEvent }) => resourcePreEvent !== undefined && isPlanned(resourcePreEvent.metadata));
}

export function readPlan(events: readonly EngineEvent[]): Plan {
  const planned = new Map<string, Planned>();
  let anyUrn = "";
  for (const { resourcePreEvent, diagnosticEvent } of events) {
    if (resourcePreEvent !== undefined) {
      const { metadata } = resourcePreEvent;
      anyUrn = metadata.urn;
      if (isPlanned(metadata)) addStep(planned, metadata);
    }
    const failed = diagnosticEvent?.severity === "error" ? diagnosticEvent.urn : undefined;
    if (failed) planned.set(failed, { ...plannedFor(planned, { urn: failed, type: typeInUrn(failed) }), up: "fail" });
  }
  const isComplete = events.some(({ summaryEvent }) => summaryEvent?.result !== "failed" && summaryEvent !== undefined);
  return {
    stack: stackOf(anyUrn),
    changed: [...new Set(planned.values())].filter(({ up }) => up !== "nothing"),
    stepFor: (urn) => planned.get(urn)?.up ?? (isComplete ? "nothing" : "unknown"),
    reasonsFor: (urn) => [...(planned.get(urn)?.reasons ?? [])],
  };
}

function addStep(planned: Map<string, Planned>, { op, urn, type, old, keys, diffs }: StepMetadata): void {
  const entry = plannedFor(planned, { urn, type });
  const up = stepOf(op);
  // A replacement is three steps. After a failure, the engine still plans further steps of the resource.
  if (entry.up === "nothing") entry.up = up;
  for (const key of [...(keys ?? []), ...(diffs ?? [])]) entry.reasons.add(key);
  planned.set(urn, entry);
  // With an alias, the state and the refresh have the resource under its former URN.
  if (old?.urn) planned.set(old.urn, entry);
}

function plannedFor(planned: ReadonlyMap<string, Planned>, { urn, type }: Pick<Planned, "urn" | "type">): Planned {
  return planned.get(urn) ?? { urn, type, up: "nothing", reasons: new Set() };
}

function isPlanned({ op }: StepMetadata): boolean {
  return op !== "refresh";
}

function stepOf(op: string): Step {
  if (/replace/.test(op)) return "replace";
  if (op === "create" || op === "import") return "create";
  if (op === "update" || op === "delete") return op;
  return "nothing";
}

/** `urn:pulumi:STACK::PROJECT::TYPE::NAME` */
function stackOf(urn: string): { project: string; stack: string } {
  const [first = "", project = ""] = urn.split("::");
  return { project, stack: first.slice("urn:pulumi:".length) };
}
