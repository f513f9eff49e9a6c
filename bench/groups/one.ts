import { dirname } from "node:path";
import { yamlThroughGo, yamlThroughPlugin } from "../programs";
import { inMs, type Row, short } from "../row";
import { timeInTurns } from "../sampling";
import { instant, withStack } from "../stack";

/** One deployment in a YAML program and an empty stack, with released plugins. */
export async function measureOne({
  installed,
  goPlugin,
  rounds,
}: {
  /** The folder with the files of a release archive. */
  installed: string;
  goPlugin: string;
  rounds: number;
}): Promise<Row[]> {
  return withStack({ program: yamlThroughPlugin(1, installed), ...instant(1) }, (ours) =>
    withStack({ program: yamlThroughGo(1, dirname(goPlugin)), ...instant(1) }, async (peer) => {
      const upAndDown = async (stack: typeof ours) => {
        const { ms } = await stack.up();
        await stack.run("destroy");
        return ms;
      };
      const times = await timeInTurns({ plugin: () => upAndDown(ours), go: () => upAndDown(peer) }, { rounds });
      const [plugin = Number.NaN, go = Number.NaN] = [times.get("plugin"), times.get("go")];
      return [
        {
          id: "yaml-one",
          what: "up of one deployment in YAML, with an instant operation and released plugins",
          peer: `Go plugin that sends no requests: ${inMs(go)}`,
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
