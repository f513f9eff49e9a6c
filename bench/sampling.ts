export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The quantile of the values; `part` is from 0 to 1. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/**
 * Measures several functions in turns, forward and backward, so that other load and side effects slow all of them equally. Runs
 * each once before by default. Returns the median of each, in milliseconds.
 */
export async function timeInTurns(
  candidates: Readonly<Record<string, () => Promise<number>>>,
  { rounds, hasTrial = true }: { rounds: number; hasTrial?: boolean },
): Promise<Map<string, number>> {
  const entries = Object.entries(candidates);
  const times = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = hasTrial ? -1 : 0; round < rounds; round += 1) {
    for (const [name, time] of round % 2 === 0 ? entries : [...entries].reverse()) {
      const ms = await time();
      if (round >= 0) times.get(name)?.push(ms);
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

/** The duration, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
