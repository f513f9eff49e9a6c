import { existsSync, readFileSync } from "node:fs";

/** One line of the CLI's `--event-log`, with the properties that tests read. */
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
  /** The properties that cause a replacement. */
  keys?: string[] | null;
  diffs?: string[] | null;
}

export interface StepState {
  id: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

/** The events of one run, in order. An incomplete line of a killed CLI is dropped. */
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
 * The steps of each resource by its name: `{ etl: ["create-replacement", "replace", "delete-replaced"] }`. `refresh` does not
 * count, because only the provider plugin refreshes before each run.
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

/** The number of steps of each kind: `{ create: 1, same: 2 }`. The stack, its seed and its providers do not count. */
export function countSteps(events: readonly EngineEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const op of Object.values(stepsByResource(events)).flat()) {
    counts[op] = (counts[op] ?? 0) + 1;
  }
  return counts;
}

/** The messages to the user, oldest first. `debug` messages only on request; status lines never. */
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
