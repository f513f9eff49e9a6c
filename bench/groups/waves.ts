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

/** How long the platform takes for a Superset deployment at speed 1, in milliseconds. */
export const supersetMs = 240_000;

/** An apply of so many deployments: as the engine does it by itself, with a slot for each, and by a script without Pulumi. */
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
  // What the engine and the program take for so many that nobody waits for. Less than that, and the operation, nobody can
  // reach; that a poll sees an end a second or two later weighs more here than with operations of minutes.
  const engine = await apply(instant(50), { flags });
  const byScript = await script(count, speed);
  const least = engine + operationMs;
  const waves = Math.ceil(count / (4 * availableParallelism()));
  return [
    {
      id: "waves",
      what: `apply of ${count} deployments, ${inSeconds(operationMs)} each: with --parallel ${count}, as the provider's hint says`,
      peer: `engine's default: ${inSeconds(byDefault)} (${waves} waves); PULUMI_PARALLEL: ${inSeconds(byEnvironment)}; script: ${inSeconds(byScript)}`,
      goal: `as near to one operation's time as the engine allows: ≤ 1.25 × (that + ${inSeconds(engine)}, the engine's own for so many)`,
      measured: `${inSeconds(byFlag)}, ${short(byFlag / least)} ×; ${short(byFlag / byScript)} × the script, ${short(byDefault / byFlag)} × faster than by default`,
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
