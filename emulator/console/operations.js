/** @import { ConsoleView, ConsoleOperation } from "../src/console/view" */
/** @import { Span } from "./time-axis.js" */
import { showStatus } from "./deployments.js";
import { byId, createElement, KeyedTable, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { sortPhases, symbolOf } from "./phases.js";
import { describePhases, displayName, formatCount, formatDuration, humanize, operationKind, quoted } from "./text.js";
import { axisFor, latestActivity, positionOn } from "./time-axis.js";

/** How much longer than the operations the axis is, so that the icons at the end fit. */
const axisSlack = 1.05;
/**
 * The space in pixels for a tick label of the axis, for a bar with a symbol, and for a bar with the name of its phase.
 */
const tickPx = 76;
const symbolPx = 20;
const namePx = 80;

/** @typedef {{ operation: ConsoleOperation, layout: (axis: Axis, now: number) => void }} Row */
/** @typedef {{ from: number, lengthMs: number, stepMs: number, px: number }} Axis */

/** The chart of operations, with their phases as bars on a common time axis, and as text. */
export class OperationChart {
  #count = byId("operations-count", HTMLElement);
  #table = byId("operations", HTMLTableElement);
  #axis = byId("axis", HTMLElement);
  #legend = byId("legend", HTMLElement);
  #empty = byId("no-operations", HTMLElement);
  #rows;
  /** @type {Map<string, Row>} */
  #shown = new Map();
  /** @type {readonly ConsoleOperation[]} */
  #listed = [];
  #drawnAxis = "";
  /** Whether to show all operations instead of only the latest activity. */
  showsAll = false;

  constructor() {
    this.#rows = new KeyedTable(this.#table, this.#empty, byId("operations-title", HTMLElement), {
      keyOf: (/** @type {ConsoleOperation} */ { id }) => id,
      create: (first) => this.#createRow(first),
    });
  }

  /**
   * @param {ConsoleView["operations"]} operations
   * @param {{ search: string, now: number }} options
   */
  show({ items, found }, { search, now }) {
    this.#listed = items;
    const span = this.#span(now);
    const shown = items.filter((each) => this.showsAll || (span !== null && spanOf(each, now).to >= span.from));
    const ids = new Set(shown.map(({ id }) => id));
    for (const id of this.#shown.keys()) if (!ids.has(id)) this.#shown.delete(id);
    this.#rows.show(shown);
    setText(this.#count, formatCount(shown.length, found));
    setText(this.#empty, search === "" ? "No operations yet." : `No operation matches ${quoted(search)}.`);
    this.#showLegend(shown);
    this.#drawnAxis = "";
    this.tick(now);
  }

  /**
   * Moves the operations in progress forward.
   *
   * @param {number} now
   */
  tick(now) {
    const span = this.#span(now);
    if (span === null) return;
    const px = this.#axis.clientWidth;
    const spanMs = Math.max(1, span.to - span.from);
    const axis = { from: span.from, px, ...axisFor(spanMs * axisSlack, Math.max(2, Math.floor(px / tickPx))) };
    const isNew = this.#drawAxis(axis);
    for (const row of this.#shown.values()) {
      if (isNew || row.operation.ended_at === null) row.layout(axis, now);
    }
  }

  /** @param {number} now */
  #span(now) {
    const spans = this.#listed.map((each) => spanOf(each, now));
    if (!this.showsAll) return latestActivity(spans);
    if (spans.length === 0) return null;
    return { from: Math.min(...spans.map(({ from }) => from)), to: Math.max(...spans.map(({ to }) => to)) };
  }

  /**
   * Draws the axis. Returns whether it has changed.
   *
   * @param {Axis} axis
   */
  #drawAxis({ from, lengthMs, stepMs, px }) {
    const drawn = [from, lengthMs, stepMs, px].join();
    if (drawn === this.#drawnAxis) return false;
    this.#drawnAxis = drawn;
    const labels = [];
    // Without the label at the end, which would not fit.
    for (let at = 0; at < lengthMs - stepMs / 2; at += stepMs) {
      const text = at === 0 ? new Date(from).toTimeString().slice(0, 8) : `+${formatDuration(at)}`;
      const element = createElement("span", {}, text);
      element.style.left = `${(at / lengthMs) * 100}%`;
      labels.push(element);
    }
    this.#axis.replaceChildren(...labels);
    this.#table.style.setProperty("--step", `${(stepMs / lengthMs) * 100}%`);
    return true;
  }

  /** @param {readonly ConsoleOperation[]} shown */
  #showLegend(shown) {
    const phases = sortPhases(shown.flatMap((each) => each.phases.map(({ phase }) => phase)));
    if (this.#legend.dataset["phases"] === phases.join()) return;
    this.#legend.dataset["phases"] = phases.join();
    this.#legend.replaceChildren(
      ...phases.map((phase) =>
        createElement(
          "li",
          {},
          createElement("span", { class: "swatch", "data-phase": phase }, symbolOf(phase)),
          humanize(phase),
        ),
      ),
    );
  }

  /** @param {ConsoleOperation} first */
  #createRow(first) {
    const name = createElement("strong", {}, displayName(first.deployment_name));
    const kind = createElement(
      "span",
      { class: "detail" },
      [operationKind(first.type), first.app_type].filter(Boolean).join(" "),
    );
    const status = createElement("span", { class: "status" });
    const detail = createElement("span", { class: "detail" });
    const track = createElement("div", { class: "track", "aria-hidden": "true" });
    const end = createElement("span", { class: "end" });
    const text = createElement("p", { class: "phases" });
    const element = createElement(
      "tr",
      { role: "row" },
      createElement("th", { scope: "row", role: "rowheader" }, name, kind),
      createElement("td", { role: "cell", class: "outcome" }, status, detail),
      createElement("td", { role: "cell", class: "timeline" }, track, text),
    );
    /** @type {HTMLElement[]} */
    const bars = [];

    const layout = (/** @type {Axis} */ axis, /** @type {number} */ now) => {
      const { operation } = row;
      operation.phases.forEach(({ started_at: startedAt, ended_at: endedAt }, index) => {
        const bar = bars[index];
        if (bar === undefined) return;
        const from = Date.parse(startedAt);
        const to = endedAt === null ? Math.max(from, now) : Date.parse(endedAt);
        const { left, width } = positionOn({ from, to }, axis);
        bar.style.left = `${left}%`;
        bar.style.width = `${width}%`;
        const barPx = (width / 100) * axis.px;
        setAttribute(bar, "data-fits", barPx < symbolPx ? "nothing" : barPx < namePx ? "symbol" : "name");
        // A phase without a duration would hide its neighbors.
        bar.hidden = to === from && index < operation.phases.length - 1;
      });
      const { to } = spanOf(operation, now);
      const { left, width } = positionOn({ from: axis.from, to }, axis);
      end.style.left = `${left + width}%`;
      if (operation.ended_at === null) setText(detail, detailOf(operation, now));
    };

    /** @type {Row} */
    const row = { operation: first, layout };
    const update = (/** @type {ConsoleOperation} */ next) => {
      row.operation = next;
      this.#shown.set(next.id, row);
      showStatus(
        status,
        next.status,
        next.vanished ? `${humanize(next.status)}, not found by the API` : humanize(next.status),
      );
      setText(detail, detailOf(next, Date.parse(next.ended_at ?? next.requested_at)));
      setText(text, describePhases(next));
      while (bars.length > next.phases.length) bars.pop()?.remove();
      next.phases.forEach((phase, index) => {
        let bar = bars[index];
        if (bar === undefined) {
          bar = createElement(
            "span",
            { class: "bar" },
            createElement("span", { class: "name" }),
            createElement("span", { class: "symbol" }),
          );
          bars.push(bar);
          track.insertBefore(bar, end.parentNode === track ? end : null);
        }
        showBar(bar, phase);
      });
      if (end.parentNode !== track) track.append(end);
      if (end.dataset["status"] !== next.status) {
        end.dataset["status"] = next.status;
        end.replaceChildren(...(next.ended_at === null ? [] : [icon(next.status)]));
      }
    };
    return { element, update };
  }
}

/**
 * @param {HTMLElement} bar
 * @param {ConsoleOperation["phases"][number]} phase
 */
function showBar(bar, { phase, started_at: startedAt, ended_at: endedAt }) {
  setAttribute(bar, "data-phase", phase);
  bar.classList.toggle("current", endedAt === null);
  const length = endedAt === null ? "" : ` ${formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}`;
  setAttribute(bar, "title", `${humanize(phase)}${length}`);
  if (bar.firstElementChild !== null) setText(bar.firstElementChild, humanize(phase));
  if (bar.lastElementChild !== null) setText(bar.lastElementChild, symbolOf(phase));
}

/**
 * @param {ConsoleOperation} operation
 * @param {number} now
 * @returns {Span}
 */
function spanOf({ requested_at: requestedAt, ended_at: endedAt }, now) {
  const from = Date.parse(requestedAt);
  return { from, to: endedAt === null ? Math.max(from, now) : Date.parse(endedAt) };
}

/**
 * The current phase, the duration, or the reason of the failure.
 *
 * @param {ConsoleOperation} operation
 * @param {number} now
 */
function detailOf(operation, now) {
  const { error, phases, ended_at: endedAt } = operation;
  const { from, to } = spanOf(operation, now);
  if (error !== null) return error.message;
  if (endedAt !== null) return `took ${formatDuration(to - from)}`;
  return humanize(phases.at(-1)?.phase ?? "");
}
