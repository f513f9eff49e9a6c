import { existsSync, readFileSync } from "node:fs";

/** One line of the CLI's `--event-log`; only what tests look at. */
export interface EngineEvent {
  sequence: number;
  timestamp: number;
  diagnosticEvent?: { urn?: string; prefix?: string; message: string; severity: string; ephemeral?: boolean };
  resourcePreEvent?: { metadata: StepMetadata; planning?: boolean };
  resOutputsEvent?: { metadata: StepMetadata; planning?: boolean };
  resOpFailedEvent?: { metadata: StepMetadata; status: number; steps: number };
  summaryEvent?: { resourceChanges: Record<string, number>; isPreview?: boolean; result?: string };
}

export interface StepMetadata {
  op: string;
  urn: string;
  type: string;
  old?: StepState | null;
  new?: StepState | null;
  /** The properties that make the engine replace. */
  keys?: string[] | null;
  diffs?: string[] | null;
}

export interface StepState {
  id: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

/** The events of one run, in order. A line that a killed CLI left unfinished is dropped. */
export function readEvents(file: string): EngineEvent[] {
  if (!existsSync(file)) {
    return [];
  }
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as EngineEvent];
      } catch {
        return [];
      }
    });
}

/**
 * What the engine set out to do with each resource, by its name: `{ etl: ["create-replacement", "replace", "delete-replaced"] }`.
 * Looking first at what there is (`refresh`) does not count: one door asks for that before each run, another does not.
 */
export function stepsByResource(events: readonly EngineEvent[]): Record<string, string[]> {
  const steps: Record<string, string[]> = {};
  for (const { resourcePreEvent } of events) {
    if (resourcePreEvent === undefined || isEngineOwn(resourcePreEvent.metadata.type)) {
      continue;
    }
    const { urn, op } = resourcePreEvent.metadata;
    if (op === "refresh") {
      continue;
    }
    const name = urn.slice(urn.lastIndexOf("::") + 2);
    steps[name] = [...(steps[name] ?? []), op];
  }
  return steps;
}

/** How often each kind of step came: `{ create: 1, same: 2 }`. The stack, its seed and providers, which come with every program, do not count. */
export function countSteps(events: readonly EngineEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const op of Object.values(stepsByResource(events)).flat()) {
    counts[op] = (counts[op] ?? 0) + 1;
  }
  return counts;
}

/** What was said to the person, oldest first; `debug` and passing status lines only on request. */
export function messages(
  events: readonly EngineEvent[],
  { severities = ["info", "warning", "error", "info#err"] } = {},
) {
  return events.flatMap(({ diagnosticEvent: said }) =>
    said !== undefined && severities.includes(said.severity) && said.ephemeral !== true ? [said.message.trimEnd()] : [],
  );
}

function isEngineOwn(type: string): boolean {
  return type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:") || type.endsWith(":Seed");
}
