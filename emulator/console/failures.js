/** @import { ConsoleView } from "../src/console/view" */
/** @import { AddedFault, FaultAction, FaultMatch, FaultRule } from "../src/faults/rules" */
/** @import { AddedOutcome } from "../src/platform/outcomes" */
import { byId, createButton, createElement, KeyedTable, setText } from "./dom.js";
import { formatNumber, quoted } from "./text.js";

/** The requests to which a failure can apply. @type {readonly { label: string, many: string, match: FaultMatch }[]} */
const targets = [
  { label: "create", many: "creates", match: { method: "POST", path: "/deployments" } },
  { label: "poll of an operation", many: "polls of operations", match: { method: "GET", path: "/operations*" } },
  { label: "read of deployments", many: "reads of deployments", match: { method: "GET", path: "/deployments*" } },
  { label: "delete", many: "deletes", match: { method: "DELETE" } },
  { label: "request", many: "requests", match: {} },
];

/** The failures on offer. @type {readonly { label: string, rule: Omit<FaultRule, "match"> }[]} */
const failures = [
  { label: "Lose the response", rule: { when: "after", action: { type: "reset" } } },
  { label: "Drop the request", rule: { when: "before", action: { type: "reset" } } },
  { label: "Respond with 500", rule: { action: { type: "answer", status: 500 } } },
  { label: "Respond with 503", rule: { action: { type: "answer", status: 503 } } },
  { label: "Respond with 429", rule: { action: { type: "answer", status: 429, retryAfter: 5 } } },
  { label: "Truncate the body", rule: { action: { type: "truncate" } } },
  { label: "Delay by 10 s", rule: { delayMs: 10_000 } },
];

/** @type {readonly { label: string, result: AddedOutcome["result"] }[]} */
const results = [
  { label: "Fails", result: "fail" },
  { label: "Is canceled", result: "cancel" },
  { label: "Never ends", result: "hang" },
  { label: "Is not found", result: "vanish" },
];

/** @typedef {{ id: string, kind: "faults" | "outcomes", text: string, seen: number, applied: number }} Rule */

/** The forms that add failures, and the table of active ones. */
export class FailurePanel {
  #rateNow = byId("rate-now", HTMLElement);
  #rows;

  /**
   * @param {(method: "POST" | "PUT" | "DELETE", path: string, body: object | undefined, done: string) => void} change Calls
   *   the control API, and reports `done` on success.
   */
  constructor(change) {
    const empty = byId("no-rules", HTMLElement);
    this.#rows = new KeyedTable(byId("rules", HTMLTableElement), empty, empty, {
      keyOf: (/** @type {Rule} */ { id }) => id,
      create: (rule) => this.#createRow(rule, change),
    });

    const times = byId("fault-times", HTMLSelectElement);
    const target = byId("fault-target", HTMLSelectElement);
    const showTargets = () => {
      const isOne = times.value === "1" || times.value === "always";
      const selected = Math.max(0, target.selectedIndex);
      target.replaceChildren(
        ...targets.map(({ label, many }, index) =>
          createElement("option", { value: String(index) }, isOne ? label : many),
        ),
      );
      target.selectedIndex = selected;
    };
    times.addEventListener("change", showTargets);
    showTargets();
    byId("fault-actions", HTMLElement).append(
      ...failures.map(({ label, rule }) =>
        createButton(label, () => {
          const { match } = targets[target.selectedIndex] ?? { match: {} };
          const count = times.value === "always" ? "always" : Number(times.value);
          change("POST", "/faults", { ...rule, match: { ...match, times: count } }, "Added the failure");
        }),
      ),
      createButton("10 s outage", () => change("POST", "/outage", { forMs: 10_000 }, "Refusing connections for 10 s")),
    );

    const operation = byId("outcome-operation", HTMLSelectElement);
    const name = byId("outcome-name", HTMLInputElement);
    byId("outcome-results", HTMLElement).append(
      ...results.map(({ label, result }) =>
        createButton(label, () => {
          const match = { operation: operation.value, ...(name.value === "" ? {} : { name: name.value }) };
          change("POST", "/outcomes", { match, result }, "Added the outcome");
        }),
      ),
    );
    for (const id of ["fault", "outcome"])
      byId(id, HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());

    byId("rate-limit", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const requests = Number(byId("rate-requests", HTMLInputElement).value);
      const perSeconds = Number(byId("rate-seconds", HTMLInputElement).value);
      change("PUT", "/rate-limit", { requests, perSeconds }, "Set the rate limit");
    });
    byId("rate-off", HTMLButtonElement).addEventListener("click", () => {
      change("DELETE", "/rate-limit", undefined, "Removed the rate limit");
    });
  }

  /** @param {ConsoleView} view */
  show({ faults, outcomes, rateLimit }) {
    this.#rows.show([...faults.map(ruleOfFault), ...outcomes.map(ruleOfOutcome)]);
    setText(
      this.#rateNow,
      rateLimit === null
        ? "No rate limit."
        : `Limit: ${formatNumber(rateLimit.requests)} requests in ${formatNumber(rateLimit.perSeconds)} s.`,
    );
  }

  /**
   * @param {Rule} first
   * @param {(method: "DELETE", path: string, body: undefined, done: string) => void} change
   */
  #createRow(first, change) {
    const [seen, seenCell] = countCell("Matched ");
    const [applied, appliedCell] = countCell("Applied ");
    const remove = createElement(
      "button",
      { type: "button", class: "quiet" },
      "Remove",
      createElement("span", { class: "visually-hidden" }, ` ${first.text}`),
    );
    remove.addEventListener("click", () =>
      change("DELETE", `/${first.kind}/${first.id}`, undefined, "Removed the failure"),
    );
    const element = createElement(
      "tr",
      { role: "row" },
      createElement("th", { scope: "row", role: "rowheader" }, first.text),
      seenCell,
      appliedCell,
      createElement("td", { role: "cell", class: "actions" }, remove),
    );
    const update = (/** @type {Rule} */ rule) => {
      setText(seen, formatNumber(rule.seen));
      setText(applied, formatNumber(rule.applied));
    };
    return { element, update };
  }
}

/**
 * A count and its cell, with a label for screens on which the table has no header.
 *
 * @param {string} label
 * @returns {[HTMLElement, HTMLElement]}
 */
function countCell(label) {
  const count = createElement("span");
  return [count, createElement("td", { role: "cell" }, createElement("span", { class: "label" }, label), count)];
}

/**
 * @param {AddedFault} fault
 * @returns {Rule}
 */
function ruleOfFault({ id, seen, applied, match = {}, when, delayMs, action }) {
  const { method = "any", path, name, times = 1, nth = 1 } = match;
  const where = [method, typeof path === "string" ? path : path === undefined ? "" : JSON.stringify(path)]
    .join(" ")
    .trim();
  const which = times === "always" ? "each" : `${formatNumber(times)} ×`;
  const parts = [
    ...(delayMs === undefined ? [] : [`delayed by ${formatNumber(delayMs)} ms`]),
    ...(action === undefined ? [] : [describeAction(action, when)]),
  ];
  const what = parts.length === 0 ? "changes only" : parts.join(", ");
  const details = [
    ...(name === undefined ? [] : [`named ${quoted(name)}`]),
    ...(nth === 1 ? [] : [`starting with number ${formatNumber(nth)}`]),
  ];
  return { id, kind: "faults", text: [`${which} ${where}`, ...details, what].join(", "), seen, applied };
}

/**
 * @param {AddedOutcome} outcome
 * @returns {Rule}
 */
function ruleOfOutcome({ id, seen, applied, match = {}, result }) {
  const { operation = "operation", name, times = 1 } = match;
  const which = times === "always" ? "each" : `${formatNumber(times)} ×`;
  const whose = name === undefined ? "" : ` of ${quoted(name)}`;
  return { id, kind: "outcomes", text: `${which} ${operation}${whose}, ${result}`, seen, applied };
}

/**
 * @param {FaultAction} action
 * @param {FaultRule["when"]} when
 */
function describeAction(action, when) {
  switch (action.type) {
    case "reset":
    case "close":
      return when === "after" ? "response lost" : "request dropped";
    case "answer":
      return `response ${action.status}`;
    case "truncate":
      return "body truncated";
    default:
      return action.type;
  }
}
