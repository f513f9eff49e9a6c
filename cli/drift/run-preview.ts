import { recordedStateWarning } from "../../provider/deployment/errors";
import { listMessages } from "../output";
import type { Ended, PulumiCli } from "../pulumi";
import { readState, type StackState } from "../stack";
import { type EngineEvent, errorsOf, messagesOf, readEvents } from "./events";
import { hasPlan } from "./plan";

export interface PreviewRun {
  readonly events: readonly EngineEvent[];
  /** The stack's configuration, with secrets masked. */
  readonly config: Readonly<Record<string, string>>;
  /** Warnings of the engine and the providers. */
  readonly warnings: readonly string[];
  /** Absent if the preview failed. */
  readonly state?: StackState;
  /** Why drift cannot be determined. Absent if the preview read the resources and `state` is known. */
  readonly failure?: string;
}

/**
 * Runs `pulumi preview --refresh`: the engine reads each resource at its platform, then runs the program and reports what
 * it would do. The events are read from stdout, so that no state values are written to a file. A preview does not report
 * pending operations, so `pulumi stack export` follows. Throws `CommandError` if the CLI cannot be started.
 *
 * Pulumi's Automation API would select the stack for the user as well, and its `preview` does not take every flag of the CLI.
 */
export async function runPreview(pulumi: PulumiCli, forPulumi: readonly string[]): Promise<PreviewRun> {
  const preview = await previewEvents(pulumi, ["--refresh", ...forPulumi]);
  const { events } = preview;
  const outcome = {
    events,
    config: Object.assign({}, ...events.map(({ preludeEvent }) => preludeEvent?.config ?? {})),
    warnings: messagesOf(events, "warning"),
  };
  const failure = failureOf(pulumi, preview);
  if (failure !== undefined) return { ...outcome, failure };
  const exported = await pulumi.runOnStack(["stack", "export"]);
  const state = readState(exported);
  if (state !== undefined) return { ...outcome, state };
  return { ...outcome, failure: pulumi.failureText("stack export", exported) };
}

/** Runs `pulumi preview`, and reads its events. */
export async function previewEvents(pulumi: PulumiCli, flags: readonly string[]) {
  const env = { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true", ONVERA_PREFLIGHT: "off" };
  const ended = await pulumi.runOnStack(["preview", "--json", ...flags], { env });
  return { ended, events: readEvents(ended.stdout) };
}

function failureOf(
  pulumi: PulumiCli,
  { events, ended }: { events: readonly EngineEvent[]; ended: Ended },
): string | undefined {
  const unread = messagesOf(events, "warning").filter((text) => text.includes(recordedStateWarning));
  if (unread.length > 0) return listMessages(unread);
  // An error after everything was read, such as the replacement of a protected deployment, does not hide the drift.
  if (!ended.wasInterrupted && hasPlan(events)) return undefined;
  const errors = errorsOf(events);
  return pulumi.failureText("preview --refresh", ended, errors.length > 0 ? [listMessages(errors)] : []);
}
