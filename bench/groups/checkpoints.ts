import { dirname } from "node:path";
import { type Program, throughDynamic, throughGo, throughPlugin } from "../programs";
import { inSeconds, type Row, short } from "../row";
import { instant, withStack } from "../stack";

/** An up with operations that end at once, and the state written at each step, which is the default. */
export async function measureCheckpoints({ count, goPlugin }: { count: number; goPlugin: string }): Promise<Row[]> {
  const time = (program: Program) =>
    withStack(
      { program, ...instant(50) },
      async (stack) => (await stack.up({ flags: ["--parallel", String(count)] })).ms,
    );
  // The comparison runs between the slow ones, so that a machine that slows down affects both.
  const dynamic = await time(throughDynamic(count));
  const go = await time(throughGo(count, dirname(goPlugin)));
  const plugin = await time(throughPlugin(count));
  const rowOf = (id: string, what: string, ms: number, goalRatio: number): Row => ({
    id,
    what: `up of ${count}, instant operations, state written at each step, ${what}`,
    peer: `Go plugin that sends no requests: ${inSeconds(go)}`,
    goal: `≤ ${goalRatio} × the Go plugin`,
    measured: `${inSeconds(ms)}, ${short(ms / go)} ×`,
    ratio: ms / go,
    goalRatio,
    figures: { ms, go },
  });
  return [
    rowOf("checkpoints-dynamic", "dynamic provider", dynamic, 1.4),
    rowOf("checkpoints-plugin", "plugin", plugin, 1.1),
  ];
}
