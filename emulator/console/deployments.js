/** @import { ConsoleView, ShownDeployment } from "../src/console/view" */
/** @import { Interference } from "./interfere.js" */
import { byId, Keyed, keepTable, make, mark, say } from "./dom.js";
import { icon } from "./icons.js";
import { interferences } from "./interfere.js";
import { age, counted, words } from "./text.js";

/** A press this soon after the rows have moved was meant for what stood there before. */
const settledMs = 400;

/**
 * The table of deployments, with the buttons to interfere.
 *
 * `onInterfere` is called with what was pressed, one at a time for each deployment; `onRefuse` with the reason why a press
 * has no effect.
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
  /** Ids of those that a press is being carried out for. @type {Set<string>} */
  #busy = new Set();
  /** @type {Map<string, { time: HTMLTimeElement, createdAt: number }>} */
  #ages = new Map();

  /**
   * @param {{
   *   onInterfere: (deployment: ShownDeployment, interference: Interference) => Promise<void>,
   *   onRefuse: (reason: string) => void,
   * }} handlers
   */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#rows = new Keyed(keepTable(this.#table), {
      keyOf: (/** @type {ShownDeployment} */ { id }) => id,
      create: (first) => this.#createRow(first),
    });
  }

  /**
   * @param {ConsoleView["deployments"]} deployments
   * @param {{ search: string, now: number }} options
   */
  show({ items, found }, { search, now }) {
    const names = items.filter(({ gone_at: goneAt }) => goneAt === null).map(({ name }) => name);
    this.#ambiguous = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    const hadFocus = this.#table.contains(document.activeElement);
    const kept = new Set(items.map(({ id }) => id));
    for (const id of this.#ages.keys()) if (!kept.has(id)) this.#ages.delete(id);
    if (this.#rows.show(items)) this.#movedAt = performance.now();
    // Whoever stood in a row that has gone would be thrown to the top of the page, or stand on another row's button.
    if (hadFocus && !this.#table.contains(document.activeElement)) this.#title.focus({ preventScroll: true });
    say(this.#count, counted(names.length, found));
    this.#table.hidden = items.length === 0;
    this.#empty.hidden = items.length > 0;
    say(
      this.#empty,
      search === ""
        ? `There are none yet. Set ONVERA_BASE_URL=${location.origin}/api/v1 and ONVERA_API_KEY to the key that was printed on the start, and run pulumi up.`
        : `None has “${search}” in its name or id.`,
    );
    this.tick(now);
  }

  /**
   * Brings the ages up to date.
   *
   * @param {number} now
   */
  tick(now) {
    for (const { time, createdAt } of this.#ages.values()) say(time, age(now - createdAt));
  }

  /** @param {ShownDeployment} first */
  #createRow(first) {
    let deployment = first;
    const name = make("strong");
    const id = make("span", { class: "id" }, first.id);
    const status = make("span", { class: "status" });
    const phase = make("span", { class: "detail" });
    const address = make("td", { role: "cell", class: "address" });
    const time = make("time", { datetime: first.created_at });
    this.#ages.set(first.id, { time, createdAt: Date.parse(first.created_at) });
    const buttons = interferences.map((interference) => {
      const whose = make("span", { class: "unseen" });
      const button = make(
        "button",
        { type: "button", class: `quiet ${interference.change}` },
        interference.label,
        whose,
      );
      button.addEventListener("click", (event) => {
        this.#press(deployment, interference, { isPointer: event.detail > 0 });
      });
      return { button, whose, interference };
    });
    const actions = make("td", { role: "cell", class: "actions" }, ...buttons.map(({ button }) => button));
    const element = make(
      "tr",
      { role: "row" },
      make("th", { scope: "row", role: "rowheader" }, name, id),
      make("td", { role: "cell" }, status, phase),
      make(
        "td",
        { role: "cell", class: "app" },
        make("span", {}, first.app_type === "airflow" ? "Airflow " : "Superset "),
        make("span", { class: "detail" }, `in ${first.environment_id}`),
      ),
      address,
      make("td", { role: "cell", class: "age" }, make("span", { class: "label" }, "Age "), time),
      actions,
    );

    const update = (/** @type {ShownDeployment} */ next) => {
      deployment = next;
      const isGone = next.gone_at !== null;
      say(name, next.name);
      showStatus(status, next.status, isGone ? "gone" : words(next.status));
      say(phase, next.phase === null ? "" : words(next.phase));
      showAddress(address, next.url);
      element.classList.toggle("gone", isGone);
      if (isGone) actions.replaceChildren();
      for (const { button, whose, interference } of buttons) {
        say(whose, ` ${next.name}${this.#ambiguous.has(next.name) ? ` (${next.id})` : ""}`);
        mark(button, "aria-disabled", interference.refusal(next) === undefined ? null : "true");
      }
    };
    return { element, update };
  }

  /**
   * @param {ShownDeployment} deployment
   * @param {Interference} interference
   * @param {{ isPointer: boolean }} how
   */
  #press(deployment, interference, { isPointer }) {
    // A second press while the first is under way, as of a double click or a key that is held down, is no second wish.
    if (this.#busy.has(deployment.id)) return;
    if (isPointer && performance.now() - this.#movedAt < settledMs) {
      this.#handlers.onRefuse("The rows have just moved, so nothing was done; press again");
      return;
    }
    const refusal = interference.refusal(deployment);
    if (refusal !== undefined) {
      this.#handlers.onRefuse(refusal);
      return;
    }
    this.#busy.add(deployment.id);
    void this.#handlers.onInterfere(deployment, interference).finally(() => this.#busy.delete(deployment.id));
  }
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
    element.replaceChildren(icon(status), make("span"));
  }
  if (element.lastElementChild !== null) say(element.lastElementChild, word);
}

/**
 * @param {HTMLElement} cell
 * @param {string | null} url
 */
function showAddress(cell, url) {
  if (url === null || !/^https?:\/\//.test(url)) {
    if (cell.childElementCount > 0 || cell.textContent === "")
      cell.replaceChildren(make("span", { class: "detail" }, "–"));
    return;
  }
  const [link] = cell.getElementsByTagName("a");
  if (link?.href === url) return;
  const shown = url.replace(/^https?:\/\//, "");
  cell.replaceChildren(make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, shown));
}
