/** The resource calls of the provider protocol: convert the request, call the handler, convert the result. */

import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { ApiError, SettingsError } from "../api/errors";
import { recordedStateWarning, withKeyHint, withMoveHint } from "../deployment/errors";
import { DeploymentNotVisibleError } from "../deployment/organization";
import {
  type Call,
  type CheckFailure,
  type ReadResult,
  RequestError,
  type ResourceHandler,
  readOnly,
  unknownValue,
  type Values,
} from "../resource-handler";
import type { Connection } from "../runtime/connect";
import { nameInUrn } from "../runtime/engine-values";
import type { ResourceCall } from "../runtime/failure-summary";
import { toFailure } from "./errors";
import type { PluginRuntime } from "./plugin-runtime";
import { fromEngine, toEngine } from "./values";

/**
 * Where the state of a dynamic resource keeps its code. The schema's alias passes such a state to this provider. An update, for
 * which no request is sent, migrates it. See docs/how-to-migrate.md.
 */
const dynamicCode = "__provider";

/** Serves one resource type. */
export class ResourceCalls {
  readonly #handler: ResourceHandler<Connection>;
  readonly #runtime: PluginRuntime;
  /** URNs of resources whose name the program omits. */
  readonly #unnamedUrns = new Set<string>();

  constructor(handler: ResourceHandler<Connection>, runtime: PluginRuntime) {
    this.#handler = handler;
    this.#runtime = runtime;
  }

  check(request: proto.CheckRequest): proto.CheckResponse {
    const { kind, nameInput } = this.#handler;
    const { names, seed } = this.#runtime;
    const { values: olds } = fromEngine(request.getOlds());
    const { values: given, secrets } = fromEngine(request.getNews());
    const urn = request.getUrn();
    // For a plugin, the engine keeps the timeouts, and passes them with each call.
    const { timeouts, ...news } = given;
    const failures: CheckFailure[] = [];
    if (timeouts !== undefined) {
      failures.push({ property: "timeouts", reason: `is not a property of a ${kind}; use the option customTimeouts` });
    }
    const oldName = nameInput === undefined ? undefined : olds[nameInput];
    const isNameOmitted = nameInput !== undefined && news[nameInput] === undefined;
    if (isNameOmitted) this.#unnamedUrns.add(urn);
    else this.#unnamedUrns.delete(urn);
    const naming = isNameOmitted && typeof oldName !== "string" ? request.getAutonaming() : undefined;
    const { PROPOSE, ENFORCE, DISABLE } = proto.CheckRequest.AutonamingOptions.Mode;
    const mode = naming?.getMode();
    const proposed = mode === PROPOSE || mode === ENFORCE ? naming?.getProposedName() : undefined;

    this.#runtime.declaredUrns.add(urn);
    names.record(urn, oldName);
    if (Object.keys(olds).length === 0) this.#runtime.plan(urn);
    const logicalName = logicalNameOf(request, kind);
    const checked = this.#handler.check({
      olds: nameInput === undefined ? olds : { [nameInput]: oldName },
      news: proposed && nameInput !== undefined ? { ...news, [nameInput]: proposed } : news,
      logicalName,
      autoName: () => names.nameFor({ urn, logicalName, seed }),
    });
    failures.push(...checked.failures);
    const inputs: Record<string, unknown> = { ...checked.inputs };
    if (mode === DISABLE && nameInput !== undefined) {
      failures.push({
        property: nameInput,
        reason: "is required: the project's pulumi:autonaming disables automatic names",
      });
      delete inputs[nameInput];
    }
    const response = new proto.CheckResponse();
    response.setInputs(toEngine(inputs, secrets));
    response.setFailuresList(failures.map(toFailure));
    return response;
  }

  /** Throws `DeploymentNotVisibleError` if the key does not see the resource's organization, so that nothing is changed. */
  async diff(request: proto.DiffRequest): Promise<proto.DiffResponse> {
    const urn = request.getUrn();
    const id = request.getId();
    const { values: news } = fromEngine(request.getNews());
    const ignored = new Set(request.getIgnorechangesList());
    const { [dynamicCode]: code, ...state } = stateOf(request.getOlds());
    if (state[readOnly] !== true) this.#hold(urn, id, state);
    const move = this.#runtime.takeMove();
    // A refresh calls `Diff` too, with the key of the state, for a resource that `Read` has warned about.
    const isDeclared = this.#runtime.declaredUrns.has(urn);
    const { origin } = this.#runtime;
    const isForeign = isDeclared && origin !== undefined && state["__origin"] !== origin;
    const call = {
      ...this.#call(request),
      observe: isForeign ? "visibility" : "none",
      isNameChosen: !this.#unnamedUrns.has(urn),
      isMoved: move === "yes",
    } as const;
    const difference = await this.#handler.diff(id, state, news, call).catch((error: unknown) => {
      throw move === "possibly" ? withMoveHint(error, urn) : error;
    });
    const replaces = difference.replaces.filter((key) => !ignored.has(key));
    const updates = difference.updates.filter((key) => !ignored.has(key));
    if (code !== undefined) updates.push(dynamicCode);
    if (isDeclared) {
      if (replaces.length === 0) this.#runtime.recordKept(urn, id);
      else this.#runtime.recordReplaced(id);
    }

    const response = new proto.DiffResponse();
    const { DiffChanges } = proto.DiffResponse;
    response.setChanges(replaces.length + updates.length > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
    response.setReplacesList(replaces);
    response.setDiffsList([...replaces, ...updates]);
    response.setStablesList([...this.#handler.stableOutputs]);
    response.setHasdetaileddiff(true);
    const { Kind } = proto.PropertyDiff;
    for (const key of replaces) setKind(response, key, Kind.UPDATE_REPLACE);
    for (const key of updates) setKind(response, key, key === dynamicCode ? Kind.DELETE : Kind.UPDATE);
    return response;
  }

  async create(request: proto.CreateRequest): Promise<proto.CreateResponse> {
    const { values, secrets } = fromEngine(request.getProperties());
    const urn = request.getUrn();
    const { config, names } = this.#runtime;
    const response = new proto.CreateResponse();
    response.setRefreshBeforeUpdate(config.refreshBeforeUpdate);
    if (request.getPreview()) {
      await this.#runtime.preflightIfKnown();
      response.setProperties(toEngine({ ...unknowns(this.#handler.createdOutputs), ...values }, secrets));
      return response;
    }
    const logicalName = logicalNameOf(request, this.#handler.kind);
    const adopt = Object.hasOwn(config.adopt, logicalName) ? config.adopt[logicalName] : undefined;
    const { nameInput } = this.#handler;
    const name = nameInput === undefined ? "" : String(values[nameInput]);
    const { id, outs } = await this.#runtime.run(this.#resourceCall("create", request), (onProgress) =>
      this.#handler.create(values, {
        ...this.#call(request),
        nameOwner: names.ownerOf(urn, name),
        isLaterName: (other, previousNames) => names.isLaterName(urn, name, other, previousNames),
        adopt,
        resource: urn,
        logicalName,
        explicitProvider: this.#runtime.explicitProvider,
        state: this.#runtime.stateFor(urn, adopt),
        timeoutMs: timeoutMsOf(request),
        onProgress,
      }),
    );
    response.setId(id);
    response.setProperties(toEngine(outs, secrets));
    return response;
  }

  async read(request: proto.ReadRequest): Promise<proto.ReadResponse> {
    const state = fromEngine(request.getProperties());
    const old = fromEngine(request.getInputs());
    const [id, urn] = [request.getId(), request.getUrn()];
    const isFirst = Object.keys(state.values).length === 0;
    const { kind, requiredInput } = this.#handler;
    // The engine sends no inputs for an import, and those of the program, mostly none, for a resource that it only reads (`get`).
    const isGet = state.values[readOnly] === true || (request.hasInputs() && old.values[requiredInput] === undefined);
    const isImport = isFirst && !isGet;
    const read = () =>
      this.#runtime.reportFor(urn, (onProgress) =>
        this.#handler.read(id, state.values, { ...this.#call(request), isGet, onProgress }),
      );
    const response = new proto.ReadResponse();
    let found: ReadResult | undefined;
    try {
      found = isImport ? await this.#runtime.import({ kind, urn, id }, read) : await read();
    } catch (error) {
      if (isFirst || !isAboutTheKey(error)) throw error;
      // The engine refreshes with the key that the state has. If that key was revoked or belongs to another organization, or the
      // state has none because it came from the environment, an error would stop the very run that brings the right key.
      this.#runtime.warn(`${recordedStateWarning}: ${error.message}`, urn);
      found = this.#handler.recorded(id, state.values);
    }
    // Without an id and properties: it does not exist.
    if (found === undefined) return response;
    if (isImport && found.importWarning !== undefined) this.#runtime.warn(found.importWarning, urn);
    const [outs, inputs] = [withoutTimeouts(found.outs), withoutTimeouts(found.inputs)];
    if (!isFirst && !isGet) {
      // A killed run can have replaced the deployment before it was renamed.
      this.#hold(urn, id, state.values);
      this.#hold(urn, id, outs);
      this.#runtime.recordRead(urn, id);
    }
    const secrets = new Set([...state.secrets, ...old.secrets]);
    response.setId(id);
    response.setProperties(toEngine(isGet ? { ...outs, [readOnly]: true } : outs, secrets));
    response.setInputs(toEngine(inputs, secrets));
    response.setRefreshBeforeUpdate(this.#runtime.config.refreshBeforeUpdate && !isGet);
    return response;
  }

  /** Continues a create that an earlier run left unfinished: nothing else can change in place. */
  async update(request: proto.UpdateRequest): Promise<proto.UpdateResponse> {
    const { [dynamicCode]: _, ...state } = stateOf(request.getOlds());
    const { values: news, secrets } = fromEngine(request.getNews());
    const id = request.getId();
    const ignored = new Set(request.getIgnorechangesList());
    const isNameChosen = !this.#unnamedUrns.has(request.getUrn());
    const options = { ...this.#call(request), observe: "none", isNameChosen } as const;
    const { replaces } = await this.#handler.diff(id, state, news, options);
    const changed = replaces.filter((key) => key in news && !ignored.has(key) && news[key] !== unknownValue);
    if (changed.length > 0) {
      throw new RequestError(
        `${changed.join(" and ")} of ${this.#handler.kind} ${id} cannot change in place: the platform has no update; replace ` +
          `the ${this.#handler.kind}`,
      );
    }
    const response = new proto.UpdateResponse();
    response.setRefreshBeforeUpdate(this.#runtime.config.refreshBeforeUpdate);
    if (request.getPreview()) {
      const { outs: recorded } = this.#handler.recorded(id, state);
      const outs = { ...recorded, ...unknowns(this.#handler.outputsOfUpdate(state)) };
      response.setProperties(toEngine(outs, secrets));
      return response;
    }
    const outs = await this.#runtime.run(this.#resourceCall("resume", request), (onProgress) =>
      this.#handler.update(id, state, news, {
        ...this.#call(request),
        timeoutMs: timeoutMsOf(request),
        onProgress,
      }),
    );
    response.setProperties(toEngine(outs, secrets));
    return response;
  }

  async delete(request: proto.DeleteRequest): Promise<void> {
    const { values: state } = fromEngine(request.getProperties());
    const [id, urn] = [request.getId(), request.getUrn()];
    await this.#runtime.run(this.#resourceCall("delete", request), async (onProgress) => {
      this.#runtime.assertNotKept({ kind: this.#handler.kind, id, urn });
      const call = { ...this.#call(request), timeoutMs: timeoutMsOf(request), onProgress };
      await this.#handler.delete(id, state, call).catch((error: unknown) => {
        // Once the program runs, the key is that of its configuration.
        throw this.#runtime.declaredUrns.size === 0 ? withKeyHint(error) : error;
      });
    });
  }

  #hold(urn: string, id: string, state: Values): void {
    const { nameInput } = this.#handler;
    this.#runtime.recordHeld(urn, id, nameInput === undefined ? undefined : state[nameInput]);
  }

  #resourceCall(kind: ResourceCall["kind"], request: { getUrn(): string; getName(): string }): ResourceCall {
    const urn = request.getUrn();
    return { kind, resource: urn, urn, name: logicalNameOf(request, this.#handler.kind) };
  }

  #call(request: { getUrn(): string }): Call<Connection> {
    return { connect: () => this.#runtime.connect(), urn: request.getUrn(), signal: this.#runtime.signal };
  }
}

/** Whether the platform denies the key or shows nothing of the state with it, or there is no key. */
function isAboutTheKey(error: unknown): error is Error {
  if (error instanceof DeploymentNotVisibleError) return true;
  if (error instanceof ApiError) return error.status === 401 || error.status === 403;
  return error instanceof SettingsError && error.setting === "onvera:apiKey";
}

/** The outputs in the state. The engine keeps the timeouts for a plugin, so they are no part of a resource. */
function stateOf(olds: Parameters<typeof fromEngine>[0]): Record<string, unknown> {
  return withoutTimeouts(fromEngine(olds).values);
}

function withoutTimeouts({ timeouts: _, ...rest }: Values): Record<string, unknown> {
  return rest;
}

function unknowns(keys: readonly string[]): Values {
  return Object.fromEntries(keys.map((key) => [key, unknownValue]));
}

/** The engine sends seconds; zero if the program sets none. */
function timeoutMsOf(request: { getTimeout(): number }): number | undefined {
  const seconds = request.getTimeout();
  return seconds > 0 ? seconds * 1_000 : undefined;
}

/** Engines before 3.150 send the name only as part of the URN. */
function logicalNameOf(request: { getName(): string; getUrn(): string }, otherwise: string): string {
  return request.getName() || nameInUrn(request.getUrn()) || otherwise;
}

function setKind(response: proto.DiffResponse, key: string, kind: proto.PropertyDiff.Kind): void {
  const difference = new proto.PropertyDiff();
  difference.setKind(kind);
  response.getDetaileddiffMap().set(key, difference);
}
