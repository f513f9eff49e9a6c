import { PlatformError } from "../../provider/api/errors";
import { CommandError, requireFolder } from "../errors";
import { createMask } from "../mask";
import { displayLines } from "../output";
import type { Surroundings } from "../surroundings";
import { type ImportOptions, importIntoProject } from "./steps";
import { UndoStack } from "./undo";

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Imports existing deployments into a stack, writes the program that declares them, and checks with a preview that nothing
 * differs. Returns the exit code: 0, or 1 if a step failed. After a failure, the state and the files are as before, or the
 * message names what is not.
 */
export async function importDeployments(
  options: ImportOptions,
  { env, stdout, stderr }: Surroundings,
): Promise<number> {
  const undo = new UndoStack();
  let mask = createMask(env, undefined);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  // The signal ends the Pulumi command that runs, but not this one, which reverts its steps first.
  for (const signal of stopSignals) process.on(signal, interrupt);
  try {
    requireFolder(options.cwd);
    const text = await importIntoProject(options, {
      env,
      undo,
      signal: interruption.signal,
      progress: (line) => stderr.write(mask(`${displayLines(line)}\n`)),
      onApiKey: (apiKey) => {
        mask = createMask(env, apiKey);
      },
    });
    stdout.write(mask(text));
    return 0;
  } catch (error) {
    const remaining = await undo.run();
    const isExpected = error instanceof CommandError || error instanceof PlatformError;
    const reason =
      isExpected || !(error instanceof Error)
        ? String(error instanceof Error ? error.message : error)
        : String(error.stack);
    const outcome =
      remaining.length === 0
        ? "Nothing was changed."
        : `These changes remain: ${remaining.map((each) => `\n  ${each}`).join("")}`;
    stderr.write(`pulumi-onvera import: ${mask(displayLines(`${reason}\n${outcome}`))}\n`);
    return 1;
  } finally {
    for (const signal of stopSignals) process.off(signal, interrupt);
  }
}
