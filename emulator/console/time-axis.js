/** Positions on the time axis of the operations. Pure functions; times are in milliseconds. */

/** @typedef {{ from: number, to: number }} Span */

/** The longest pause within one run of the engine. */
const maxGapMs = 5_000;

/**
 * The span of the latest activity: from the newest operation back to the first pause that is longer than `maxGapMs` and
 * half of the span so far. Ends with the last operation, or now while one is in progress. Returns `null` if there are no
 * operations.
 *
 * @param {readonly Span[]} times The span of each operation. One in progress ends now.
 * @returns {Span | null}
 */
export function latestActivity(times) {
  const [first, ...older] = [...times].sort((a, b) => b.to - a.to);
  if (first === undefined) return null;
  let { from } = first;
  for (const each of older) {
    if (from - each.to > Math.max(maxGapMs, (first.to - from) / 2)) break;
    from = Math.min(from, each.from);
  }
  return { from, to: first.to };
}

/** Possible lengths of the axis in seconds. The axis grows in steps, so that the chart does not move between them. */
const lengths = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 600, 720, 900,
  1200, 1500, 1800, 2400, 3000, 3600, 5400, 7200, 10800, 14400, 21600, 28800, 43200, 86400,
];

/**
 * The axis for a span: its length, and the distance between its ticks.
 *
 * @param {number} spanMs
 * @param {number} [maxTicks] The maximum number of ticks.
 * @returns {{ lengthMs: number, stepMs: number }}
 */
export function axisFor(spanMs, maxTicks = 6) {
  const seconds = spanMs / 1000;
  const days = Math.ceil(seconds / 86_400);
  const length = lengths.find((each) => each >= seconds) ?? days * 86_400;
  const steps = [0.1, 0.2, 0.25, 0.5, ...lengths, days * 86_400];
  const step = steps.find((each) => length / each <= maxTicks && isWhole(length / each)) ?? length;
  return { lengthMs: length * 1000, stepMs: step * 1000 };
}

/** @param {number} value */
const isWhole = (value) => Math.abs(value - Math.round(value)) < 1e-9;

/**
 * The position of a span on an axis, in percent of the axis. The part outside the axis is cut off.
 *
 * @param {Span} span
 * @param {{ from: number, lengthMs: number }} axis
 * @returns {{ left: number, width: number }}
 */
export function positionOn({ from, to }, { from: start, lengthMs }) {
  const percentAt = (/** @type {number} */ at) => Math.min(100, Math.max(0, ((at - start) / lengthMs) * 100));
  const left = percentAt(from);
  return { left, width: Math.max(0, percentAt(to) - left) };
}
