export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A value below which this part of the others lies; `part` from 0 to 1. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/**
 * Times several things in turns, forwards and backwards, so that what else the machine does, and what one leaves behind for
 * the next, meets all of them; each is tried once before, unless told. The answer has the median of each, in milliseconds.
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

/** How long it takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
