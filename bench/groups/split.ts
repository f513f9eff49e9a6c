import { startEmulator } from "../../emulator/src/index";
import { throughDynamic } from "../programs";
import { inSeconds, type Row, short } from "../row";
import { type Stack, withStack } from "../stack";
import { realisticLatencyMs } from "./polling";
import { supersetMs } from "./waves";

/**
 * The same number of deployments in one stack, and in several stacks whose concurrent processes share only the rate limit of one
 * API key.
 */
export async function measureSplit({
  count,
  stacks,
  speed,
  requests,
  perSeconds,
}: {
  count: number;
  stacks: number;
  speed: number;
  requests: number;
  perSeconds: number;
}): Promise<Row[]> {
  const apply = async (parts: number) => {
    const emulator = await startEmulator({
      speed,
      latencyMs: [...realisticLatencyMs],
      rateLimit: { requests, perSeconds },
    });
    const size = count / parts;
    const options = { emulator, program: throughDynamic(size) };
    const up = (stack: Stack) => stack.up({ flags: ["--parallel", String(size)], mayFail: true });
    try {
      const runs = await Promise.all(Array.from({ length: parts }, () => withStack(options, up)));
      const log = emulator.control.requests.list();
      return {
        ms: Math.max(...runs.map(({ ms }) => ms)),
        failed: count - emulator.control.state().counts.deployments.ready,
        refused: log.requests.filter(({ status }) => status === 429).length,
        requests: log.total,
      };
    } finally {
      await emulator.close();
    }
  };
  const one = await apply(1);
  const split = await apply(stacks);
  const operationMs = supersetMs / speed;
  const limitMs = Math.floor((count - 1) / requests) * perSeconds * 1_000;
  return [
    {
      id: "split",
      what: `up of ${count} in ${stacks} stacks at the same time, one key, limit of ${requests} requests in ${perSeconds} s, operations of ${inSeconds(operationMs)}`,
      peer: `in one stack: ${inSeconds(one.ms)}, ${one.requests} requests; the rate limit and one operation: ${inSeconds(limitMs + operationMs)}`,
      goal: "≤ 1.25 × one stack, no failure",
      measured: `${inSeconds(split.ms)}, ${short(split.ms / one.ms)} ×, ${split.failed} failed, ${split.refused} of ${split.requests} requests rejected with 429`,
      ratio: split.failed > 0 ? Number.POSITIVE_INFINITY : split.ms / one.ms,
      goalRatio: 1.25,
      figures: {
        ...{ ms: split.ms, failed: split.failed, refused: split.refused, requests: split.requests },
        ...{ oneMs: one.ms, oneRequests: one.requests, oneRefused: one.refused, limitMs, operationMs },
      },
    },
  ];
}
