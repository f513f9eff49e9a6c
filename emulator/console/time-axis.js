/** Where things stand on the time axis of the operations. Values in, values out; times in milliseconds. */

/** @typedef {{ from: number, to: number }} Span */

/**
 * A run of the engine is quiet for some seconds at most; what is further apart belongs to something else.
 */
const maxGapMs = 5_000;

/**
 * The time of the latest stretch in which something went on: from the newest operation back, as long as the next one is
 * not further away than a quiet moment, or half of the stretch so far. Ends with the last end, or now while something is
 * in flight. Nothing: `null`.
 *
 * @param {readonly Span[]} times Of each operation; what is in flight ends now.
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

/** What an axis may be long, in seconds: so it grows in steps, and what has been drawn stays where it is in between. */
const lengths = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 600, 720, 900,
  1200, 1500, 1800, 2400, 3000, 3600, 5400, 7200, 10800, 14400, 21600, 28800, 43200, 86400,
];

/**
 * The axis for a span: its length, in which a mark stands every `stepMs`.
 *
 * @param {number} spanMs
 * @param {number} [mostMarks] How many there may be room for.
 * @returns {{ lengthMs: number, stepMs: number }}
 */
export function axisFor(spanMs, mostMarks = 6) {
  const seconds = spanMs / 1000;
  const days = Math.ceil(seconds / 86_400);
  const length = lengths.find((each) => each >= seconds) ?? days * 86_400;
  const steps = [0.1, 0.2, 0.25, 0.5, ...lengths, days * 86_400];
  const step = steps.find((each) => length / each <= mostMarks && isWhole(length / each)) ?? length;
  return { lengthMs: length * 1000, stepMs: step * 1000 };
}

/** @param {number} value */
const isWhole = (value) => Math.abs(value - Math.round(value)) < 1e-9;

/**
 * Where a stretch of time lies on an axis, in percent of its length; what sticks out is cut off.
 *
 * @param {Span} span
 * @param {{ from: number, lengthMs: number }} axis
 * @returns {{ left: number, width: number }}
 */
export function positionOn({ from, to }, { from: start, lengthMs }) {
  const inside = (/** @type {number} */ at) => Math.min(100, Math.max(0, ((at - start) / lengthMs) * 100));
  const left = inside(from);
  return { left, width: Math.max(0, inside(to) - left) };
}
