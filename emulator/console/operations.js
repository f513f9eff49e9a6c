/** @import { ConsoleView, ConsoleOperation } from "../src/console/view" */
/** @import { Span } from "./time-axis.js" */
import { showStatus } from "./deployments.js";
import { addTableRoles, byId, createElement, KeyedList, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { sortPhases, symbolOf } from "./phases.js";
import { describePhases, displayName, formatCount, formatDuration, humanize, operationKind, quoted } from "./text.js";
import { axisFor, latestActivity, positionOn } from "./time-axis.js";

/** Room on the axis beyond the end, so that the sign there has a place. */
const slack = 1.05;
/** The room that a mark of the axis takes, and what a bar needs for its sign and for the name of its phase. */
const tickPx = 76;
const symbolPx = 20;
const namePx = 80;

/** @typedef {{ operation: ConsoleOperation, layout: (axis: Axis, now: number) => void }} Row */
/** @typedef {{ from: number, lengthMs: number, stepMs: number, px: number }} Axis */

/** The operations, each with its phases as bars on a common axis of time, and as text. */
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
  #axisDrawn = "";
  /** All or the latest activity only. */
  showsAll = false;

  constructor() {
    this.#rows = new KeyedList(addTableRoles(this.#table), {
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
    const visible = items.filter((each) => this.showsAll || (span !== null && spanOf(each, now).to >= span.from));
    const ids = new Set(visible.map(({ id }) => id));
    for (const id of this.#shown.keys()) if (!ids.has(id)) this.#shown.delete(id);
    this.#rows.show(visible);
    setText(this.#count, formatCount(visible.length, found));
    this.#table.hidden = items.length === 0;
    this.#empty.hidden = items.length > 0;
    setText(
      this.#empty,
      search === "" ? "There were none yet." : `None is for a deployment with ${quoted(search)} in its name.`,
    );
    this.#showLegend(visible);
    this.#axisDrawn = "";
    this.tick(now);
  }

  /**
   * Moves what is in flight on.
   *
   * @param {number} now
   */
  tick(now) {
    const span = this.#span(now);
    if (span === null) return;
    const px = this.#axis.clientWidth;
    const spanMs = Math.max(1, span.to - span.from);
    const axis = { from: span.from, px, ...axisFor(spanMs * slack, Math.max(2, Math.floor(px / tickPx))) };
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
   * Answers whether it has changed.
   *
   * @param {Axis} axis
   */
  #drawAxis({ from, lengthMs, stepMs, px }) {
    const drawn = [from, lengthMs, stepMs, px].join();
    if (drawn === this.#axisDrawn) return false;
    this.#axisDrawn = drawn;
    const marks = [];
    // The last one stands for nothing, and would stick out.
    for (let at = 0; at < lengthMs - stepMs / 2; at += stepMs) {
      const text = at === 0 ? new Date(from).toTimeString().slice(0, 8) : `+${formatDuration(at)}`;
      const element = createElement("span", {}, text);
      element.style.left = `${(at / lengthMs) * 100}%`;
      marks.push(element);
    }
    this.#axis.replaceChildren(...marks);
    this.#table.style.setProperty("--step", `${(stepMs / lengthMs) * 100}%`);
    return true;
  }

  /** @param {readonly ConsoleOperation[]} visible */
  #showLegend(visible) {
    const phases = sortPhases(visible.flatMap((each) => each.phases.map(({ phase }) => phase)));
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
      createElement("td", { role: "cell", class: "course" }, track, text),
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
        setAttribute(bar, "data-room", barPx < symbolPx ? "none" : barPx < namePx ? "little" : "much");
        // What took no time would only hide its neighbours.
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
      showStatus(status, next.status, next.vanished ? `${humanize(next.status)}, removed` : humanize(next.status));
      setText(detail, detailOf(next, Date.parse(next.ended_at ?? next.requested_at)));
      setText(text, describePhases(next));
      while (bars.length > next.phases.length) bars.pop()?.remove();
      next.phases.forEach((phase, index) => {
        let bar = bars[index];
        if (bar === undefined) {
          bar = createElement(
            "span",
            { class: "bar" },
            createElement("span", { class: "long" }),
            createElement("span", { class: "short" }),
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
  bar.classList.toggle("present", endedAt === null);
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
 * The phase that it is in, or how long it took, or why it failed.
 *
 * @param {ConsoleOperation} operation
 * @param {number} now
 */
function detailOf(operation, now) {
  const { error, phases, ended_at: endedAt } = operation;
  const { from, to } = spanOf(operation, now);
  if (error !== null) return error.message;
  if (endedAt !== null) return `after ${formatDuration(to - from)}`;
  return humanize(phases.at(-1)?.phase ?? "");
}
