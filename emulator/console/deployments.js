/** @import { ConsoleView, ConsoleDeployment } from "../src/console/view" */
import { addTableRoles, byId, createElement, KeyedList, setText } from "./dom.js";
import { icon } from "./icons.js";
import { displayName, formatAge, formatCount, humanize, quoted } from "./text.js";

/** A press this soon after the rows have moved was meant for what stood there before. */
const clickGuardMs = 400;

/**
 * The table of deployments.
 *
 * `onSimulate` is called with the button that opens the menu of a deployment, `onDetails` with an id, and `onIgnored` with the
 * reason why a press has no effect.
 */
export class DeploymentTable {
  #title = byId("deployments-title", HTMLElement);
  #count = byId("deployments-count", HTMLElement);
  #table = byId("deployments", HTMLTableElement);
  #empty = byId("no-deployments", HTMLElement);
  #handlers;
  #rows;
  #movedAt = Number.NEGATIVE_INFINITY;
  /** Names that several deployments have; their buttons also tell the id. @type {Set<string>} */
  #ambiguous = new Set();
  /** @type {Map<string, { time: HTMLTimeElement, createdAt: number }>} */
  #ages = new Map();

  /**
   * @param {{
   *   onSimulate: (deployment: ConsoleDeployment, trigger: HTMLButtonElement) => void,
   *   onDetails: (id: string) => void,
   *   onIgnored: (reason: string) => void,
   * }} handlers
   */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#rows = new KeyedList(addTableRoles(this.#table), {
      keyOf: (/** @type {ConsoleDeployment} */ { id }) => id,
      create: (first) => this.#createRow(first),
    });
  }

  /**
   * @param {ConsoleView["deployments"]} deployments
   * @param {{ search: string, status: string | undefined, now: number }} options
   */
  show({ items, found }, { search, status, now }) {
    const names = items.filter(({ gone_at: goneAt }) => goneAt === null).map(({ name }) => name);
    this.#ambiguous = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    const hadFocus = this.#table.contains(document.activeElement);
    const kept = new Set(items.map(({ id }) => id));
    for (const id of this.#ages.keys()) if (!kept.has(id)) this.#ages.delete(id);
    if (this.#rows.show(items)) this.#movedAt = performance.now();
    // Whoever stood in a row that has gone would be thrown to the top of the page, or stand on another row's button.
    if (hadFocus && !this.#table.contains(document.activeElement)) this.#title.focus({ preventScroll: true });
    setText(this.#count, formatCount(names.length, found));
    this.#table.hidden = items.length === 0;
    this.#empty.hidden = items.length > 0;
    setText(
      this.#empty,
      status !== undefined
        ? `None is ${status}${search === "" ? "" : ` and has ${quoted(search)} in its name or id`}.`
        : search === ""
          ? `There are none yet. Set ONVERA_BASE_URL=${location.origin}/api/v1 and ONVERA_API_KEY to the key that was printed at the start, and run pulumi up.`
          : `None has ${quoted(search)} in its name or id.`,
    );
    this.tick(now);
  }

  /**
   * Brings the ages up to date.
   *
   * @param {number} now
   */
  tick(now) {
    for (const { time, createdAt } of this.#ages.values()) setText(time, formatAge(now - createdAt));
  }

  /** @param {ConsoleDeployment} first */
  #createRow(first) {
    let deployment = first;
    const name = createElement("strong");
    const id = createElement("span", { class: "id" }, first.id);
    const status = createElement("span", { class: "status" });
    const phase = createElement("span", { class: "detail" });
    const address = createElement("td", { role: "cell", class: "address" });
    const time = createElement("time", { datetime: first.created_at });
    this.#ages.set(first.id, { time, createdAt: Date.parse(first.created_at) });
    const [details, detailsOf] = rowButton("Details of");
    details.addEventListener("click", () => this.#handlers.onDetails(first.id));
    const [simulate, simulateOf] = rowButton("Simulate");
    simulate.setAttribute("aria-haspopup", "menu");
    simulate.setAttribute("aria-expanded", "false");
    simulate.addEventListener("click", (event) => {
      // A press right after the rows have moved was meant for another deployment.
      if (event.detail > 0 && performance.now() - this.#movedAt < clickGuardMs) {
        this.#handlers.onIgnored("The rows have just moved, so nothing was done; press again");
        return;
      }
      this.#handlers.onSimulate(deployment, simulate);
    });
    const actions = createElement("td", { role: "cell", class: "actions" }, details, simulate);
    const element = createElement(
      "tr",
      { role: "row" },
      createElement("th", { scope: "row", role: "rowheader" }, name, id),
      createElement("td", { role: "cell" }, status, phase),
      createElement(
        "td",
        { role: "cell", class: "app" },
        createElement("span", {}, first.app_type === "airflow" ? "Airflow " : "Superset "),
        createElement("span", { class: "detail" }, `in ${first.environment_id}`),
      ),
      address,
      createElement("td", { role: "cell", class: "age" }, createElement("span", { class: "label" }, "Age "), time),
      actions,
    );

    const update = (/** @type {ConsoleDeployment} */ next) => {
      deployment = next;
      const isGone = next.gone_at !== null;
      setText(name, displayName(next.name));
      showStatus(status, next.status, isGone ? "gone" : humanize(next.status));
      setText(phase, next.phase === null ? "" : humanize(next.phase));
      setText(address, next.url === null ? "–" : next.url.replace(/^https?:\/\//, ""));
      element.classList.toggle("gone", isGone);
      simulate.hidden = isGone;
      for (const whose of [detailsOf, simulateOf]) {
        setText(whose, ` ${next.name}${this.#ambiguous.has(next.name) ? ` (${next.id})` : ""}`);
      }
    };
    return { element, update };
  }
}

/**
 * A button of a row, and the part of its name that says which row.
 *
 * @param {string} label The last word is hidden if it only leads to the name.
 * @returns {[HTMLButtonElement, HTMLElement]}
 */
function rowButton(label) {
  const [word = "", ...rest] = label.split(" ");
  const whose = createElement("span", { class: "unseen" });
  const lead = rest.length === 0 ? [] : [createElement("span", { class: "unseen" }, ` ${rest.join(" ")}`)];
  return [createElement("button", { type: "button", class: "quiet" }, word, ...lead, whose), whose];
}

/**
 * A sign and a word; the colour only repeats them.
 *
 * @param {HTMLElement} element
 * @param {string} status
 * @param {string} word
 */
export function showStatus(element, status, word) {
  if (element.dataset["status"] !== status) {
    element.dataset["status"] = status;
    element.replaceChildren(icon(status), createElement("span"));
  }
  if (element.lastElementChild !== null) setText(element.lastElementChild, word);
}
