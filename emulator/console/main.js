/** @import { ConsoleView, ConsoleDeployment } from "../src/console/view" */
/** @import { Result } from "./controls.js" */
/** @import { Simulation } from "./simulations.js" */
import { Announcer, changes } from "./announcer.js";
import { ClockPanel } from "./clock.js";
import { Connection } from "./connection.js";
import { control } from "./controls.js";
import { CreateDialog } from "./create.js";
import { DeploymentTable } from "./deployments.js";
import { DetailsDialog } from "./details.js";
import { byId, createElement, setAttribute, setText } from "./dom.js";
import { FailurePanel } from "./failures.js";
import { icon } from "./icons.js";
import { DeploymentMenu } from "./menu.js";
import { OperationChart } from "./operations.js";
import { RenameDialog } from "./rename.js";
import { RequestTable } from "./requests.js";
import { ShowMore } from "./show-more.js";
import { formatNumber, quoted } from "./text.js";

/** How often what moves is moved; less often for those who asked for little motion. */
const frameMs = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1_000 : 200;
const feedbackMs = 10_000;
/** A longer one finds nothing anyway, and would not fit into an address, in characters. */
const longestSearch = 1_000;

/** @type {ConsoleView | undefined} */
let view;
let search = "";
/** Only deployments with this status are shown, if it is set. @type {string | undefined} */
let status;
let filter = "";
/** What was found is still to be told. */
let hasSearched = false;
/** @type {"connecting" | "live" | "lost"} */
let state = "connecting";
/** The platform's time when it was last heard of, and the browser's at that moment. */
let heard = { time: 0, at: 0 };
/** Ids of deployments that were changed from here, whose next change is no news. @type {Set<string>} */
const ours = new Set();

const announcer = new Announcer(byId("news", HTMLElement));
const rename = new RenameDialog();
const operations = new OperationChart();
const details = new DetailsDialog(tell);
const menu = new DeploymentMenu((deployment, simulation) => void simulate(deployment, simulation));
const deployments = new DeploymentTable({
  onSimulate: (deployment, trigger) => menu.open(deployment, trigger),
  onDetails: (id) => void details.showDeployment(id),
  onIgnored: (reason) => tell(reason, "rejected"),
});
const requests = new RequestTable((seq) => void details.showRequest(seq));
const failures = new FailurePanel(async (method, path, body, done) => report(await control(method, path, body), done));
new CreateDialog(async (deployment) => {
  const { name } = deployment;
  report(
    await control("POST", "/deployments", deployment),
    name === undefined ? "It is created" : `${quoted(name)} is created`,
  );
});
const clock = new ClockPanel(async (change, done) => {
  const result = await control("PATCH", "/clock", change);
  report(result, done);
  return result.kind === "done";
});
const deploymentWindow = new ShowMore("deployments", [10, 50, 200], followMore);
const operationWindow = new ShowMore("operations", [25, 100, 200], followMore);
const requestWindow = new ShowMore("requests", [10, 50, 200], followMore);
const connection = new Connection(path(), { onView: show, onTime: hear, onState: setState });

const searchField = byId("search", HTMLInputElement);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
searchField.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    search = searchField.value.trim();
    // Another choice is no change.
    view = undefined;
    hasSearched = true;
    connection.follow(path());
  }, 200);
});

const filterField = byId("filter", HTMLInputElement);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let filtering;
filterField.addEventListener("input", () => {
  clearTimeout(filtering);
  filtering = setTimeout(() => {
    filter = filterField.value.trim();
    connection.follow(path());
  }, 200);
});
byId("requests-clear", HTMLButtonElement).addEventListener("click", async () => {
  report(await control("DELETE", "/requests"), "The request log is empty");
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

/** What to follow. */
function path() {
  const query = new URLSearchParams({
    ...(search === "" ? {} : { search: search.slice(0, longestSearch) }),
    ...(status === undefined ? {} : { status }),
    ...(filter === "" ? {} : { filter: filter.slice(0, longestSearch) }),
    deployments: String(deploymentWindow.size),
    operations: String(operationWindow.size),
    requests: String(requestWindow.size),
  });
  return `/_emulator/events?${query}`;
}

/** @param {string} shown What there will be more of. */
function followMore(shown) {
  announcer.say(`${shown}.`);
  connection.follow(path());
}

/** The platform's time; it stands still while the platform is out of reach, as does all that is known of it. */
function now() {
  return heard.time + (state === "live" ? performance.now() - heard.at : 0);
}

/** @param {string} time */
function hear(time) {
  heard = { time: Date.parse(time), at: performance.now() };
}

/** @param {ConsoleView} next */
function show(next) {
  hear(next.clock.time);
  const news = changes(view, next, ours);
  for (const { id } of changes(view, next)) ours.delete(id);
  announcer.tell(news);
  if (hasSearched) announcer.say(search === "" ? "All are shown." : `${formatNumber(next.deployments.found)} found.`);
  hasSearched = false;
  view = next;
  const at = now();
  const under = next.counts.deployments.provisioning + next.counts.deployments.destroying;
  document.title = `${under === 0 ? "" : `${formatNumber(under)} in progress · `}Onvera emulator`;
  showTiles(next.counts.deployments);
  clock.show(next.clock);
  clock.tick(at);
  deployments.show(next.deployments, { search, status, now: at });
  menu.update(next.deployments.items);
  operations.show(next.operations, { search, now: at });
  deploymentWindow.show(next.deployments.found);
  operationWindow.show(next.operations.found);
  requests.show(next.requests, { filter });
  requestWindow.show(next.requests.found);
  failures.show(next);
  setText(byId("axis-note", HTMLElement), axisNote(next.clock));
}

/** @param {ConsoleView["clock"]} clock */
function axisNote({ speed, paused }) {
  if (paused) return "The axis shows real time. Work is paused.";
  if (speed === "instant") return "The axis shows real time. Work takes no time.";
  return speed === 1 ? "" : `The axis shows real time, in which work runs ${formatNumber(speed)} times as fast.`;
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
      tile.addEventListener("click", () => filterBy(status === each ? undefined : each));
      tiles.append(createElement("li", { class: "tile" }, tile));
    }
    const [count] = tile.getElementsByTagName("strong");
    if (count !== undefined) setText(count, formatNumber(counts[each]));
    tile.classList.toggle("none", counts[each] === 0);
    setAttribute(tile, "aria-pressed", String(status === each));
  }
}

/** @param {string | undefined} next */
function filterBy(next) {
  status = next;
  announcer.say(next === undefined ? "All deployments are shown." : `Only ${next} deployments are shown.`);
  if (view !== undefined) showTiles(view.counts.deployments);
  // Another choice is no change.
  view = undefined;
  connection.follow(path());
}

/** @param {"live" | "lost"} next */
function setState(next) {
  if (next === state) return;
  // The time as it was known is kept.
  if (next === "lost") heard = { time: now(), at: performance.now() };
  if (next === "lost") announcer.say("The emulator cannot be reached; retrying.");
  else if (state === "lost") announcer.say("The emulator can be reached again.");
  state = next;
  const place = byId("connection", HTMLElement);
  setAttribute(place, "data-state", next);
  if (place.lastElementChild !== null) setText(place.lastElementChild, next === "live" ? "Live" : "Not reachable");
  const banner = byId("outage", HTMLElement);
  banner.hidden = next === "live";
  const seen =
    view === undefined ? "" : ` This page shows the state of ${new Date(heard.time).toTimeString().slice(0, 8)}.`;
  setText(banner, `The emulator cannot be reached; retrying.${seen}`);
}

/**
 * @param {ConsoleDeployment} deployment
 * @param {Simulation} simulation
 */
async function simulate(deployment, { change, done, unavailableReason }) {
  const { id, name } = deployment;
  const refused = unavailableReason(deployment);
  if (refused !== undefined) {
    tell(refused, "rejected");
    return;
  }
  const renamed = change === "rename" ? await rename.ask(name) : undefined;
  if (change === "rename" && renamed === undefined) return;
  ours.add(id);
  const body = renamed === undefined ? { change } : { change, name: renamed };
  const result = await control("POST", `/deployments/${encodeURIComponent(id)}`, body);
  if (result.kind !== "done") ours.delete(id);
  report(result, done(name, renamed ?? name));
}

/**
 * @param {Result} result
 * @param {string} done What to say when it was carried out.
 */
function report(result, done) {
  if (result.kind === "done") tell(done, "done");
  else if (result.kind === "rejected") tell(`Nothing was changed: ${result.reason}`, "rejected");
  else tell("The emulator does not respond. Its state will show whether the change was made", "rejected");
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/**
 * Reports the result of the last action, for the eye and for screen readers.
 *
 * @param {string} text
 * @param {"done" | "rejected"} kind
 */
function tell(text, kind) {
  const place = byId("feedback", HTMLElement);
  setAttribute(place, "data-kind", kind);
  // The same words again shall be read again.
  place.replaceChildren(icon(kind === "done" ? "succeeded" : "failed"), createElement("span", {}, text));
  clearTimeout(fading);
  fading = setTimeout(() => place.replaceChildren(), feedbackMs);
}
