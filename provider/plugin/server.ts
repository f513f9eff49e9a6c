import type { ServerWritableStream, sendUnaryData, UntypedServiceImplementation } from "@grpc/grpc-js";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { Empty as EmptyMessage } from "google-protobuf/google/protobuf/empty_pb";
import { Empty, grpc } from "../runtime/sdk-packages";
import { readPackageVersion } from "../version";

/** Loaded on demand, because it loads more slowly than the server. */
export type ProviderCalls = import("./calls").ProviderCalls;

export interface RunningServer {
  readonly port: number;
  /** Accepts no new calls, and resolves when the running ones have ended. */
  stop(): Promise<void>;
}

type UnaryCall<Request> = { readonly request: Request };

/** The engine's own limit. */
const maxMessageBytes = 400 * 1024 * 1024;

/**
 * Serves the provider protocol on a free port of this machine. `load` is called for each run: one, unless the process
 * `servesSeveralRuns`.
 */
export async function serve(load: () => ProviderCalls, { servesSeveralRuns = false } = {}): Promise<RunningServer> {
  let loaded: ProviderCalls | undefined;
  let engineAddress: string | undefined;
  let hasBegun = false;
  let isCanceled = false;
  /**
   * Discards the state of the previous run, which the engine has ended with a cancellation. Call it for each request that can open
   * a run.
   */
  const beginRun = (): void => {
    if (servesSeveralRuns && hasBegun && isCanceled) {
      loaded = undefined;
      isCanceled = false;
    }
    hasBegun = true;
  };
  const calls = (): ProviderCalls => {
    if (loaded === undefined) {
      loaded = load();
      if (engineAddress !== undefined) loaded.attach(engineAddress);
      if (isCanceled) loaded.cancel();
    }
    return loaded;
  };
  const attach = (address: string): void => {
    engineAddress = address;
    loaded?.attach(address);
  };

  function unary<Request, Response>(handle: (request: Request) => Response | Promise<Response>) {
    return ({ request }: UnaryCall<Request>, callback: sendUnaryData<Response>): void => {
      Promise.resolve()
        .then(() => handle(request))
        .finally(() => loaded?.flush())
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(calls().serviceError(error, request)),
        );
    };
  }
  function opening<Request, Response>(handle: (request: Request) => Response | Promise<Response>) {
    return unary((request: Request) => {
      beginRun();
      return handle(request);
    });
  }
  const missing = (method: string) =>
    unary(() => {
      throw calls().unimplemented(method);
    });

  const implementation: UntypedServiceImplementation = {
    handshake: unary((request: proto.ProviderHandshakeRequest) => {
      attach(request.getEngineAddress());
      const response = new proto.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    attach: unary((request: plugin.PluginAttach) => {
      attach(request.getAddress());
      return new Empty();
    }),
    getPluginInfo: unary((_: EmptyMessage) => new plugin.PluginInfo().setVersion(readPackageVersion())),
    parameterize: missing("Parameterize"),
    construct: missing("Construct"),
    call: missing("Call"),
    getMapping: unary((_: proto.GetMappingRequest) => new proto.GetMappingResponse()),
    getMappings: unary((_: proto.GetMappingsRequest) => new proto.GetMappingsResponse()),
    getSchema: unary((request: proto.GetSchemaRequest) => {
      // Loaded alone: before each run of a YAML program, the engine starts a process only for the schema.
      const { getSchema } = require("./get-schema") as typeof import("./get-schema");
      return getSchema(request);
    }),
    checkConfig: opening((request: proto.CheckRequest) => calls().checkConfig(request)),
    diffConfig: opening((request: proto.DiffRequest) => calls().diffConfig(request)),
    configure: opening((request: proto.ConfigureRequest) => calls().configure(request)),
    invoke: unary((request: proto.InvokeRequest) => calls().invoke(request)),
    check: unary((request: proto.CheckRequest) => calls().check(request)),
    diff: unary((request: proto.DiffRequest) => calls().diff(request)),
    create: unary((request: proto.CreateRequest) => calls().create(request)),
    read: unary((request: proto.ReadRequest) => calls().read(request)),
    update: unary((request: proto.UpdateRequest) => calls().update(request)),
    delete: unary(async (request: proto.DeleteRequest) => {
      await calls().delete(request);
      return new Empty();
    }),
    list: (stream: ServerWritableStream<proto.ListRequest, proto.ListResponse>) => {
      Promise.resolve()
        .then(() => calls().list(stream.request))
        .then(
          (responses) => {
            for (const response of responses) stream.write(response);
            stream.end();
          },
          (error: unknown) => stream.emit("error", calls().serviceError(error, stream.request)),
        );
    },
    cancel: unary((_: EmptyMessage) => {
      isCanceled = true;
      loaded?.cancel();
      return new Empty();
    }),
  };

  const server = new grpc.Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    // Statistics of each call for a debugging service that this server does not offer.
    "grpc.enable_channelz": 0,
  });
  server.addService(ResourceProviderService as unknown as Parameters<typeof server.addService>[0], implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const stop = () => new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  return { port, stop };
}
