import { z } from "zod";
import { nameInUrn } from "../../provider/runtime/engine-values";

/*
 * What `--event-log` of the Pulumi CLI writes: one event a line, in the form of the engine's API. The automation API of
 * every Pulumi SDK reads the same file. Source: https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype#EngineEvent
 */

const stateSchema = z.object({
  urn: z.string().optional(),
  id: z.string().optional(),
  /** It was replaced already, and is still to be deleted. */
  delete: z.boolean().optional(),
  /** The program only reads it. */
  external: z.boolean().optional(),
  outputs: z.record(z.string(), z.unknown()).nullish(),
});

const metadataSchema = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: stateSchema.nullish(),
  new: stateSchema.nullish(),
  /** The properties for which it is replaced. */
  keys: z.array(z.string()).nullish(),
  diffs: z.array(z.string()).nullish(),
});

const eventSchema = z.object({
  preludeEvent: z.object({ config: z.record(z.string(), z.string()).nullish() }).optional(),
  diagnosticEvent: z
    .object({
      urn: z.string().optional(),
      message: z.string(),
      severity: z.string(),
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  resourcePreEvent: z.object({ metadata: metadataSchema }).optional(),
  resOutputsEvent: z.object({ metadata: metadataSchema }).optional(),
  summaryEvent: z.object({ result: z.string().optional() }).optional(),
});

export type StepMetadata = z.infer<typeof metadataSchema>;
export type EngineEvent = z.infer<typeof eventSchema>;

/** The events of a log, in order. A line that was cut off, or is of a form that is not known, is left out. */
export function readEvents(log: string): EngineEvent[] {
  return log.split("\n").flatMap((line) => {
    try {
      const { success, data } = eventSchema.safeParse(JSON.parse(line));
      return success ? [data] : [];
    } catch {
      return [];
    }
  });
}

/** What was said to the person, each once; with the resource's name where it was said of one. */
export function messagesOf(events: readonly EngineEvent[], severity: "error" | "warning"): string[] {
  const said = events.flatMap(({ diagnosticEvent: event }) => {
    if (event === undefined || event.severity !== severity || event.ephemeral === true) return [];
    const name = nameInUrn(event.urn ?? "");
    const message = event.message.trim();
    return [name === "" ? message : `${name}: ${message}`];
  });
  return [...new Set(said)];
}

/** Why the preview failed, without the engine's last line, which says that it did. */
export function errorsOf(events: readonly EngineEvent[]): string[] {
  return messagesOf(events, "error").filter((message) => message !== "preview failed");
}
