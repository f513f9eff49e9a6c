import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { grpc } from "../../provider/plugin/sdk-packages";

/** A program that the engine runs in this process. */
export interface InlineProgram {
  /** For each command that runs the program. */
  readonly flags: readonly string[];
  stop(): void;
}

/**
 * Lets the engine run a function as its program, as the Automation API's inline programs do: with the SDK's own language
 * server instead of a language host, so that no feature of the engine is kept away by an older host in between.
 */
export async function serveProgram(program: () => Promise<void>): Promise<InlineProgram> {
  // The SDK exports no types for it.
  const { LanguageServer } = require("@pulumi/pulumi/automation/server") as {
    LanguageServer: new (program: () => Promise<void>) => Parameters<InstanceType<typeof grpc.Server>["addService"]>[1];
  };
  const server = new grpc.Server();
  const service = LanguageRuntimeService as unknown as Parameters<typeof server.addService>[0];
  server.addService(service, new LanguageServer(program));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    flags: [`--client=127.0.0.1:${port}`, "--exec-kind", "auto.inline"],
    stop: () => server.forceShutdown(),
  };
}
