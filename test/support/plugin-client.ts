import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { ProviderCalls } from "../../provider/plugin/calls";
import { type RunningServer, serve } from "../../provider/plugin/server";
import { Empty, grpc, Struct } from "../../provider/runtime/sdk-packages";

export { proto };

type Callback<Response> = (error: Error | null, response: Response) => void;
type Json = Record<string, unknown>;

export const deploymentUrn = (name = "etl", type = "onvera:index:Deployment") =>
  `urn:pulumi:dev::project::${type}::${name}`;

/** A client for the plugin's server, which runs in this process. */
export class PluginClient {
  private constructor(
    private readonly server: RunningServer,
    private readonly client: ResourceProviderClient,
  ) {}

  static async start(
    load = () => new ProviderCalls(undefined),
    options?: Parameters<typeof serve>[1],
  ): Promise<PluginClient> {
    const server = await serve(load, options);
    const address = `127.0.0.1:${server.port}`;
    return new PluginClient(server, new ResourceProviderClient(address, grpc.credentials.createInsecure()));
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.server.stop();
  }

  configure(args: Json): Promise<proto.ConfigureResponse> {
    const request = new proto.ConfigureRequest().setArgs(struct(args)).setId("3f6b1e9c-0000-4000-8000-000000000000");
    return promised((done) => this.client.configure(request, done));
  }

  checkConfig(news: Json): Promise<proto.CheckResponse> {
    const request = new proto.CheckRequest().setUrn(deploymentUrn("default", "pulumi:providers:onvera"));
    return promised((done) => this.client.checkConfig(request.setNews(struct(news)), done));
  }

  diffConfig(olds: Json, news: Json): Promise<proto.DiffResponse> {
    const request = new proto.DiffRequest().setOldInputs(struct(olds)).setNews(struct(news));
    return promised((done) => this.client.diffConfig(request, done));
  }

  check(
    news: Json,
    {
      olds = {},
      urn = deploymentUrn(),
      seed = "",
      autonaming,
    }: {
      olds?: Json;
      urn?: string;
      seed?: string;
      autonaming?: { mode: "PROPOSE" | "ENFORCE" | "DISABLE"; proposedName?: string };
    } = {},
  ): Promise<proto.CheckResponse> {
    const request = new proto.CheckRequest().setUrn(urn).setOlds(struct(olds)).setNews(struct(news));
    request.setRandomseed(Buffer.from(seed));
    if (autonaming !== undefined) {
      const { AutonamingOptions } = proto.CheckRequest;
      const options = new AutonamingOptions().setMode(AutonamingOptions.Mode[autonaming.mode]);
      request.setAutonaming(options.setProposedName(autonaming.proposedName ?? ""));
    }
    return promised((done) => this.client.check(request, done));
  }

  diff(
    olds: Json,
    news: Json,
    { ignoreChanges = [] as string[], urn = deploymentUrn() } = {},
  ): Promise<proto.DiffResponse> {
    const request = new proto.DiffRequest().setId("dep_1").setUrn(urn);
    request.setOlds(struct(olds)).setNews(struct(news)).setIgnorechangesList(ignoreChanges);
    return promised((done) => this.client.diff(request, done));
  }

  create(properties: Json, { preview = false, urn = deploymentUrn() } = {}): Promise<proto.CreateResponse> {
    const request = new proto.CreateRequest().setUrn(urn).setProperties(struct(properties));
    return promised((done) => this.client.create(request.setPreview(preview), done));
  }

  read(id: string, properties: Json, { urn = deploymentUrn() } = {}): Promise<proto.ReadResponse> {
    const request = new proto.ReadRequest().setId(id).setUrn(urn).setProperties(struct(properties));
    return promised((done) => this.client.read(request, done));
  }

  delete(id: string, properties: Json, { urn = deploymentUrn() } = {}): Promise<unknown> {
    const request = new proto.DeleteRequest().setId(id).setUrn(urn).setProperties(struct(properties));
    return promised((done) => this.client.delete(request, done));
  }

  update(olds: Json, news: Json, { preview = false } = {}): Promise<proto.UpdateResponse> {
    const request = new proto.UpdateRequest().setId("dep_1").setUrn(deploymentUrn()).setPreview(preview);
    return promised((done) => this.client.update(request.setOlds(struct(olds)).setNews(struct(news)), done));
  }

  invoke(token: string, args: Json): Promise<proto.InvokeResponse> {
    const request = new proto.InvokeRequest().setTok(token).setArgs(struct(args));
    return promised((done) => this.client.invoke(request, done));
  }

  getSchema(version: number, subpackage = ""): Promise<proto.GetSchemaResponse> {
    const request = new proto.GetSchemaRequest().setVersion(version).setSubpackageName(subpackage);
    return promised((done) => this.client.getSchema(request, done));
  }

  getPluginInfo(): Promise<{ getVersion(): string }> {
    return promised((done) => this.client.getPluginInfo(new Empty(), done));
  }

  parameterize(): Promise<proto.ParameterizeResponse> {
    return promised((done) => this.client.parameterize(new proto.ParameterizeRequest(), done));
  }

  cancel(): Promise<unknown> {
    return promised((done) => this.client.cancel(new Empty(), done));
  }

  list(token: string, query: Json = {}): Promise<proto.ListResponse[]> {
    const request = new proto.ListRequest().setToken(token).setQuery(struct(query));
    return new Promise((resolve, reject) => {
      const responses: proto.ListResponse[] = [];
      this.client
        .list(request)
        .on("data", (response: proto.ListResponse) => responses.push(response))
        .on("end", () => resolve(responses))
        .on("error", reject);
    });
  }
}

/** `property: reason` for each. */
export function failuresOf(response: { getFailuresList(): proto.CheckFailure[] }): string[] {
  return response.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
}

/** The gRPC status, and the message that the engine shows. */
export async function errorOf(call: Promise<unknown>): Promise<{ code: string; details: string }> {
  try {
    await call;
  } catch (error) {
    const { code, details } = error as { code: number; details: string };
    return { code: grpc.status[code] ?? String(code), details };
  }
  return { code: "OK", details: "" };
}

function struct(values: Json) {
  return Struct.fromJavaScript(values as Parameters<typeof Struct.fromJavaScript>[0]);
}

function promised<Response>(call: (done: Callback<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}
