import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import { PlatformError, SettingsError } from "../api/errors";
import type { Seed } from "../deployment/auto-names";
import { withKeyHint } from "../deployment/errors";
import {
  type Call,
  type CheckFailure,
  type ResourceHandler,
  ResourceInitError,
  readOnly,
  unknownValue,
  type Values,
} from "../resource-handler";
import type { Connection } from "../runtime/connect";
import { engineUnknown, nameInUrn } from "../runtime/engine-values";
import type { ResourceCall } from "../runtime/failure-summary";
import { deletes } from "./deletes";
import type { DynamicRuntime } from "./dynamic-runtime";
import { type ResourceMetadata, readMetadata } from "./metadata";

interface CheckedResource extends ResourceMetadata {
  /** Identifies the resource in this process: its URN, or its name while the URN is not known. */
  readonly resource: string;
  /** Whether the user chose the name: if so, a different name on the platform is drift. */
  readonly isNameChosen: boolean;
}

const whyStateUnknown =
  "the program could not read the stack's state, so the provider does not know whether the state already holds it";

/** Serves one resource type to Pulumi's host of dynamic providers: converts the arguments, calls the handler, converts the result. */
export function createDynamicProvider(handler: ResourceHandler<Connection>, runtime: DynamicRuntime) {
  const { nameInput = "name" } = handler;
  /** By key (see `keyOf`), for the calls that follow the `check` in the same run: the host passes them neither URN nor options. */
  const checked = new Map<string, CheckedResource>();
  /** URNs by the id that the state holds, for the messages of the `delete` of what is replaced. What the program no longer has is not in it. */
  const urnsById = new Map<string, string>();
  /** The same by name, if the program could not read the state; undefined if several resources have the name. */
  const urnsByOldName = new Map<string, string | undefined>();
  /**
   * By id, the name that a refresh of this run has found; undefined if the deployment is gone. The program reads the state as it was
   * before the refresh, but the state has this result once a create begins.
   */
  const refreshedNames = new Map<string, unknown>();
  let hasWarnedUnreadable = false;

  /**
   * What identifies a resource in its checked inputs. Several resources can share a name, also an automatic one after a rename with
   * an alias. So `check` adds a token of the URN to their inputs. (Its key begins with `__`, by which the engine hides it in displays.)
   */
  function keyOf(props: Values): string {
    return String(props["__resource"] ?? props[nameInput]);
  }

  function urnOf(props: Values, id?: string): string | undefined {
    if (id === undefined) return checked.get(keyOf(props))?.urn;
    return urnsById.get(id) ?? urnsByOldName.get(String(props[nameInput]));
  }

  function callFor(props: Values, id?: string): Call<Connection> {
    return { connect: () => runtime.connect(), urn: urnOf(props, id), signal: runtime.signal };
  }

  /** For messages, as far as the resource is known: `read` and `delete` get only its outputs. */
  function resourceCall(kind: ResourceCall["kind"], props: Values, id?: string): ResourceCall {
    const urn = urnOf(props, id);
    const known = id === undefined ? checked.get(keyOf(props))?.name : undefined;
    const name = (urn === undefined ? known : nameInUrn(urn)) ?? String(props[nameInput] ?? "");
    return { kind, resource: urn ?? id ?? name, name, urn };
  }

  function onUnreadable({ message: reason }: Error): void {
    if (hasWarnedUnreadable) return;
    hasWarnedUnreadable = true;
    runtime.warn(`cannot read from Onvera, so this shows the recorded state: ${reason}`);
  }

  function rethrowWithHint(error: unknown): never {
    // Once the program runs, the key is that of its configuration.
    throw checked.size === 0 ? withKeyHint(error) : error;
  }

  return forHost(runtime, {
    async configure({ config }: { config: { get(key: string): string | undefined } }): Promise<void> {
      runtime.config = {
        apiKey: config.get("onvera:apiKey"),
        baseUrl: config.get("onvera:baseUrl"),
        refreshBeforeUpdate: config.get("onvera:refreshBeforeUpdate"),
      };
      runtime.beginRun();
      runtime.endWithEngine();
    },

    async check(olds: Values, news: Values) {
      // A missing or malformed setting fails the preview, not the apply. A failure shows as one sentence, an error with its stack twice.
      const settingsFailure = settingsFailureOf(runtime);
      if (settingsFailure !== undefined) return { inputs: news, failures: [settingsFailure] };
      const { __provider, __resource, ...given } = news;
      const metadata = readMetadata(__resource);
      const { name, isPreview } = metadata;
      const urn = metadata.urn ?? name;
      const oldName = olds[nameInput];
      const isCreate = Object.keys(olds).length === 0;
      // If this run is killed, the next one sees the state after the refresh, and both must derive one name.
      const { ownId = "" } = metadata;
      if (metadata.urn !== undefined && ownId !== "") urnsById.set(ownId, metadata.urn);
      const previousName = refreshedNames.has(ownId) ? refreshedNames.get(ownId) : metadata.previousName;
      // A killed run can have replaced the deployment before it was renamed.
      if (previousName !== undefined) runtime.names.record(urn, metadata.previousName);
      runtime.names.record(urn, previousName ?? oldName);
      if (isCreate) runtime.plan(urn);
      if (typeof oldName === "string" && metadata.urn !== undefined && !metadata.isStateKnown) {
        const isShared = urnsByOldName.has(oldName) && urnsByOldName.get(oldName) !== metadata.urn;
        urnsByOldName.set(oldName, isShared ? undefined : metadata.urn);
      }
      const { inputs, failures } = handler.check({
        olds,
        news: fromEngine(given),
        logicalName: name,
        autoName: () => runtime.names.nameFor({ urn, logicalName: name, seed: seedOf(metadata) }),
      });
      const isNameChosen = given[nameInput] !== undefined && given[nameInput] !== null;
      const untokened = toEngine(inputs);
      const { resource: sharer = urn } = checked.get(keyOf(untokened)) ?? {};
      // A state that an earlier version or a refresh has written has no token. It gets one only if another resource has the same key.
      const needsToken = isCreate || olds["__resource"] !== undefined || sharer !== urn;
      // With `ignoreChanges: ["*"]`, the engine passes what the state has instead of the metadata: the token, or nothing.
      const token = typeof __resource === "object" ? tokenOf(urn) : __resource;
      const result: Values = { ...untokened, ...(needsToken && token !== undefined ? { __resource: token } : {}) };
      checked.set(keyOf(result), { ...metadata, resource: urn, isNameChosen });
      // Before anything is changed: a preview warns about what would fail in the apply.
      if (isPreview && failures.length === 0 && isCreate) await runtime.preflight(() => runtime.connect());
      return { inputs: result, failures: [...failures] };
    },

    async diff(id: string, olds: Values, news: Values) {
      runtime.knownIds.add(id);
      const { __provider, __resource, ...inputs } = news;
      const metadata = checked.get(keyOf(news));
      if (metadata?.urn !== undefined) urnsById.set(id, metadata.urn);
      const { replaces, updates } = await handler.diff(id, olds, fromEngine(inputs), {
        ...callFor(news),
        observe: runtime.config.refreshBeforeUpdate === "false" ? "visibility" : "platform",
        isNameChosen: metadata === undefined || (metadata.isNameChosen && !metadata.ignoresName),
        onUnreadable,
      });
      if (metadata !== undefined && replaces.length === 0) runtime.recordKept(metadata.resource, id);
      // An update adopts what the plugin created: without this code in the state, nothing could delete it.
      const isFromPlugin = olds["__provider"] === undefined;
      return { changes: replaces.length + updates.length > 0 || isFromPlugin, replaces: [...replaces] };
    },

    async create(props: Values) {
      const metadata = checked.get(keyOf(props));
      const name = String(props[nameInput]);
      return withInitErrors(props, () =>
        runtime.run(resourceCall("create", props), (onProgress) =>
          handler.create(withoutCode(props), {
            ...callFor(props),
            nameOwner: runtime.names.ownerOf(metadata?.resource, name),
            isLaterName: (other, previousNames) =>
              runtime.names.isLaterName(metadata?.resource, name, other, previousNames),
            adopt: metadata?.adopt,
            resource: metadata?.resource,
            logicalName: metadata?.name,
            state: {
              isKnown: metadata?.isStateKnown ?? false,
              whyUnknown: whyStateUnknown,
              ownIds: metadata?.ownId === undefined ? [] : [metadata.ownId],
              heldIds: metadata?.heldIds ?? [],
              adoptHeldBy: metadata?.adoptHeldBy,
              sample: metadata?.sample ?? [],
            },
            onProgress,
          }),
        ),
      );
    },

    async update(id: string, olds: Values, news: Values) {
      const outs = await withInitErrors(news, () =>
        runtime.run(resourceCall("resume", news), (onProgress) =>
          handler.update(id, olds, withoutCode(news), { ...callFor(news), onProgress }),
        ),
      );
      return { outs };
    },

    async read(id: string, props: Values = {}) {
      // A `get` has no outputs of ours, until a refresh.
      const isGet = props[readOnly] === true || !handler.stableOutputs.some((name) => name in props);
      const found = await runtime
        .reportFor(urnOf(props, id), (onProgress) =>
          handler.read(id, props, { ...callFor(props, id), isGet, onProgress }),
        )
        .catch(rethrowWithHint);
      if (found !== undefined) {
        refreshedNames.set(id, found.outs[nameInput]);
        return { id, props: isGet ? { ...found.outs, [readOnly]: true } : found.outs, inputs: found.inputs };
      }
      // The engine would accept an empty id from a `get` like any other.
      if (isGet) throw new PlatformError(`${handler.kind} "${id}" does not exist`);
      refreshedNames.set(id, undefined);
      return { id: "", props: {} };
    },

    async delete(id: string, props: Values): Promise<void> {
      await deletes.track(id, () =>
        runtime.run(resourceCall("delete", props, id), (onProgress) => {
          runtime.assertNotKept({ kind: handler.kind, id });
          return handler.delete(id, props, { ...callFor(props, id), onProgress }).catch(rethrowWithHint);
        }),
      );
    },
  } satisfies pulumi.dynamic.ResourceProvider);
}

/** The same functions. Each ends once the engine has what it has reported, and the host prints its errors without their stacks. */
function forHost<Provider extends object>(runtime: DynamicRuntime, provider: Provider): Provider {
  const calls = Object.entries(provider).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await call(...args);
      } catch (error) {
        if (error instanceof PlatformError) error.stack = "";
        throw error;
      } finally {
        await runtime.flush();
      }
    },
  ]);
  return Object.fromEntries(calls);
}

function settingsFailureOf(runtime: DynamicRuntime): CheckFailure | undefined {
  try {
    void runtime.settings;
    return undefined;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { property: "", reason: error.message };
  }
}

/** Lets a resource that the platform has accepted reach the state, with what a later call needs to load this code. */
async function withInitErrors<T>(props: Values, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ResourceInitError)) throw error;
    throw Object.assign(error, {
      properties: { ...error.outs, __provider: props["__provider"] },
      reasons: [error.message],
    });
  }
}

function withoutCode({ __provider, __resource, ...inputs }: Values): Values {
  return inputs;
}

function tokenOf(urn: string): string {
  return createHash("sha256").update(urn).digest("hex").slice(0, 8);
}

function seedOf({ seed, isPreview }: ResourceMetadata): Seed {
  // Outside a preview, a seed that does not exist was excluded by `--target`: the run continues without it.
  if (seed === undefined || (seed === "" && !isPreview)) return { kind: "none" };
  return seed === "" ? { kind: "unknown" } : { kind: "stack", value: seed };
}

function fromEngine(props: Values): Values {
  return mapValues(props, (value) => (value === engineUnknown ? unknownValue : value));
}

function toEngine(props: Values): Values {
  return mapValues(props, (value) => (value === unknownValue ? engineUnknown : value));
}

function mapValues(props: Values, map: (value: unknown) => unknown): Values {
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => [
      key,
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? mapValues(value as Values, map)
        : map(value),
    ]),
  );
}
