/** @import { ConsoleDeployment, ConsoleView } from "../src/console/view" */
/** @import { Result } from "./control-api.js" */
/** @import { Simulation } from "./simulations.js" */
import { Announcer, changes } from "./announcer.js";
import { ClockPanel } from "./clock.js";
import { Connection } from "./connection.js";
import { callControl } from "./control-api.js";
import { CreateDialog } from "./create-dialog.js";
import { DeploymentTable } from "./deployments.js";
import { DetailsDialog } from "./details-dialog.js";
import { byId, createElement, setAttribute, setText } from "./dom.js";
import { FailurePanel } from "./failures.js";
import { icon } from "./icons.js";
import { DeploymentMenu } from "./menu.js";
import { OperationChart } from "./operations.js";
import { RenameDialog } from "./rename-dialog.js";
import { RequestTable } from "./requests.js";
import { ShowMore } from "./show-more.js";
import { formatNumber, quoted } from "./text.js";

/** How often clocks, ages and bars are updated; less often for users who prefer reduced motion. */
const frameMs = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1_000 : 200;
const feedbackMs = 10_000;
/** How long after the last keystroke a search or filter starts. */
const typingPauseMs = 200;
/** The maximum length of a search or filter in the URL. A longer text finds nothing anyway. */
const maxSearchLength = 1_000;

/** @type {ConsoleView | undefined} */
let view;
let search = "";
/** The selected status filter. @type {string | undefined} */
let status;
let filter = "";
/** The number of search results is still to be announced. */
let hasSearched = false;
/** @type {"connecting" | "live" | "lost"} */
let state = "connecting";
/** The platform's time in the latest event, and the browser's time at that moment. */
let lastEvent = { time: 0, at: 0 };
/** IDs of deployments that were changed on this page, so that their next change is not announced. @type {Set<string>} */
const changedHere = new Set();

const announcer = new Announcer(byId("announcements", HTMLElement));
const rename = new RenameDialog();
const operations = new OperationChart();
const details = new DetailsDialog(showFeedback);
const menu = new DeploymentMenu((deployment, simulation) => void simulate(deployment, simulation));
const deployments = new DeploymentTable({
  onSimulate: (deployment, trigger) => menu.open(deployment, trigger),
  onDetails: (id) => void details.showDeployment(id),
  onIgnored: (reason) => showFeedback(reason, "rejected"),
});
const requests = new RequestTable((seq) => void details.showRequest(seq));
const failures = new FailurePanel(async (method, path, body, done) =>
  report(await callControl(method, path, body), done),
);
const creation = new CreateDialog(async (deployment) => {
  const { name } = deployment;
  const created = name === undefined ? "the deployment" : quoted(name);
  report(await callControl("POST", "/deployments", deployment), `Created ${created}`);
});
const clock = new ClockPanel(async (change, done) => {
  const result = await callControl("PATCH", "/clock", change);
  report(result, done);
  return result.kind === "done";
});
const moreDeployments = new ShowMore("deployments", [10, 50, 200], showMore);
const moreOperations = new ShowMore("operations", [25, 100, 200], showMore);
const moreRequests = new ShowMore("requests", [10, 50, 200], showMore);
const connection = new Connection(eventsPath(), { onView: show, onTime: setTime, onState: setState });

onTyped("search", (text) => {
  search = text;
  hasSearched = true;
  selectOtherDeployments();
});
onTyped("filter", (text) => {
  filter = text;
  connection.setPath(eventsPath());
});
byId("requests-clear", HTMLButtonElement).addEventListener("click", async () => {
  report(await callControl("DELETE", "/requests"), "Cleared the request log");
});

const range = byId("range", HTMLSelectElement);
range.addEventListener("change", () => {
  operations.showsAll = range.value === "all";
  if (view !== undefined) operations.show(view.operations, { search, now: now() });
});

const asText = byId("as-text", HTMLButtonElement);
asText.addEventListener("click", () => {
  const isText = asText.getAttribute("aria-pressed") !== "true";
  setAttribute(asText, "aria-pressed", String(isText));
  byId("operations", HTMLTableElement).classList.toggle("as-text", isText);
});

setInterval(() => {
  if (view === undefined) return;
  const at = now();
  clock.tick(at);
  deployments.tick(at);
  operations.tick(at);
}, frameMs);

/**
 * Calls `onText` with the text of a field when the user pauses typing.
 *
 * @param {string} id
 * @param {(text: string) => void} onText
 */
function onTyped(id, onText) {
  const field = byId(id, HTMLInputElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => onText(field.value.trim()), typingPauseMs);
  });
}

function eventsPath() {
  const query = new URLSearchParams({
    ...(search === "" ? {} : { search: search.slice(0, maxSearchLength) }),
    ...(status === undefined ? {} : { status }),
    ...(filter === "" ? {} : { filter: filter.slice(0, maxSearchLength) }),
    deployments: String(moreDeployments.size),
    operations: String(moreOperations.size),
    requests: String(moreRequests.size),
  });
  return `/_emulator/events?${query}`;
}

/** Follows the deployments that match the current search and status. */
function selectOtherDeployments() {
  // The next view shows other deployments, which are not changes to announce.
  view = undefined;
  connection.setPath(eventsPath());
}

/** @param {string} announcement */
function showMore(announcement) {
  announcer.announce(announcement);
  connection.setPath(eventsPath());
}

/** The platform's time. It stops while the emulator cannot be reached. */
function now() {
  return lastEvent.time + (state === "live" ? performance.now() - lastEvent.at : 0);
}

/** @param {string} time */
function setTime(time) {
  lastEvent = { time: Date.parse(time), at: performance.now() };
}

/** @param {ConsoleView} next */
function show(next) {
  setTime(next.clock.time);
  announcer.announceChanges(changes(view, next, changedHere));
  for (const { id } of changes(view, next)) changedHere.delete(id);
  if (hasSearched) {
    announcer.announce(search === "" ? "Showing all deployments." : `${formatNumber(next.deployments.found)} found.`);
  }
  hasSearched = false;
  view = next;
  const at = now();
  const inProgress = next.counts.deployments.provisioning + next.counts.deployments.destroying;
  document.title = `${inProgress === 0 ? "" : `${formatNumber(inProgress)} in progress · `}Onvera emulator`;
  showTiles(next.counts.deployments);
  clock.show(next.clock);
  clock.tick(at);
  deployments.show(next.deployments, { search, status, now: at });
  creation.show(next.appTypes);
  menu.update(next.deployments.items);
  operations.show(next.operations, { search, now: at });
  moreDeployments.show(next.deployments.found);
  moreOperations.show(next.operations.found);
  requests.show({ requests: next.requests, filter, size: moreRequests.size });
  moreRequests.show(next.requests.found);
  failures.show(next);
  setText(byId("axis-note", HTMLElement), axisNote(next.clock));
}

/** @param {ConsoleView["clock"]} clock */
function axisNote({ speed, paused }) {
  if (paused) return "The axis shows real time. The clock is paused.";
  if (speed === "instant") return "The axis shows real time. Operations complete instantly.";
  return speed === 1 ? "" : `The axis shows real time. Operations run ${formatNumber(speed)} times as fast.`;
}

/** @param {ConsoleView["counts"]["deployments"]} counts */
function showTiles(counts) {
  const tiles = byId("tiles", HTMLUListElement);
  for (const each of /** @type {const} */ (["ready", "provisioning", "destroying", "failed", "destroyed"])) {
    let tile = tiles.querySelector(`[data-status="${each}"]`);
    if (tile === null) {
      tile = createElement(
        "button",
        { type: "button", "data-status": each },
        createElement("span", { class: "what" }, icon(each), each),
        createElement("strong", { class: "value" }),
      );
      tile.addEventListener("click", () => filterByStatus(status === each ? undefined : each));
      tiles.append(createElement("li", { class: "tile" }, tile));
    }
    const [count] = tile.getElementsByTagName("strong");
    if (count !== undefined) setText(count, formatNumber(counts[each]));
    tile.classList.toggle("none", counts[each] === 0);
    setAttribute(tile, "aria-pressed", String(status === each));
  }
}

/** @param {string | undefined} next */
function filterByStatus(next) {
  status = next;
  announcer.announce(next === undefined ? "Showing all deployments." : `Showing ${next} deployments only.`);
  if (view !== undefined) showTiles(view.counts.deployments);
  selectOtherDeployments();
}

/** @param {"live" | "lost"} next */
function setState(next) {
  if (next === state) return;
  // Stops the time.
  if (next === "lost") lastEvent = { time: now(), at: performance.now() };
  if (next === "lost") announcer.announce("Cannot reach the emulator; retrying.");
  else if (state === "lost") announcer.announce("Reconnected to the emulator.");
  state = next;
  const badge = byId("connection", HTMLElement);
  setAttribute(badge, "data-state", next);
  if (badge.lastElementChild !== null) setText(badge.lastElementChild, next === "live" ? "Live" : "Disconnected");
  const banner = byId("outage", HTMLElement);
  banner.hidden = next === "live";
  const time = new Date(lastEvent.time).toTimeString().slice(0, 8);
  const shown = view === undefined ? "" : ` This page shows the state as of ${time}.`;
  setText(banner, `Cannot reach the emulator; retrying.${shown}`);
}

/**
 * @param {ConsoleDeployment} deployment
 * @param {Simulation} simulation
 */
async function simulate(deployment, { change, done, unavailableReason }) {
  const { id, name } = deployment;
  const reason = unavailableReason(deployment);
  if (reason !== undefined) {
    showFeedback(reason, "rejected");
    return;
  }
  const newName = change === "rename" ? await rename.open(name) : undefined;
  if (change === "rename" && newName === undefined) return;
  changedHere.add(id);
  const body = newName === undefined ? { change } : { change, name: newName };
  const result = await callControl("POST", `/deployments/${encodeURIComponent(id)}`, body);
  if (result.kind !== "done") changedHere.delete(id);
  report(result, done(name, newName ?? name));
}

/**
 * @param {Result} result
 * @param {string} done What to report on success.
 */
function report(result, done) {
  if (result.kind === "done") showFeedback(done, "done");
  else if (result.kind === "rejected") showFeedback(`No change was made: ${result.reason}`, "rejected");
  else showFeedback("The emulator did not respond. Check its state to see whether the change was made", "rejected");
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let feedbackTimer;

/**
 * Shows the result of the last action, in a region that screen readers announce.
 *
 * @param {string} text
 * @param {"done" | "rejected"} kind
 */
function showFeedback(text, kind) {
  const region = byId("feedback", HTMLElement);
  setAttribute(region, "data-kind", kind);
  // New elements are announced even if the text is the same.
  region.replaceChildren(icon(kind === "done" ? "succeeded" : "failed"), createElement("span", {}, text));
  clearTimeout(feedbackTimer);
  feedbackTimer = setTimeout(() => region.replaceChildren(), feedbackMs);
}
