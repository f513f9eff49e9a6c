/** Formats times, phases and numbers. */

/**
 * A duration with a suitable precision: `0.4 s`, `12 s`, `3 min 32 s`, `2 h 5 min`, `3 d 4 h`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatDuration(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  return inUnits(Math.round(seconds), 2);
}

/**
 * An age in its largest unit: `12 s`, `3 min`, `2 h`, `4 d`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatAge(ms) {
  return inUnits(Math.floor(Math.max(0, ms) / 1000), 1);
}

const units = /** @type {const} */ ([
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
]);

/**
 * @param {number} seconds
 * @param {number} maxUnits The maximum number of units.
 */
function inUnits(seconds, maxUnits) {
  const first = Math.max(
    0,
    units.findIndex(([, length], index) => seconds >= length || index === units.length - 1),
  );
  let rest = seconds;
  const parts = units.slice(first, first + maxUnits).flatMap(([unit, length], index) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return index > 0 && count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.join(" ");
}

/**
 * A name within a sentence. It is isolated, so that a right-to-left name does not reorder the sentence.
 *
 * @param {string} name
 * @returns {string}
 */
export const quoted = (name) => `“\u2068${name}\u2069”`;

/**
 * A name by itself. A blank name is shown in quotation marks.
 *
 * @param {string} name
 * @returns {string}
 */
export const displayName = (name) => (name.trim() === "" ? `“${name}”` : name);

/**
 * The name of an application: `airflow` → `Airflow`.
 *
 * @param {string} appType
 */
export const applicationName = (appType) => appType.charAt(0).toUpperCase() + appType.slice(1);

/**
 * A phase or status with spaces instead of underscores.
 *
 * @param {string} name
 * @returns {string}
 */
export const humanize = (name) => name.replaceAll("_", " ");

/**
 * The kind of an operation without its namespace: `create`, `destroy`.
 *
 * @param {string} type
 * @returns {string}
 */
export const operationKind = (type) => humanize(type.slice(type.lastIndexOf(".") + 1));

/**
 * @param {number} count
 * @returns {string}
 */
export const formatNumber = (count) => count.toLocaleString("en");

/**
 * The length of a list, or how much of it is shown: `6`, or `25 of 1,000`.
 *
 * @param {number} shown
 * @param {number} found
 * @returns {string}
 */
export const formatCount = (shown, found) =>
  shown < found ? `${formatNumber(shown)} of ${formatNumber(found)}` : formatNumber(found);

/**
 * The phases with their durations, and the outcome: `queued 0.1 s, initialization 2 s, now database provisioning`.
 *
 * @param {import("../src/console/view").ConsoleOperation} operation
 * @returns {string}
 */
export function describePhases({ phases, status, ended_at: endedAt }) {
  const parts = phases.map(({ phase, started_at: startedAt, ended_at: phaseEndedAt }) =>
    phaseEndedAt === null
      ? `now ${humanize(phase)}`
      : `${humanize(phase)} ${formatDuration(Date.parse(phaseEndedAt) - Date.parse(startedAt))}`,
  );
  return [...parts, ...(endedAt === null ? [] : [status])].join(", ");
}
