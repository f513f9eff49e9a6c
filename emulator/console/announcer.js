/** @import { ConsoleView } from "../src/console/view" */
import { formatNumber } from "./text.js";

/** Statuses worth telling, with the words for one deployment and for many. */
const statusPhrases = /** @type {const} */ ({
  provisioning: ["is being provisioned", "are being provisioned"],
  ready: ["is ready", "are ready"],
  failed: ["has failed", "have failed"],
  destroying: ["is being destroyed", "are being destroyed"],
  destroyed: ["is gone", "are gone"],
});

/** More names than that are only counted. */
const maxNames = 3;

/**
 * What has become of deployments since the view before; phases are not worth interrupting anybody.
 *
 * @param {ConsoleView | undefined} before
 * @param {ConsoleView} after
 * @param {ReadonlySet<string>} known Ids of those that whoever listens knows about already.
 * @returns {{ id: string, name: string, status: string }[]}
 */
export function changes(before, after, known = new Set()) {
  if (before === undefined) return [];
  const statuses = new Map(before.deployments.items.map(({ id, status }) => [id, status]));
  return after.deployments.items.filter(({ id, status, created_at: createdAt }) => {
    if (known.has(id)) return false;
    const former = statuses.get(id);
    // What was out of sight until now is no news, unless it has only just been made.
    return former === undefined ? createdAt > before.clock.time : former !== status;
  });
}

/**
 * @param {readonly { name: string, status: string }[]} found
 * @returns {string}
 */
export function describeChanges(found) {
  return Object.entries(statusPhrases)
    .map(([status, [one, many]]) => {
      const names = found.filter((each) => each.status === status).map(({ name }) => name);
      if (names.length === 0) return "";
      if (names.length === 1) return `${names[0]} ${one}.`;
      const subject = names.length <= maxNames ? names.join(", ") : `${formatNumber(names.length)} deployments`;
      return `${subject} ${many}.`;
    })
    .filter((sentence) => sentence !== "")
    .join(" ");
}

/** How long news is gathered before it is told, and how long there is peace after that. */
const batchMs = 1_500;
const minIntervalMs = 5_000;

/** Tells a live region what has happened: gathered for a moment, so that a run of the engine makes no torrent. */
export class Announcer {
  #region;
  /** The latest of each deployment. @type {Map<string, { name: string, status: string }>} */
  #pending = new Map();
  /** @type {string[]} */
  #sentences = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #announcedAt = Number.NEGATIVE_INFINITY;

  /** @param {HTMLElement} region */
  constructor(region) {
    this.#region = region;
  }

  /** @param {readonly { id: string, name: string, status: string }[]} found */
  tell(found) {
    if (found.length === 0) return;
    for (const { id, name, status } of found) this.#pending.set(id, { name, status });
    this.#schedule();
  }

  /** @param {string} sentence */
  setText(sentence) {
    this.#sentences.push(sentence);
    this.#schedule();
  }

  #schedule() {
    const delay = Math.max(batchMs, this.#announcedAt + minIntervalMs - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#announcedAt = performance.now();
      this.#region.textContent = [...this.#sentences, describeChanges([...this.#pending.values()])].join(" ").trim();
      this.#pending.clear();
      this.#sentences = [];
    }, delay);
  }
}
