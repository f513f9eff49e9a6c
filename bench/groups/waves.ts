import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "../../emulator/src/index";
import type { RunOptions } from "../../scripts/engine/project";
import { throughDynamic } from "../programs";
import { inSeconds, type Row, short } from "../row";
import { timed } from "../sampling";
import { instant, type StackOptions, withStack } from "../stack";
import { realisticLatencyMs } from "./polling";

/** The duration of a Superset create at speed 1, in milliseconds. */
export const supersetMs = 240_000;

/** An up with the default parallelism, with a slot for each deployment, and the same in a script without Pulumi. */
export async function measureWaves({ count, speed }: { count: number; speed: number }): Promise<Row[]> {
  const operationMs = supersetMs / speed;
  const program = throughDynamic(count);
  const realistic = { speed, latencyMs: [...realisticLatencyMs] as [number, number] };
  const apply = async (options: Omit<StackOptions, "program">, run: RunOptions) =>
    (await withStack({ program, ...options }, (stack) => stack.up(run))).ms;
  const flags = ["--parallel", String(count)];
  const byDefault = await apply(realistic, {});
  const byFlag = await apply(realistic, { flags });
  const byEnvironment = await apply(realistic, { env: { PULUMI_PARALLEL: String(count) } });
  // The time of the engine and the program without waiting. With the operation, it is the least possible time. The delay of polls, a
  // second or two, weighs more here than with operations of minutes.
  const engine = await apply(instant(50), { flags });
  const byScript = await script(count, speed);
  const least = engine + operationMs;
  const waves = Math.ceil(count / (4 * availableParallelism()));
  return [
    {
      id: "waves",
      what: `up of ${count} deployments, ${inSeconds(operationMs)} each, with --parallel ${count}, as the provider suggests`,
      peer: `engine's default: ${inSeconds(byDefault)} (${waves} waves); PULUMI_PARALLEL: ${inSeconds(byEnvironment)}; script: ${inSeconds(byScript)}`,
      goal: `≤ 1.25 × (one operation + ${inSeconds(engine)}, the engine's time)`,
      measured: `${inSeconds(byFlag)}, ${short(byFlag / least)} ×; ${short(byFlag / byScript)} × the script, ${short(byDefault / byFlag)} × faster than the default`,
      ratio: byFlag / least,
      goalRatio: 1.25,
      figures: { byFlag, byDefault, byEnvironment, byScript, engine, operationMs },
    },
  ];
}

async function script(count: number, speed: number): Promise<number> {
  const emulator = await startEmulator({ speed, latencyMs: [...realisticLatencyMs] });
  try {
    return await timed(() =>
      promisify(execFile)("bash", [join(__dirname, "..", "peers", "script.sh"), String(count)], {
        env: { ...process.env, ONVERA_BASE_URL: emulator.baseUrl, ONVERA_API_KEY: emulator.apiKey },
      }),
    );
  } finally {
    await emulator.close();
  }
}
