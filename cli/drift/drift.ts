import { statSync } from "node:fs";
import type { OthersMode } from "../arguments";
import { CommandError } from "../errors";
import { compare } from "./compare";
import { createMask } from "./mask";
import { type DriftReport, formatVersion } from "./report";
import { runPreview } from "./run-preview";
import { renderReport } from "./text";

export interface DriftOptions {
  /** The stack; left out, the one that is selected. */
  readonly stack?: string;
  /** The project's folder. */
  readonly cwd: string;
  readonly isJson: boolean;
  readonly others: OthersMode;
  /** The Pulumi CLI: a path, or a name on PATH. */
  readonly pulumi: string;
  /** Further flags of `pulumi preview`. */
  readonly forPulumi: readonly string[];
}

/** What a command needs of its process. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * Looks for drift, and prints what there is; answers with the exit code: 0 for none, 2 for drift, 1 where it cannot be
 * told. Neither the stack's state nor the platform is changed: all that runs is `pulumi preview --refresh`.
 */
export async function drift(options: DriftOptions, { env, stdout, stderr }: Surroundings): Promise<number> {
  let mask = createMask(env, undefined);
  try {
    if (statSync(options.cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new CommandError(`${options.cwd} is no folder`);
    }
    const run = await runPreview(options, env);
    mask = createMask(env, run.config["onvera:apiKey"]);
    for (const warning of run.warnings) stderr.write(mask(`warning: ${warning}\n`));
    if (run.failure !== undefined) throw new CommandError(`it cannot be told whether there is drift: ${run.failure}`);
    const report = compare(run.events, options.others);
    stdout.write(mask(options.isJson ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report)));
    return exitCodeOf(report);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const message = mask(error.message);
    if (options.isJson) stdout.write(`${JSON.stringify({ formatVersion, error: message }, null, 2)}\n`);
    stderr.write(`pulumi-onvera drift: ${message}\n`);
    return 1;
  }
}

function exitCodeOf({ drift: hasDrift }: DriftReport): number {
  return hasDrift ? 2 : 0;
}
