/** One figure beside its goal. Figures of one row come from one run, so that a busy machine slows all of them alike. */
export interface Row {
  readonly id: string;
  /** What is measured, for people. */
  readonly what: string;
  /** The same for what it is compared with; empty where the goal is a bound of its own. */
  readonly peer: string;
  readonly goal: string;
  readonly measured: string;
  /** What decides: met where it is not above `goalRatio`. */
  readonly ratio: number;
  readonly goalRatio: number;
  /** Everything that was measured for it, by name; times in milliseconds, memory and state in bytes. */
  readonly figures: Readonly<Record<string, number>>;
}

export function isMet({ ratio, goalRatio }: Row): boolean {
  return ratio <= goalRatio;
}

/** A figure for people: three digits that count. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

export const inSeconds = (ms: number): string => `${short(ms / 1_000)} s`;
export const inMs = (ms: number): string => `${short(ms)} ms`;
export const inMb = (bytes: number): string => `${short(bytes / 2 ** 20)} MB`;
