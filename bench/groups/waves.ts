import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "../../emulator/src/index";
import { throughDynamic } from "../programs";
import { inSeconds, type Row, short } from "../row";
import { timed } from "../sampling";
import { type Stack, withStack } from "../stack";
import { realisticLatencyMs } from "./polling";

/** How long the platform takes for a Superset deployment at speed 1, in milliseconds. */
export const supersetMs = 240_000;

/** An apply of so many deployments: as the engine does it by itself, with a slot for each, and by a script without Pulumi. */
export async function measureWaves({ count, speed }: { count: number; speed: number }): Promise<Row[]> {
  const operationMs = supersetMs / speed;
  const options = { program: throughDynamic(count), speed, latencyMs: [...realisticLatencyMs] as [number, number] };
  const apply = (up: (stack: Stack) => Promise<{ ms: number }>) =>
    withStack(options, async (stack) => {
      const { ms } = await up(stack);
      return ms;
    });
  const byDefault = await apply((stack) => stack.up());
  const byFlag = await apply((stack) => stack.up({ flags: ["--parallel", String(count)] }));
  const byEnvironment = await apply((stack) => stack.up({ env: { PULUMI_PARALLEL: String(count) } }));
  const byScript = await script(count, speed);
  const waves = Math.ceil(count / (4 * availableParallelism()));
  return [
    {
      id: "waves",
      what: `apply of ${count} deployments, ${inSeconds(operationMs)} each: with --parallel ${count}, as the provider's hint says`,
      peer: `engine's default: ${inSeconds(byDefault)} (${waves} waves); PULUMI_PARALLEL: ${inSeconds(byEnvironment)}; script: ${inSeconds(byScript)}`,
      goal: "near one operation's time: ≤ 1.25 × the script",
      measured: `${inSeconds(byFlag)}, ${short(byFlag / byScript)} × the script, ${short(byDefault / byFlag)} × faster than by default`,
      ratio: byFlag / byScript,
      goalRatio: 1.25,
      figures: { byFlag, byDefault, byEnvironment, byScript, operationMs },
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
