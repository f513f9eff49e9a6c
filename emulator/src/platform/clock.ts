/**
 * The platform's two clocks.
 *
 * *Wall time* is what timestamps show: real milliseconds since the epoch, plus a skew that tests may set.
 * *Work time* is what operations are measured in: milliseconds that run `speed` times as fast as wall time, stand still
 * while paused and jump when advanced. Nothing here uses a timer, so ten thousand operations cost nothing while nobody
 * looks at them.
 */

/** A stretch of constant speed. `wall` and `work` are where it begins; `skew` is added to shown times. All milliseconds. */
export interface ClockSegment {
  wall: number;
  work: number;
  speed: number | "instant";
  paused: boolean;
  skew: number;
}

export interface ClockOptions {
  /** Work milliseconds per real millisecond; `Infinity` ends each operation at once. Default: as before a restart, else 1. */
  speed?: number | undefined;
  /** Where an earlier process left off. Work goes on while the platform is down, as it does at the real one. */
  segments?: readonly ClockSegment[];
  /** Real time in milliseconds since the epoch; never runs backwards by default. */
  now?: () => number;
  /** Told of every new segment, to be kept. */
  onChange?: (segment: ClockSegment) => void;
}

const steadyNow = (): number => performance.timeOrigin + performance.now();

const rateOf = (segment: ClockSegment): number => {
  if (segment.paused) return 0;
  return segment.speed === "instant" ? 1 : segment.speed;
};

export class Clock {
  readonly #segments: ClockSegment[];
  readonly #now: () => number;
  readonly #onChange: (segment: ClockSegment) => void;

  constructor({ speed, segments = [], now = steadyNow, onChange = () => {} }: ClockOptions = {}) {
    this.#now = now;
    this.#onChange = onChange;
    this.#segments = [...segments];
    const last = this.#segments.at(-1);
    const chosen = speed === undefined ? (last?.speed ?? 1) : storedSpeed(speed);
    const begun = last ? { work: this.workMs(), skew: last.skew } : { work: 0, skew: 0 };
    this.#push({ wall: now(), ...begun, speed: chosen, paused: false });
  }

  /** Everything that a later process needs to go on. */
  get segments(): readonly ClockSegment[] {
    return this.#segments;
  }

  get speed(): number {
    const { speed } = this.#last;
    return speed === "instant" ? Number.POSITIVE_INFINITY : speed;
  }

  get isInstant(): boolean {
    return this.#last.speed === "instant";
  }

  get isPaused(): boolean {
    return this.#last.paused;
  }

  get skewMs(): number {
    return this.#last.skew;
  }

  /** The time to show now, in milliseconds since the epoch. */
  wallMs(): number {
    return this.#now() + this.#last.skew;
  }

  /** Work time now. */
  workMs(): number {
    const last = this.#last;
    return last.work + Math.max(0, this.#now() - last.wall) * rateOf(last);
  }

  /** The time to show for a moment of work that has passed: when the clock stood there, or jumped over it. */
  wallAt(workMs: number): number {
    const found = this.#segments.findIndex((_, i) => (this.#segments[i + 1]?.work ?? -1) >= workMs);
    const index = found === -1 ? this.#segments.length - 1 : found;
    const segment = this.#segments[index] ?? this.#last;
    const next = this.#segments[index + 1];
    const into = Math.max(0, workMs - segment.work);
    const rate = rateOf(segment);
    const wall = into === 0 ? segment.wall : segment.wall + into / rate;
    return Math.min(wall, next?.wall ?? Number.POSITIVE_INFINITY) + segment.skew;
  }

  setSpeed(speed: number): void {
    this.#change({ speed: storedSpeed(speed) });
  }

  pause(): void {
    this.#change({ paused: true });
  }

  resume(): void {
    this.#change({ paused: false });
  }

  /** Lets `ms` of work pass at once; timestamps do not jump. */
  advance(ms: number): void {
    if (!(ms >= 0) || !Number.isFinite(ms)) throw new RangeError(`cannot advance the clock by ${ms} ms`);
    this.#change({ work: this.workMs() + ms });
  }

  /** Shifts the times shown from now on by `ms` in all; the work is not touched. */
  setSkew(ms: number): void {
    const shown = new Date(this.#now() + ms);
    if (Number.isNaN(shown.getTime())) throw new RangeError(`cannot skew the clock by ${ms} ms: that is no date`);
    this.#change({ skew: ms });
  }

  get #last(): ClockSegment {
    const last = this.#segments.at(-1);
    if (last === undefined) throw new Error("a clock has at least one segment");
    return last;
  }

  #change(change: Partial<ClockSegment>): void {
    const { speed, paused, skew } = this.#last;
    this.#push({ wall: this.#now(), work: this.workMs(), speed, paused, skew, ...change });
  }

  #push(segment: ClockSegment): void {
    this.#segments.push(segment);
    this.#onChange(segment);
  }
}

function storedSpeed(speed: number): ClockSegment["speed"] {
  if (!(speed > 0))
    throw new RangeError(`the speed must be a number above 0, not ${speed}; pause the clock to stop it`);
  return speed === Number.POSITIVE_INFINITY ? "instant" : speed;
}
