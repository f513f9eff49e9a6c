/** The phases that are known, in their order: the short sign that stands in a narrow bar, and its colour in style.css. */
const known = [
  ["queued", "Q"],
  ["initialization", "1"],
  ["database_provisioning", "2"],
  ["infrastructure_provisioning", "3"],
  ["application_bootstrap", "4"],
  ["migrations", "5"],
  ["health_checks", "6"],
  ["subdomain_configuration", "7"],
  ["revoking_access", "A"],
  ["removing_db_tenant", "B"],
  ["tearing_down_infra", "C"],
];

/** @type {Map<string, string>} */
const signs = new Map(known.map(([phase = "", sign = ""]) => [phase, sign]));

/**
 * The sign of a phase; one that is not known has none of its own.
 *
 * @param {string} phase
 * @returns {string}
 */
export const symbolOf = (phase) => signs.get(phase) ?? "?";

/**
 * Phases in the order in which work goes through them, the unknown ones last.
 *
 * @param {Iterable<string>} phases
 * @returns {string[]}
 */
export function sortPhases(phases) {
  const order = [...signs.keys()];
  const rank = (/** @type {string} */ phase) => (signs.has(phase) ? order.indexOf(phase) : order.length);
  return [...new Set(phases)].sort((a, b) => rank(a) - rank(b));
}
