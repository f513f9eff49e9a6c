import { readPluginArguments, usage } from "./arguments";
import { guardProcess } from "./process";

/** Runs the provider: prints its port to stdout, and serves until the engine ends it. */
async function runProvider(engineAddress: string | undefined): Promise<void> {
  const { serve } = require("./server") as typeof import("./server");
  let calls: import("./calls").ProviderCalls | undefined;
  const load = () => {
    const { ProviderCalls } = require("./calls") as typeof import("./calls");
    calls = new ProviderCalls(engineAddress);
    return calls;
  };
  const announce = guardProcess({
    engineAddress,
    warn: (message) => (calls ?? load()).warn(message),
    stop: async () => {
      calls?.cancel();
      await server.stop();
    },
  });
  // Not started by an engine: engines connect to its port through the environment variable PULUMI_DEBUG_PROVIDERS.
  const server = await serve(load, { servesSeveralRuns: engineAddress === undefined });
  announce(server.port);
}

async function main(args: readonly string[]): Promise<void> {
  const command = readPluginArguments(args);
  switch (command.name) {
    case "serve":
      return runProvider(command.engineAddress);
    case "import-file": {
      const { printImportFile } = require("./import-file") as typeof import("./import-file");
      return printImportFile(command.exportFile);
    }
    case "help":
      process.stdout.write(usage);
      return;
    case "invalid":
      process.stderr.write(usage);
      process.exitCode = 1;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { PlatformError } = require("../api/errors") as typeof import("../api/errors");
  console.error(error instanceof PlatformError ? error.message : error);
  process.exitCode = 1;
});
