import { guardProcess } from "./process";
import { serve } from "./server";

/** Runs the provider: prints its port, which is all that stdout is for, and serves until the engine ends it. */
async function main(): Promise<void> {
  let calls: import("./calls").ProviderCalls | undefined;
  const load = () => {
    const { ProviderCalls } = require("./calls") as typeof import("./calls");
    calls ??= new ProviderCalls(process.argv[2]);
    return calls;
  };
  const announce = guardProcess({
    warn: (message) => load().warn(message),
    stop: async () => {
      calls?.cancel();
      await server.stop();
    },
  });
  const server = await serve(load);
  announce(server.port);
  // While the engine connects, what the first calls need is loaded.
  setImmediate(load);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
