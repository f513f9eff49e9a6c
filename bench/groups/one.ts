import { dirname } from "node:path";
import { yamlThroughGo, yamlThroughPlugin } from "../programs";
import { inMs, type Row, short } from "../row";
import { timeInTurns } from "../sampling";
import { withStack } from "../stack";

/** On a platform whose operations end at once, nothing but the provider itself takes time. */
export const instant = { speed: Number.POSITIVE_INFINITY, env: { ONVERA_POLL_INTERVAL_MS: "10" } } as const;

/** One deployment in a YAML program, from an empty stack, with installed plugins. */
export async function measureOne({
  installed,
  goPlugin,
  rounds,
}: {
  /** The folder of the plugin as it is installed. */
  installed: string;
  goPlugin: string;
  rounds: number;
}): Promise<Row[]> {
  return withStack({ program: yamlThroughPlugin(1, installed), ...instant }, (ours) =>
    withStack({ program: yamlThroughGo(1, dirname(goPlugin)), ...instant }, async (peer) => {
      const upAndDown = async (stack: typeof ours) => {
        const { ms } = await stack.up();
        await stack.run("destroy");
        return ms;
      };
      const times = await timeInTurns({ plugin: () => upAndDown(ours), go: () => upAndDown(peer) }, rounds);
      const [plugin = Number.NaN, go = Number.NaN] = [times.get("plugin"), times.get("go")];
      return [
        {
          id: "yaml-one",
          what: "up of one deployment in YAML, with an instant operation",
          peer: `Go plugin that asks no platform: ${inMs(go)}`,
          goal: "≤ 1.25 × the Go plugin",
          measured: `${inMs(plugin)}, ${short(plugin / go)} ×`,
          ratio: plugin / go,
          goalRatio: 1.25,
          figures: { plugin, go },
        },
      ];
    }),
  );
}
