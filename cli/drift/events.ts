import { z } from "zod";
import { nameInUrn } from "../../provider/runtime/engine-values";

/*
 * The events that the Pulumi CLI prints, one on each line. The Automation API of every Pulumi SDK reads the same events, but
 * its types do not have `external`. Source: https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype#EngineEvent
 */

const stateSchema = z.object({
  urn: z.string().optional(),
  id: z.string().optional(),
  /** The resource is replaced, but not deleted yet. */
  delete: z.boolean().optional(),
  /** The program only reads the resource. */
  external: z.boolean().optional(),
  outputs: z.record(z.string(), z.unknown()).nullish(),
});

const metadataSchema = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: stateSchema.nullish(),
  new: stateSchema.nullish(),
  /** The properties that cause a replacement. */
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

/** The events of a log, in order. Leaves out lines that are incomplete or of an unknown form. */
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

/** The messages for the user, each once, with the name of the resource that they are about. */
export function messagesOf(events: readonly EngineEvent[], severity: "error" | "warning"): string[] {
  const messages = events.flatMap(({ diagnosticEvent: event }) => {
    if (event === undefined || event.severity !== severity || event.ephemeral === true) return [];
    const name = nameInUrn(event.urn ?? "");
    const message = event.message.trim();
    return [name === "" ? message : `${name}: ${message}`];
  });
  return [...new Set(messages)];
}

/** Why the command failed, without the engine's last line, which gives no reason. */
export function errorsOf(events: readonly EngineEvent[]): string[] {
  return messagesOf(events, "error").filter((message) => !/^(?:preview|update) failed$/.test(message));
}
