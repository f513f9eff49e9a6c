/** The provider plugin, called with the messages of the engine's protocol. */

import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { ProviderCalls } from "../../provider/plugin/calls";
import { fromEngine, toEngine } from "../../provider/plugin/values";
import { type CallTarget, type Host, InitError, type Properties } from "./host";
import type { Product } from "./product";

const type = "onvera:index:Deployment";

/** The provider resource in the stack's state. */
export interface ProviderEntry {
  readonly id: string;
  readonly inputs: Properties;
}

/** Starts a process of the plugin, and configures it. Returns the provider's new inputs. */
export function pluginHost(
  product: Product,
  {
    old,
    config,
    isChecked,
    id,
  }: {
    old: Properties;
    config: Properties;
    /** Whether the configuration is checked against what the state has. If not, it is the state's own. */
    isChecked: boolean;
    id: string | undefined;
  },
): { host: Host; inputs: Properties } {
  const { ProviderCalls: Calls } = product.load<{ ProviderCalls: typeof ProviderCalls }>("provider/plugin/calls");
  const calls = new Calls("127.0.0.1:1");
  const inputs = isChecked ? checkedConfig(calls, old, config) : config;
  const configure = new proto.ConfigureRequest();
  configure.setArgs(toEngine(inputs));
  configure.setId(id ?? "04da6b54-80e4-46f7-96ec-b56ff0331ba9");
  calls.configure(configure);

  /** The error as the engine gets it. */
  const translated = async <T>(request: unknown, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const { details, message = details } = calls.serviceError(error, request);
      const { name, id: created, outs } = error as { name?: string; id?: string; outs?: object };
      if (name !== "ResourceInitError" || created === undefined) throw new Error(message);
      const { timeouts: _, ...outputs } = outs as Record<string, unknown>;
      throw new InitError(created, outputs, [String(message)], config["refreshBeforeUpdate"] !== "false");
    }
  };
  const about = <
    T extends { setUrn(urn: string): unknown; setName(name: string): unknown; setType(type: string): unknown },
  >(
    request: T,
    { urn, name }: CallTarget,
  ): T => {
    request.setUrn(urn);
    request.setName(name);
    request.setType(type);
    return request;
  };
  const values = (struct: Struct | undefined): Properties => fromEngine(struct).values;
  const updateOf = (target: CallTarget, resourceId: string, olds: Properties, news: Properties) => {
    const request = about(new proto.UpdateRequest(), target);
    request.setId(resourceId);
    request.setOlds(toEngine(olds));
    request.setNews(toEngine(news));
    return request;
  };

  const read = (request: proto.ReadRequest) =>
    translated(request, async () => {
      const response = await calls.read(request);
      return {
        id: response.getId(),
        outputs: values(response.getProperties()),
        inputs: response.getInputs() === undefined ? undefined : values(response.getInputs()),
        refreshBeforeUpdate: response.getRefreshBeforeUpdate(),
      };
    });

  const host: Host = {
    check: async (target, olds, news) => {
      const request = about(new proto.CheckRequest(), target);
      if (Object.keys(olds).length > 0) request.setOlds(toEngine(olds));
      request.setNews(toEngine(news));
      return translated(request, async () => {
        const response = await calls.check(request);
        const failures = response.getFailuresList();
        return {
          inputs: values(response.getInputs()),
          failures: failures.map((each) => ({ property: each.getProperty(), reason: each.getReason() })),
        };
      });
    },
    diff: async (target, resourceId, olds, news, ignoreChanges) => {
      const request = about(new proto.DiffRequest(), target);
      request.setId(resourceId);
      request.setOlds(toEngine(olds));
      request.setNews(toEngine(news));
      request.setIgnorechangesList([...ignoreChanges]);
      return translated(request, async () => {
        const response = await calls.diff(request);
        return {
          changes: response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME,
          replaces: response.getReplacesList(),
        };
      });
    },
    previewCreate: async (target, inputs) => {
      const request = about(new proto.CreateRequest(), target);
      request.setProperties(toEngine(inputs));
      request.setPreview(true);
      await translated(request, () => calls.create(request));
    },
    create: async (target, inputs, { create }) => {
      const request = about(new proto.CreateRequest(), target);
      request.setProperties(toEngine(inputs));
      if (create !== undefined) request.setTimeout(create);
      return translated(request, async () => {
        const response = await calls.create(request);
        return {
          id: response.getId(),
          outputs: values(response.getProperties()),
          refreshBeforeUpdate: response.getRefreshBeforeUpdate(),
        };
      });
    },
    previewUpdate: async (target, resourceId, olds, news) => {
      const request = updateOf(target, resourceId, olds, news);
      request.setPreview(true);
      await translated(request, () => calls.update(request));
    },
    update: async (target, resourceId, olds, news, { update }) => {
      const request = updateOf(target, resourceId, olds, news);
      if (update !== undefined) request.setTimeout(update);
      return translated(request, async () => {
        const response = await calls.update(request);
        return {
          id: resourceId,
          outputs: values(response.getProperties()),
          refreshBeforeUpdate: response.getRefreshBeforeUpdate(),
        };
      });
    },
    read: async (target, resourceId, outputs, inputs) => {
      const request = about(new proto.ReadRequest(), target);
      request.setId(resourceId);
      request.setProperties(toEngine(outputs));
      request.setInputs(toEngine(inputs));
      return read(request);
    },
    import: async (target, importId) => {
      const request = about(new proto.ReadRequest(), target);
      request.setId(importId);
      request.setProperties(toEngine({}));
      return read(request);
    },
    delete: async (target, resourceId, outputs, timeouts) => {
      const request = about(new proto.DeleteRequest(), target);
      request.setId(resourceId);
      request.setProperties(toEngine(outputs));
      if (timeouts.delete !== undefined) request.setTimeout(timeouts.delete);
      await translated(request, () => calls.delete(request));
    },
    deleteSeed: async () => undefined,
    cancel: () => calls.cancel(),
  };
  return { host, inputs };
}

function checkedConfig(calls: ProviderCalls, old: Properties, config: Properties): Properties {
  const request = new proto.CheckRequest();
  request.setOlds(toEngine(old));
  request.setNews(toEngine(config));
  const response = calls.checkConfig(request);
  const [failure] = response.getFailuresList();
  if (failure !== undefined) throw new Error(`${failure.getProperty()}: ${failure.getReason()}`);
  return fromEngine(response.getInputs()).values;
}
