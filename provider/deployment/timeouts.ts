/** The timeouts of one deployment's calls, in seconds. An omitted one has its default. */
export interface Timeouts {
  readonly create?: number;
  readonly update?: number;
  readonly delete?: number;
}

/** In milliseconds. A create takes about six minutes on the platform, a destroy about four. */
export const defaultTimeoutsMs = { create: 30 * 60_000, delete: 20 * 60_000 } as const;

const msPerUnit: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/**
 * Parses a duration in the format of Pulumi's `customTimeouts` (Go's: `"45s"`, `"30m"`, `"1h30m"`). Returns milliseconds, or
 * undefined if the text is not a duration or not longer than zero.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|us|µs|ns|s))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)/g)) {
    totalMs += Number(amount) * (msPerUnit[unit ?? ""] ?? Number.NaN);
  }
  return Number.isFinite(totalMs) && totalMs > 0 ? totalMs : undefined;
}

/** For people: `45 s`, `12 min`, `1 h 30 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 90) return ms > 0 && ms < 1_000 ? `${Math.round(ms)} ms` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = (amount: number, unit: string) => (amount === 0 ? "" : ` ${amount} ${unit}`);
  if (minutes < 90) return `${minutes} min${rest(seconds % 60, "s")}`;
  return `${Math.floor(minutes / 60)} h${rest(minutes % 60, "min")}`;
}
