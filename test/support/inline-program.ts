import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { grpc } from "../../provider/runtime/sdk-packages";

/** A program that runs in this process. */
export interface InlineProgram {
  /** The flags for each command that runs the program. */
  readonly flags: readonly string[];
  stop(): void;
}

/**
 * Lets the engine run a function as its program, like an inline program of the Automation API. The SDK's language server replaces
 * the language host, which can lack features of the engine if it is older.
 */
export async function serveProgram(program: () => Promise<void>): Promise<InlineProgram> {
  const { grpcClientOptions } = require("@pulumi/pulumi/runtime/settings") as {
    grpcClientOptions: Record<string, unknown>;
  };
  // gRPC shares connections within a process by their address. If an engine was killed and the next one gets its port, the shared
  // one counts as broken, and the SDK ends the program as if it had declared nothing.
  grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;
  // The SDK exports no types for this module.
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
