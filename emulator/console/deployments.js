/** @import { ConsoleView, ConsoleDeployment } from "../src/console/view" */
import { byId, createElement, KeyedTable, setText } from "./dom.js";
import { icon } from "./icons.js";
import { applicationName, displayName, formatAge, formatCount, humanize, quoted } from "./text.js";

/** After the rows have moved, clicks are ignored for this long: they were meant for another row. */
const clickGuardMs = 400;

/**
 * The table of deployments. `onSimulate` gets a deployment and the button that opens its menu, `onDetails` gets an ID, and
 * `onIgnored` gets the reason why a click was ignored.
 */
export class DeploymentTable {
  #count = byId("deployments-count", HTMLElement);
  #empty = byId("no-deployments", HTMLElement);
  #handlers;
  #rows;
  #movedAt = Number.NEGATIVE_INFINITY;
  /** Names that several deployments share. Their buttons also contain the ID. @type {Set<string>} */
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
    this.#rows = new KeyedTable(
      byId("deployments", HTMLTableElement),
      this.#empty,
      byId("deployments-title", HTMLElement),
      {
        keyOf: (/** @type {ConsoleDeployment} */ { id }) => id,
        create: (first) => this.#createRow(first),
      },
    );
  }

  /**
   * @param {ConsoleView["deployments"]} deployments
   * @param {{ search: string, status: string | undefined, now: number }} options
   */
  show({ items, found }, { search, status, now }) {
    const names = items.filter(({ gone_at: goneAt }) => goneAt === null).map(({ name }) => name);
    this.#ambiguous = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    const kept = new Set(items.map(({ id }) => id));
    for (const id of this.#ages.keys()) if (!kept.has(id)) this.#ages.delete(id);
    if (this.#rows.show(items)) this.#movedAt = performance.now();
    setText(this.#count, formatCount(names.length, found));
    setText(
      this.#empty,
      status === undefined && search === ""
        ? `No deployments yet. Set ONVERA_BASE_URL=${location.origin}/api/v1 and ONVERA_API_KEY to the key printed at startup, then run pulumi up.`
        : search === ""
          ? `No ${status} deployments.`
          : `No ${status === undefined ? "" : `${status} `}deployment matches ${quoted(search)}.`,
    );
    this.tick(now);
  }

  /**
   * Updates the ages.
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
      if (event.detail > 0 && performance.now() - this.#movedAt < clickGuardMs) {
        this.#handlers.onIgnored("The rows just moved, so the click was ignored. Try again");
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
        createElement("span", {}, `${applicationName(first.app_type)} `),
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
      showStatus(status, next.status, isGone ? "deleted" : humanize(next.status));
      setText(phase, next.phase === null ? "" : humanize(next.phase));
      setText(address, next.url === null ? "–" : next.url.replace(/^https?:\/\//, ""));
      element.classList.toggle("gone", isGone);
      simulate.hidden = isGone;
      for (const label of [detailsOf, simulateOf]) {
        setText(label, ` ${next.name}${this.#ambiguous.has(next.name) ? ` (${next.id})` : ""}`);
      }
    };
    return { element, update };
  }
}

/**
 * A button in a row, and the hidden part of its label that names the row.
 *
 * @param {string} label Words after the first are hidden.
 * @returns {[HTMLButtonElement, HTMLElement]}
 */
function rowButton(label) {
  const [word = "", ...rest] = label.split(" ");
  const rowName = createElement("span", { class: "visually-hidden" });
  const hidden = rest.length === 0 ? [] : [createElement("span", { class: "visually-hidden" }, ` ${rest.join(" ")}`)];
  return [createElement("button", { type: "button", class: "quiet" }, word, ...hidden, rowName), rowName];
}

/**
 * Shows a status as an icon and text, so that it does not depend on color.
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
