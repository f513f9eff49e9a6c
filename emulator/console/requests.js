/** @import { ConsoleView, ConsoleRequest } from "../src/console/view" */
import { addTableRoles, byId, createElement, KeyedList, setAttribute, setText } from "./dom.js";
import { formatCount, formatDuration } from "./text.js";

/** The table of requests to the API. */
export class RequestTable {
  #table = byId("requests", HTMLTableElement);
  #count = byId("requests-count", HTMLElement);
  #empty = byId("no-requests", HTMLElement);
  #title = byId("requests-title", HTMLElement);
  #rows;
  #isHeld = false;

  /** @param {(seq: number) => void} onDetails */
  constructor(onDetails) {
    this.#rows = new KeyedList(addTableRoles(this.#table), {
      keyOf: (/** @type {ConsoleRequest} */ { seq }) => String(seq),
      create: (first) => createRow(first, onDetails),
    });
    const hold = byId("requests-hold", HTMLButtonElement);
    hold.addEventListener("click", () => {
      this.#isHeld = !this.#isHeld;
      setAttribute(hold, "aria-pressed", String(this.#isHeld));
    });
  }

  /**
   * @param {ConsoleView["requests"]} requests
   * @param {{ filter: string }} options
   */
  show({ items, found }, { filter }) {
    if (this.#isHeld && items.length > 0) return;
    const hadFocus = this.#table.contains(document.activeElement);
    this.#rows.show(items);
    if (hadFocus && !this.#table.contains(document.activeElement)) this.#title.focus({ preventScroll: true });
    setText(this.#count, formatCount(items.length, found));
    this.#table.hidden = items.length === 0;
    this.#empty.hidden = items.length > 0;
    setText(this.#empty, filter === "" ? "There are none yet." : "None matches the filter.");
  }
}

/**
 * @param {ConsoleRequest} first
 * @param {(seq: number) => void} onDetails
 */
function createRow({ seq, at, method, path, key }, onDetails) {
  const status = createElement("td", { role: "cell", class: "code" });
  const took = createElement("td", { role: "cell", class: "took" });
  const fault = createElement("span", { class: "detail fault" });
  const button = createElement(
    "button",
    { type: "button", class: "quiet" },
    "Details",
    createElement("span", { class: "unseen" }, ` of request ${seq}`),
  );
  button.addEventListener("click", () => onDetails(seq));
  const element = createElement(
    "tr",
    { role: "row" },
    createElement(
      "td",
      { role: "cell", class: "at" },
      createElement("time", { datetime: at }, new Date(at).toTimeString().slice(0, 8)),
    ),
    createElement(
      "th",
      { scope: "row", role: "rowheader" },
      createElement("strong", {}, `${method} ${path.replace(/^\/api\/v1/, "")}`),
      fault,
    ),
    status,
    took,
    createElement("td", { role: "cell", class: "id" }, key ?? "none"),
    createElement("td", { role: "cell", class: "actions" }, button),
  );
  const update = (/** @type {ConsoleRequest} */ next) => {
    const isOver = next.durationMs !== null;
    setText(status, next.status === null ? (isOver ? "no response" : "running") : String(next.status));
    setAttribute(status, "data-class", next.status === null ? (isOver ? "lost" : null) : String(next.status).charAt(0));
    setText(
      took,
      next.durationMs === null
        ? ""
        : next.durationMs < 1_000
          ? `${Math.round(next.durationMs)} ms`
          : formatDuration(next.durationMs),
    );
    setText(fault, next.fault === null ? "" : `failure ${next.fault}`);
  };
  return { element, update };
}
