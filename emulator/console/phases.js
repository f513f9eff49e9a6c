/** The known phases in order, each with the symbol for a narrow bar. Their colors are in style.css. */
const symbols = new Map([
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
]);

/**
 * The symbol of a phase. Unknown phases share one.
 *
 * @param {string} phase
 * @returns {string}
 */
export const symbolOf = (phase) => symbols.get(phase) ?? "?";

/**
 * The phases without duplicates, in the order in which operations reach them; unknown ones come last.
 *
 * @param {Iterable<string>} phases
 * @returns {string[]}
 */
export function sortPhases(phases) {
  const order = [...symbols.keys()];
  const rank = (/** @type {string} */ phase) => (symbols.has(phase) ? order.indexOf(phase) : order.length);
  return [...new Set(phases)].sort((a, b) => rank(a) - rank(b));
}
