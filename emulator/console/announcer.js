/** @import { ConsoleView } from "../src/console/view" */
import { formatNumber } from "./text.js";

/** What to announce for each status, for one deployment and for several. */
const statusPhrases = /** @type {const} */ ({
  provisioning: ["is being provisioned", "are being provisioned"],
  ready: ["is ready", "are ready"],
  failed: ["has failed", "have failed"],
  destroying: ["is being destroyed", "are being destroyed"],
  destroyed: ["was deleted", "were deleted"],
});

/** The most deployments of a status that are announced by name. */
const maxNames = 3;

/**
 * The deployments whose status has changed since the previous view. Changes of the phase are not announced.
 *
 * @param {ConsoleView | undefined} before
 * @param {ConsoleView} after
 * @param {ReadonlySet<string>} known IDs of deployments whose change the user already knows about.
 * @returns {{ id: string, name: string, status: string }[]}
 */
export function changes(before, after, known = new Set()) {
  if (before === undefined) return [];
  const statuses = new Map(before.deployments.items.map(({ id, status }) => [id, status]));
  return after.deployments.items.filter(({ id, status, created_at: createdAt }) => {
    if (known.has(id)) return false;
    const former = statuses.get(id);
    // A deployment that was not in the previous view has changed only if it is new.
    return former === undefined ? createdAt > before.clock.time : former !== status;
  });
}

/**
 * @param {readonly { name: string, status: string }[]} changed
 * @returns {string}
 */
export function describeChanges(changed) {
  return Object.entries(statusPhrases)
    .map(([status, [one, many]]) => {
      const names = changed.filter((each) => each.status === status).map(({ name }) => name);
      if (names.length === 0) return "";
      if (names.length === 1) return `${names[0]} ${one}.`;
      const subject = names.length <= maxNames ? names.join(", ") : `${formatNumber(names.length)} deployments`;
      return `${subject} ${many}.`;
    })
    .filter((sentence) => sentence !== "")
    .join(" ");
}

/** How long changes are collected before they are announced, and the minimum time between two announcements. */
const batchMs = 1_500;
const minIntervalMs = 5_000;

/** Announces changes to screen readers through a live region, in batches. */
export class Announcer {
  #region;
  /** The latest change of each deployment. @type {Map<string, { name: string, status: string }>} */
  #changed = new Map();
  /** @type {string[]} */
  #sentences = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #announcedAt = Number.NEGATIVE_INFINITY;

  /** @param {HTMLElement} region */
  constructor(region) {
    this.#region = region;
  }

  /** @param {readonly { id: string, name: string, status: string }[]} changed */
  announceChanges(changed) {
    if (changed.length === 0) return;
    for (const { id, name, status } of changed) this.#changed.set(id, { name, status });
    this.#schedule();
  }

  /** @param {string} sentence */
  announce(sentence) {
    this.#sentences.push(sentence);
    this.#schedule();
  }

  #schedule() {
    const delay = Math.max(batchMs, this.#announcedAt + minIntervalMs - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#announcedAt = performance.now();
      this.#region.textContent = [...this.#sentences, describeChanges([...this.#changed.values()])].join(" ").trim();
      this.#changed.clear();
      this.#sentences = [];
    }, delay);
  }
}
