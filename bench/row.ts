/** A figure and its goal. The figures of a row come from one run, so that a busy machine slows all of them equally. */
export interface Row {
  readonly id: string;
  /** A description of the measurement. */
  readonly what: string;
  /** The same for the comparison; empty if the goal is absolute. */
  readonly peer: string;
  readonly goal: string;
  readonly measured: string;
  /** The goal is met if this is at most `goalRatio`. */
  readonly ratio: number;
  readonly goalRatio: number;
  /** All measurements by name: times in milliseconds, memory and state in bytes. */
  readonly figures: Readonly<Record<string, number>>;
}

export function isMet({ ratio, goalRatio }: Row): boolean {
  return ratio <= goalRatio;
}

/** A number with three significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

export const inSeconds = (ms: number): string => `${short(ms / 1_000)} s`;
export const inMs = (ms: number): string => `${short(ms)} ms`;
export const inMb = (bytes: number): string => `${short(bytes / 2 ** 20)} MB`;
