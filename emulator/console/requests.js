/** @import { ConsoleView, ConsoleRequest } from "../src/console/view" */
import { byId, createElement, KeyedTable, setAttribute, setText } from "./dom.js";
import { formatCount, formatDuration } from "./text.js";

/** @typedef {{ requests: ConsoleView["requests"], filter: string, size: number }} View */

/** The table of requests to the API. */
export class RequestTable {
  #count = byId("requests-count", HTMLElement);
  #empty = byId("no-requests", HTMLElement);
  #rows;
  #isPaused = false;
  /** What is shown. @type {View | undefined} */
  #shown;
  /** What would be shown without the pause. @type {View | undefined} */
  #latest;

  /** @param {(seq: number) => void} onDetails */
  constructor(onDetails) {
    this.#rows = new KeyedTable(byId("requests", HTMLTableElement), this.#empty, byId("requests-title", HTMLElement), {
      keyOf: (/** @type {ConsoleRequest} */ { seq }) => String(seq),
      create: (first) => createRow(first, onDetails),
    });
    const pause = byId("requests-pause", HTMLButtonElement);
    pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      setAttribute(pause, "aria-pressed", String(this.#isPaused));
      if (this.#latest !== undefined) this.show(this.#latest);
    });
  }

  /**
   * While updates are paused, only another filter or size changes what is shown.
   *
   * @param {View} view
   */
  show(view) {
    this.#latest = view;
    const { requests, filter, size } = view;
    const isSameList = filter === this.#shown?.filter && size === this.#shown.size;
    if (this.#isPaused && isSameList && requests.items.length > 0) return;
    this.#shown = view;
    this.#rows.show(requests.items);
    setText(this.#count, formatCount(requests.items.length, requests.found));
    setText(this.#empty, filter === "" ? "No requests yet." : "No request matches the filter.");
  }
}

/**
 * @param {ConsoleRequest} first
 * @param {(seq: number) => void} onDetails
 */
function createRow({ seq, at, method, path, key }, onDetails) {
  const status = createElement("td", { role: "cell", class: "code" });
  const duration = createElement("td", { role: "cell", class: "duration" });
  const fault = createElement("span", { class: "detail fault" });
  const button = createElement(
    "button",
    { type: "button", class: "quiet" },
    "Details",
    createElement("span", { class: "visually-hidden" }, ` of request ${seq}`),
  );
  button.addEventListener("click", () => onDetails(seq));
  const element = createElement(
    "tr",
    { role: "row" },
    createElement(
      "td",
      { role: "cell", class: "time" },
      createElement("time", { datetime: at }, new Date(at).toTimeString().slice(0, 8)),
    ),
    createElement(
      "th",
      { scope: "row", role: "rowheader" },
      createElement("strong", {}, `${method} ${path.replace(/^\/api\/v1/, "")}`),
      fault,
    ),
    status,
    duration,
    createElement("td", { role: "cell", class: "id" }, key ?? "none"),
    createElement("td", { role: "cell", class: "actions" }, button),
  );
  const update = (/** @type {ConsoleRequest} */ next) => {
    const isEnded = next.durationMs !== null;
    setText(status, next.status === null ? (isEnded ? "no response" : "in progress") : String(next.status));
    setAttribute(
      status,
      "data-class",
      next.status === null ? (isEnded ? "lost" : null) : String(next.status).charAt(0),
    );
    setText(
      duration,
      next.durationMs === null
        ? ""
        : next.durationMs < 1_000
          ? `${Math.round(next.durationMs)} ms`
          : formatDuration(next.durationMs),
    );
    setText(fault, next.fault ?? "");
  };
  return { element, update };
}
