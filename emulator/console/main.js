/** @import { ConsoleView, ShownDeployment } from "../src/console/view" */
/** @import { Result } from "./controls.js" */
/** @import { Interference } from "./interfere.js" */
import { Announcer, changes } from "./announcer.js";
import { ClockPanel } from "./clock.js";
import { Connection } from "./connection.js";
import { control } from "./controls.js";
import { DeploymentTable } from "./deployments.js";
import { byId, make, mark, say } from "./dom.js";
import { icon } from "./icons.js";
import { OperationChart } from "./operations.js";
import { RenameDialog } from "./rename.js";
import { number } from "./text.js";
import { Window } from "./window.js";

/** How often what moves is moved; less often for those who asked for little motion. */
const frameMs = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1_000 : 200;
const feedbackMs = 10_000;

/** @type {ConsoleView | undefined} */
let view;
let search = "";
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
const deployments = new DeploymentTable({ onInterfere: interfere, onRefuse: (reason) => tell(reason, "refused") });
const clock = new ClockPanel(async (change, done) => {
  const result = await control("PATCH", "/clock", change);
  report(result, done);
  return result.kind === "done";
});
const deploymentWindow = new Window("deployments", [10, 50, 200], followMore);
const operationWindow = new Window("operations", [25, 100, 200], followMore);
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

const range = byId("range", HTMLSelectElement);
range.addEventListener("change", () => {
  operations.showsAll = range.value === "all";
  if (view !== undefined) operations.show(view.operations, { search, now: now() });
});

const asText = byId("as-text", HTMLButtonElement);
asText.addEventListener("click", () => {
  const isText = asText.getAttribute("aria-pressed") !== "true";
  mark(asText, "aria-pressed", String(isText));
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
    ...(search === "" ? {} : { search }),
    deployments: String(deploymentWindow.size),
    operations: String(operationWindow.size),
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
  if (hasSearched) announcer.say(search === "" ? "All are shown." : `${number(next.deployments.found)} found.`);
  hasSearched = false;
  view = next;
  const at = now();
  const under = next.counts.deployments.provisioning + next.counts.deployments.destroying;
  document.title = `${under === 0 ? "" : `${number(under)} under way · `}Onvera console`;
  showTiles(next.counts.deployments);
  clock.show(next.clock);
  clock.tick(at);
  deployments.show(next.deployments, { search, now: at });
  operations.show(next.operations, { search, now: at });
  deploymentWindow.show(next.deployments.found);
  operationWindow.show(next.operations.found);
}

/** @param {ConsoleView["counts"]["deployments"]} counts */
function showTiles(counts) {
  const tiles = byId("tiles", HTMLDListElement);
  for (const status of /** @type {const} */ (["ready", "provisioning", "destroying", "failed", "destroyed"])) {
    let tile = tiles.querySelector(`[data-status="${status}"]`);
    if (tile === null) {
      tile = make("div", { "data-status": status }, make("dt", {}, icon(status), status), make("dd"));
      tiles.append(tile);
    }
    const [value] = tile.getElementsByTagName("dd");
    if (value !== undefined) say(value, number(counts[status]));
    tile.classList.toggle("none", counts[status] === 0);
  }
}

/** @param {"live" | "lost"} next */
function setState(next) {
  if (next === state) return;
  // The time as it was known is kept.
  if (next === "lost") heard = { time: now(), at: performance.now() };
  if (next === "lost") announcer.say("The platform is not reachable, trying on.");
  else if (state === "lost") announcer.say("The platform is back.");
  state = next;
  const place = byId("connection", HTMLElement);
  mark(place, "data-state", next);
  if (place.lastElementChild !== null) say(place.lastElementChild, next === "live" ? "Live" : "Not reachable");
  const banner = byId("outage", HTMLElement);
  banner.hidden = next === "live";
  const seen =
    view === undefined ? "" : ` What you see is as it was at ${new Date(heard.time).toTimeString().slice(0, 8)}.`;
  say(banner, `The platform is not reachable, trying on.${seen}`);
}

/**
 * @param {ShownDeployment} deployment
 * @param {Interference} interference
 */
async function interfere({ id, name }, { change, done }) {
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
  else if (result.kind === "refused") tell(`Nothing was changed: ${result.reason}`, "refused");
  else tell("The platform does not answer; what has come of this will show when it is back", "refused");
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/**
 * What has come of the last press, for the eye and for screen readers.
 *
 * @param {string} text
 * @param {"done" | "refused"} kind
 */
function tell(text, kind) {
  const place = byId("feedback", HTMLElement);
  mark(place, "data-kind", kind);
  // The same words again shall be read again.
  place.replaceChildren(icon(kind === "done" ? "succeeded" : "failed"), make("span", {}, text));
  clearTimeout(fading);
  fading = setTimeout(() => place.replaceChildren(), feedbackMs);
}
