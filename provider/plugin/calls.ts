import type { ServiceError } from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { Struct as StructMessage } from "google-protobuf/google/protobuf/struct_pb";
import { defaultCallMs } from "../call-context";
import { systemClock } from "../clock";
import { RequestError, type ResourceHandler, unknownValue } from "../resource-handler";
import { resources } from "../resources";
import type { Connection } from "../runtime/connect";
import { explicitProviderOf, nameInUrn, typeInUrn } from "../runtime/engine-values";
import { checkConfig, inputsToKeep } from "./config";
import { toFailure, toServiceError } from "./errors";
import { checkArgs, functions } from "./functions";
import { listDeployments } from "./list";
import { originOfConfig, PluginRuntime } from "./plugin-runtime";
import { ResourceCalls } from "./resource-calls";
import { fromEngine, toEngine } from "./values";

/** The calls of the provider protocol that need more than the schema. `serviceError` converts what they throw. */
export class ProviderCalls {
  readonly #runtime: PluginRuntime;
  readonly #resources: ReadonlyMap<string, ResourceCalls>;

  /** `types` are the resource types to serve, by type token. */
  constructor(
    engineAddress: string | undefined,
    types: Readonly<Record<string, ResourceHandler<Connection>>> = resources,
  ) {
    const runtime = new PluginRuntime(engineAddress);
    this.#runtime = runtime;
    this.#resources = new Map(
      Object.entries(types).map(([type, handler]) => [type, new ResourceCalls(handler, runtime)]),
    );
  }

  attach(engineAddress: string): void {
    this.#runtime.attach(engineAddress);
  }

  checkConfig(request: proto.CheckRequest): proto.CheckResponse {
    const { values, secrets } = fromEngine(request.getNews());
    const response = new proto.CheckResponse();
    const { values: olds } = fromEngine(request.getOlds());
    // The key is secret in the state, even if the program or the configuration does not mark it as one.
    const kept = inputsToKeep(olds, values, originOfConfig(values));
    response.setInputs(toEngine(kept, [...secrets, "apiKey"]));
    this.#runtime.isConfigChanged = Object.keys(olds).length > 0 && changedKeys(olds, kept).length > 0;
    this.#runtime.explicitProvider = explicitProviderOf(request.getUrn());
    return response.setFailuresList(checkConfig(values).map(toFailure));
  }

  /** No change of the configuration replaces the provider, because that would replace all its deployments. */
  diffConfig(request: proto.DiffRequest): proto.DiffResponse {
    const { values: olds } = fromEngine(request.getOldInputs() ?? request.getOlds());
    const { values: news } = fromEngine(request.getNews());
    const changed = changedKeys(olds, news);
    // Before `Configure`, the engine compares a provider with itself; after it, with the earlier provider of a resource.
    // The default provider of another version is no other provider to the user, so its resources have not moved. The request does not
    // tell which one it was.
    const isExplicit = explicitProviderOf(request.getUrn()) !== undefined;
    if (changed.length > 0) this.#runtime.expectMove(isExplicit ? "yes" : "possibly");
    const response = new proto.DiffResponse();
    const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
    response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
    response.setDiffsList(changed);
    return response;
  }

  configure(request: proto.ConfigureRequest): proto.ConfigureResponse {
    const { values } = fromEngine(request.getArgs() ?? legacyVariables(request));
    this.#runtime.configure(values, request.getId() || undefined);
    // A process that has refreshed resources gets no `CheckConfig`.
    const urn = request.getUrn() ?? "";
    this.#runtime.explicitProvider ??= explicitProviderOf(urn);
    // `pulumi do --stateless` gives the provider no name.
    this.#runtime.hasState = urn === "" || nameInUrn(urn) !== "";
    const response = new proto.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setAcceptresources(true);
    response.setSupportspreview(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  }

  async invoke(request: proto.InvokeRequest): Promise<proto.InvokeResponse> {
    const token = request.getTok();
    const called = Object.hasOwn(functions, token) ? functions[token] : undefined;
    if (called === undefined) {
      const known = Object.keys(functions).join(", ");
      throw new RequestError(`"${token}" is not a function of the onvera provider; it has ${known}`);
    }
    const { values } = fromEngine(request.getArgs());
    const response = new proto.InvokeResponse();
    const failures = checkArgs(called, values);
    if (failures.length > 0) return response.setFailuresList(failures.map(toFailure));
    const { client } = this.#runtime.connect();
    const { signal } = this.#runtime;
    response.setReturn(toEngine(await called.call(client, values as Record<string, string>, { signal })));
    return response;
  }

  check(request: proto.CheckRequest): proto.CheckResponse {
    return this.#resource(request).check(request);
  }

  async diff(request: proto.DiffRequest): Promise<proto.DiffResponse> {
    return this.#resource(request).diff(request);
  }

  async create(request: proto.CreateRequest): Promise<proto.CreateResponse> {
    return this.#resource(request).create(request);
  }

  async read(request: proto.ReadRequest): Promise<proto.ReadResponse> {
    return this.#resource(request).read(request);
  }

  async update(request: proto.UpdateRequest): Promise<proto.UpdateResponse> {
    return this.#resource(request).update(request);
  }

  async delete(request: proto.DeleteRequest): Promise<void> {
    return this.#resource(request).delete(request);
  }

  async list(request: proto.ListRequest): Promise<proto.ListResponse[]> {
    this.#resourceOfType(request.getToken());
    const { values: query } = fromEngine(request.getQuery());
    const { signal } = this.#runtime;
    const page = await listDeployments(
      this.#runtime.connect().client,
      {
        query,
        limit: request.getLimit(),
        pageSize: request.getPageSize(),
        continuationToken: request.getContinuationToken(),
        heldIds: this.#runtime.knownIds,
      },
      { signal, deadline: systemClock.now() + defaultCallMs },
    );
    const { Computed, Continuation, Result } = proto.ListResponse;
    if (page === "computed") return [new proto.ListResponse().setComputed(new Computed())];
    const responses = page.results.map(({ id, name }) =>
      new proto.ListResponse().setResult(new Result().setId(id).setName(name)),
    );
    if (page.continuationToken !== undefined) {
      const continuation = new Continuation().setContinuationToken(page.continuationToken);
      responses.push(new proto.ListResponse().setContinuation(continuation));
    }
    return responses;
  }

  cancel(): void {
    this.#runtime.cancel();
  }

  unimplemented(method: string): Error {
    return new RequestError(`${method} is not implemented by the onvera provider`, "unimplemented");
  }

  serviceError(error: unknown, request: unknown): Partial<ServiceError> {
    return toServiceError(error, {
      redact: (text) => this.#runtime.redact(text),
      refreshBeforeUpdate: this.#runtime.config.refreshBeforeUpdate,
      secrets: secretsOf(request),
    });
  }

  flush(): Promise<void> {
    return this.#runtime.flush();
  }

  /** Reports an error outside of a call. */
  warn(message: string): void {
    this.#runtime.warn(message);
  }

  #resource(request: { getType(): string; getUrn(): string }): ResourceCalls {
    // Engines before 3.150 send the type only as part of the URN: `urn:pulumi:stack::project::parent$type::name`.
    return this.#resourceOfType(request.getType() || typeInUrn(request.getUrn()));
  }

  #resourceOfType(type: string): ResourceCalls {
    const resource = this.#resources.get(type);
    if (resource !== undefined) return resource;
    const known = [...this.#resources.keys()].join(", ");
    throw new RequestError(`"${type}" is not a resource of the onvera provider; it has ${known}`);
  }
}

/** The names of the secret inputs of a create or an update. */
function secretsOf(request: unknown): ReadonlySet<string> | undefined {
  if (request instanceof proto.CreateRequest) return fromEngine(request.getProperties()).secrets;
  if (request instanceof proto.UpdateRequest) return fromEngine(request.getNews()).secrets;
  return undefined;
}

/** Ignores the provider's internal keys. */
function changedKeys(olds: Readonly<Record<string, unknown>>, news: Readonly<Record<string, unknown>>): string[] {
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
  return keys.filter((key) => !key.startsWith("__") && !isSame(olds[key], news[key]));
}

function isSame(old: unknown, now: unknown): boolean {
  return now !== unknownValue && JSON.stringify(old) === JSON.stringify(now);
}

/** Engines before 3.0 send only strings, with keys such as `onvera:config:apiKey`. */
function legacyVariables(request: proto.ConfigureRequest): StructMessage {
  const entries = [...request.getVariablesMap().entries()] as [string, string][];
  return toEngine(Object.fromEntries(entries.map(([key, value]) => [key.replace(/^onvera:config:/, ""), value])));
}
