/**
 * The platform's two clocks.
 *
 * *Wall time* is what timestamps show: real milliseconds since the epoch, plus a skew that tests may set.
 *
 * *Work time* measures operations in milliseconds. It runs `speed` times as fast as wall time, stops while the clock is
 * paused, and jumps when the clock is advanced.
 *
 * The clock uses no timers, so ten thousand operations cost nothing until somebody reads them.
 */

/**
 * A period of constant speed, which starts at `wall` and `work`. `skew` is added to wall time. All times are in
 * milliseconds.
 */
export interface ClockSegment {
  wall: number;
  work: number;
  speed: number | "instant";
  paused: boolean;
  skew: number;
}

export interface ClockOptions {
  /**
   * Work milliseconds per real millisecond; `Infinity` completes operations at once. Default: the speed before a
   * restart, or 1.
   */
  speed?: number | undefined;
  /** The segments of an earlier process. Work continues while the emulator is down, as on the real platform. */
  segments?: readonly ClockSegment[];
  /** The real time in milliseconds since the epoch. The default never runs backward. */
  now?: () => number;
  /** Called with every new segment, so that it can be stored. */
  onChange?: (segment: ClockSegment) => void;
}

const monotonicNow = (): number => performance.timeOrigin + performance.now();

const rateOf = (segment: ClockSegment): number => {
  if (segment.paused) return 0;
  return segment.speed === "instant" ? 1 : segment.speed;
};

export class Clock {
  readonly #segments: ClockSegment[];
  readonly #now: () => number;
  readonly #onChange: (segment: ClockSegment) => void;

  constructor({ speed, segments = [], now = monotonicNow, onChange = () => {} }: ClockOptions = {}) {
    this.#now = now;
    this.#onChange = onChange;
    this.#segments = [...segments];
    const last = this.#segments.at(-1);
    const initialSpeed = speed === undefined ? (last?.speed ?? 1) : storedSpeed(speed);
    const start = last ? { work: this.workMs(), skew: last.skew } : { work: 0, skew: 0 };
    this.#push({ wall: now(), ...start, speed: initialSpeed, paused: false });
  }

  /** What a later process needs to continue. */
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

  /** The current wall time, in milliseconds since the epoch. */
  wallMs(): number {
    return this.#now() + this.#last.skew;
  }

  /** The current work time. */
  workMs(): number {
    const last = this.#last;
    return last.work + Math.max(0, this.#now() - last.wall) * rateOf(last);
  }

  /** The wall time at which the clock reached, or jumped over, a past work time. */
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

  /** Advances work time by `ms`. Wall time does not jump. */
  advance(ms: number): void {
    if (!(ms >= 0) || !Number.isFinite(ms)) throw new RangeError(`cannot advance the clock by ${ms} ms`);
    this.#change({ work: this.workMs() + ms });
  }

  /** Sets the skew of wall time. Work time does not change. */
  setSkew(ms: number): void {
    const shown = new Date(this.#now() + ms);
    if (Number.isNaN(shown.getTime()))
      throw new RangeError(`cannot skew the clock by ${ms} ms: the result is not a valid date`);
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
