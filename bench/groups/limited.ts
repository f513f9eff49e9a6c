import { throughDynamic, throughNaive } from "../programs";
import { inMb, inSeconds, type Row } from "../row";
import { instant, withStack } from "../stack";
import { realisticLatencyMs } from "./polling";
import { supersetMs } from "./waves";

const megabyte = 2 ** 20;

/**
 * An up of more deployments than the rate limit allows in a window, and the memory of the provider with all of them in flight.
 * Without checkpoints, whose cost grows quadratically and is measured by another group.
 */
export async function measureLimited({
  count,
  speed,
  requests,
  perSeconds,
}: {
  count: number;
  speed: number;
  requests: number;
  perSeconds: number;
}): Promise<Row[]> {
  const options = {
    speed,
    latencyMs: [...realisticLatencyMs] as [number, number],
    rateLimit: { requests, perSeconds },
    withoutCheckpoints: true,
  };
  const flags = ["--parallel", String(count)];
  const naive = await withStack({ ...options, program: throughNaive(count) }, async (stack) => {
    const { result } = await stack.up({ flags, mayFail: true });
    return { code: result.code, ready: stack.emulator.control.state().counts.deployments.total };
  });
  const idle = await withStack({ program: throughDynamic(1), ...instant(50) }, (stack) => stack.up());
  // The time of the engine and the program without waiting for operations.
  const engine = await withStack(
    { program: throughDynamic(count), ...instant(50), withoutCheckpoints: true },
    (stack) => stack.up({ flags }),
  );
  return withStack({ ...options, program: throughDynamic(count) }, async (stack) => {
    const { ms, provider, result } = await stack.up({ flags, mayFail: true });
    const { counts, operations } = stack.emulator.control.state();
    const failed = result.code === 0 ? 0 : count - counts.deployments.ready;
    const refused = stack.emulator.control.requests.list().requests.filter(({ status }) => status === 429).length;
    const operationMs = supersetMs / speed;
    // The windows that must pass before the last create can be sent.
    const limitMs = Math.floor((count - 1) / requests) * perSeconds * 1_000;
    const floorMs = operationMs + limitMs;
    const begun = operations.map(({ requested_at }) => Date.parse(requested_at));
    const bound = 1.5 * idle.provider.peakBytes + 50 * megabyte;
    return [
      {
        id: "rate-limit",
        what: `up of ${count}, --parallel ${count}, limit of ${requests} requests in ${perSeconds} s, operations of ${inSeconds(operationMs)}`,
        peer: `naive: ${naive.code === 0 ? "succeeds" : `fails, ${naive.ready} created`}; engine alone: ${inSeconds(engine.ms)}`,
        goal: `≤ ${inSeconds(1.1 * floorMs)} + the engine's time (operation + rate limit + 10 %), no failure`,
        measured: `${inSeconds(ms)}, ${failed} failed, ${refused} rejected with 429`,
        ratio: failed > 0 ? Number.POSITIVE_INFINITY : ms / (1.1 * floorMs + engine.ms),
        goalRatio: 1,
        figures: {
          ms,
          floorMs,
          engineMs: engine.ms,
          failed,
          refused,
          requests: stack.emulator.control.requests.list().total,
          createsTookMs: Math.max(...begun) - Math.min(...begun),
        },
      },
      {
        id: "memory",
        what: `peak memory of the provider's process, ${count} in flight`,
        peer: `with one deployment: ${inMb(idle.provider.peakBytes)}`,
        goal: `≤ 1.5 × that + 50 MB: ${inMb(bound)}`,
        measured: `${inMb(provider.peakBytes)}`,
        ratio: provider.peakBytes / bound,
        goalRatio: 1,
        figures: { peakBytes: provider.peakBytes, idleBytes: idle.provider.peakBytes, cpuMs: provider.cpuMs },
      },
    ];
  });
}
