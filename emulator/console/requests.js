/** @import { ConsoleView, ShownRequest } from "../src/console/view" */
import { byId, Keyed, keepTable, make, mark, say } from "./dom.js";
import { counted, duration } from "./text.js";

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
    this.#rows = new Keyed(keepTable(this.#table), {
      keyOf: (/** @type {ShownRequest} */ { seq }) => String(seq),
      create: (first) => createRow(first, onDetails),
    });
    const hold = byId("requests-hold", HTMLButtonElement);
    hold.addEventListener("click", () => {
      this.#isHeld = !this.#isHeld;
      mark(hold, "aria-pressed", String(this.#isHeld));
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
    say(this.#count, counted(items.length, found));
    this.#table.hidden = items.length === 0;
    this.#empty.hidden = items.length > 0;
    say(this.#empty, filter === "" ? "There are none yet." : "None matches the filter.");
  }
}

/**
 * @param {ShownRequest} first
 * @param {(seq: number) => void} onDetails
 */
function createRow({ seq, at, method, path, key }, onDetails) {
  const status = make("td", { role: "cell", class: "code" });
  const took = make("td", { role: "cell", class: "took" });
  const fault = make("span", { class: "detail fault" });
  const button = make(
    "button",
    { type: "button", class: "quiet" },
    "Details",
    make("span", { class: "unseen" }, ` of request ${seq}`),
  );
  button.addEventListener("click", () => onDetails(seq));
  const element = make(
    "tr",
    { role: "row" },
    make("td", { role: "cell", class: "at" }, make("time", { datetime: at }, new Date(at).toTimeString().slice(0, 8))),
    make(
      "th",
      { scope: "row", role: "rowheader" },
      make("strong", {}, `${method} ${path.replace(/^\/api\/v1/, "")}`),
      fault,
    ),
    status,
    took,
    make("td", { role: "cell", class: "id" }, key ?? "none"),
    make("td", { role: "cell", class: "actions" }, button),
  );
  const update = (/** @type {ShownRequest} */ next) => {
    const isOver = next.durationMs !== null;
    say(status, next.status === null ? (isOver ? "no response" : "running") : String(next.status));
    mark(status, "data-class", next.status === null ? (isOver ? "lost" : null) : String(next.status).charAt(0));
    say(
      took,
      next.durationMs === null
        ? ""
        : next.durationMs < 1_000
          ? `${Math.round(next.durationMs)} ms`
          : duration(next.durationMs),
    );
    say(fault, next.fault === null ? "" : `failure ${next.fault}`);
  };
  return { element, update };
}
