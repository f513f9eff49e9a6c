/** The host of dynamic providers, as `@pulumi/pulumi/cmd/dynamic-provider` calls the provider's functions. */

import { type Host, InitError, type Properties } from "./host";
import type { Product } from "./product";

type DynamicProvider = typeof import("../../provider/dynamic/provider");

const code = "__provider";
const codeText = "exports.handler=…";

export function dynamicHost(product: Product, config: Readonly<Record<string, string>>): Host {
  const provider = product.load<DynamicProvider>("provider/dynamic/provider");
  void provider.configure({ config: { get: (key) => config[key] } });
  const withCode = (outs: object, props: Properties) => ({ ...toJson(outs), [code]: props[code] });
  const call = async (props: Properties, work: () => Promise<{ id?: string; outs: object }>, knownId?: string) => {
    try {
      const { id = knownId ?? "", outs } = await work();
      return { id, outputs: withCode(outs, props), refreshBeforeUpdate: false };
    } catch (error) {
      const { id = knownId, properties, reasons } = error as { id?: string; properties?: object; reasons?: string[] };
      if (id === undefined || properties === undefined) throw error;
      throw new InitError(id, toJson(properties), reasons ?? [], false);
    }
  };
  return {
    check: async (_, olds, news) => {
      const { inputs, failures } = await provider.check(olds, { ...news, [code]: codeText });
      return { inputs: { ...toJson(inputs), [code]: codeText }, failures };
    },
    diff: async (_, id, olds, news) => provider.diff(id, olds, news),
    previewCreate: async () => undefined,
    previewUpdate: async () => undefined,
    create: (_, inputs) => call(inputs, () => provider.create(inputs)),
    update: (_, id, olds, news) => call(news, () => provider.update(id, olds, news), id),
    read: async (_, id, outputs) => {
      const {
        id: found,
        props,
        inputs,
      } = (await provider.read(id, outputs)) as {
        id: string;
        props: object;
        inputs?: object;
      };
      return {
        id: found,
        outputs: withCode(props, outputs),
        inputs: inputs === undefined ? undefined : withCode(inputs, outputs),
        refreshBeforeUpdate: false,
      };
    },
    delete: async (_, id, outputs) => {
      // The host finds the provider by the code in the outputs.
      if (outputs[code] === undefined) throw new Error("the state has no code to delete it with");
      await provider.delete(id, outputs);
    },
    deleteSeed: () =>
      product.load<typeof import("../../provider/dynamic/seed-provider")>("provider/dynamic/seed-provider").delete(),
    cancel: () => undefined,
  };
}

/** As values arrive over the wire. */
function toJson(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
