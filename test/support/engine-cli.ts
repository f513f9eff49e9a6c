import { type FoundPulumi, findPulumi } from "../../scripts/pulumi/find";
import { createReporter } from "../../scripts/pulumi/progress";

let found: Promise<FoundPulumi> | undefined;

/** The CLI that engine tests run; looked for, and if need be prepared, once per process. */
export function engineCli(): Promise<FoundPulumi> {
  found ??= findPulumi({ languages: ["nodejs", "yaml"], reporter: createReporter({ stream: process.stderr }) });
  return found;
}

/**
 * Called by mocha once before the first test (`require` in mocharc.engine.json), also when it runs files in parallel: preparing a
 * CLI may take minutes, which no test's timeout allows for.
 */
export async function mochaGlobalSetup(): Promise<void> {
  const { binary, version, source } = await engineCli();
  process.stderr.write(`engine tests run Pulumi v${version} (${source}: ${binary})\n`);
}
