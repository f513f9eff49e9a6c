import { dirname } from "node:path";
import { type Program, throughDynamic, throughGo, throughPlugin } from "../programs";
import { inSeconds, type Row, short } from "../row";
import { instant, withStack } from "../stack";

/** An apply of so many on a platform that is done at once, with the state written at each step, as it is by default. */
export async function measureCheckpoints({ count, goPlugin }: { count: number; goPlugin: string }): Promise<Row[]> {
  const time = (program: Program) =>
    withStack(
      { program, ...instant(50) },
      async (stack) => (await stack.up({ flags: ["--parallel", String(count)] })).ms,
    );
  // The slow ones on both sides of what they are compared with, so that a machine that becomes slower meets both.
  const dynamic = await time(throughDynamic(count));
  const go = await time(throughGo(count, dirname(goPlugin)));
  const plugin = await time(throughPlugin(count));
  const rowOf = (id: string, what: string, ms: number, goalRatio: number): Row => ({
    id,
    what: `up of ${count}, instant operations, state written at each step, ${what}`,
    peer: `Go plugin that asks no platform: ${inSeconds(go)}`,
    goal: `≤ ${goalRatio} × the Go plugin`,
    measured: `${inSeconds(ms)}, ${short(ms / go)} ×`,
    ratio: ms / go,
    goalRatio,
    figures: { ms, go },
  });
  return [
    rowOf("checkpoints-dynamic", "dynamic resource", dynamic, 1.4),
    rowOf("checkpoints-plugin", "plugin", plugin, 1.1),
  ];
}
