import { CommandError, requireFolder } from "../errors";
import { createMask } from "../mask";
import { displayJson, displayLines, listMessages, messageLines } from "../output";
import { PulumiCli } from "../pulumi";
import type { StackOptions } from "../stack";
import type { Surroundings } from "../surroundings";
import { compare, type OthersMode, unreadDeployments } from "./compare";
import { type DriftReport, formatVersion } from "./report";
import { runPreview } from "./run-preview";
import { renderReport } from "./text";

export interface DriftOptions extends StackOptions {
  readonly isJson: boolean;
  readonly others: OthersMode;
  /** Further flags of `pulumi preview`. */
  readonly forPulumi: readonly string[];
}

/**
 * Prints the drift, and returns the exit code: 0 for none, 2 for drift, 1 if drift cannot be determined. Changes neither
 * the stack's state nor the platform: it runs `pulumi preview --refresh` and `pulumi stack export`.
 */
export async function drift(options: DriftOptions, { env, stdout, stderr }: Surroundings): Promise<number> {
  let mask = createMask(env, undefined);
  try {
    requireFolder(options.cwd);
    const { pulumi: command, cwd, stack } = options;
    const run = await runPreview(new PulumiCli({ command, cwd, env, stack }), options.forPulumi);
    mask = createMask(env, run.config["onvera:apiKey"]);
    for (const line of messageLines(run.warnings)) stderr.write(mask(`warning: ${line}\n`));
    if (run.state === undefined) throw undetermined(run.failure ?? "the state is not known");
    const unread = unreadDeployments(run.events, run.state);
    if (unread.length > 0) {
      const reason = "the preview did not read every deployment of the state; run this again";
      throw undetermined(`${reason}. Not read: ${listMessages(unread)}`);
    }
    const report = compare(run.events, { others: options.others, state: run.state });
    stdout.write(mask(options.isJson ? `${displayJson(report)}\n` : renderReport(report)));
    return exitCodeOf(report);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const message = mask(displayLines(error.message));
    if (options.isJson) stdout.write(`${displayJson({ formatVersion, error: message })}\n`);
    stderr.write(`pulumi-onvera drift: ${message}\n`);
    return 1;
  }
}

function undetermined(reason: string): CommandError {
  return new CommandError(`cannot determine whether there is drift: ${reason}`);
}

function exitCodeOf({ drift: hasDrift }: DriftReport): number {
  return hasDrift ? 2 : 0;
}
