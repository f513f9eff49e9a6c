/** @import { DeploymentState, OperationState } from "../src/control/control" */
/** @import { LoggedRequest } from "../src/api/request-log" */
import { fetchJson } from "./control-api.js";
import { byId, createElement, setText } from "./dom.js";
import { formatDuration, humanize } from "./text.js";

/** The dialog that shows all data of a deployment or of a request. */
export class DetailsDialog {
  #dialog = byId("details", HTMLDialogElement);
  #title = byId("details-title", HTMLElement);
  #about = byId("details-about", HTMLElement);
  #parts = byId("details-parts", HTMLElement);
  #copy = byId("details-copy", HTMLButtonElement);
  #report;
  #id = "";

  /** @param {(text: string, kind: "done" | "rejected") => void} report */
  constructor(report) {
    this.#report = report;
    byId("details-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(this.#id);
        this.#dialog.close();
        this.#report("Copied the ID", "done");
      } catch {
        this.#report("The browser did not allow copying", "rejected");
      }
    });
  }

  /** @param {string} id */
  async showDeployment(id) {
    /** @type {{ deployment: DeploymentState, operations: OperationState[] } | undefined} */
    const found = await fetchJson(`/deployments/${encodeURIComponent(id)}`);
    if (found === undefined) return this.#report("Cannot read this deployment", "rejected");
    const { deployment, operations } = found;
    this.#id = id;
    this.#show(deployment.name, `${humanize(deployment.status)}, ${id}`, [
      ["Deployment", deployment],
      ...operations.map(
        (operation) =>
          /** @type {[string, object]} */ ([
            `Operation ${operation.type}: ${operation.status}${operation.vanished ? ", not found by the API" : ""}`,
            operation,
          ]),
      ),
    ]);
  }

  /** @param {number} seq */
  async showRequest(seq) {
    /** @type {LoggedRequest | undefined} */
    const found = await fetchJson(`/requests/${seq}`);
    if (found === undefined) return this.#report("The log no longer contains this request", "rejected");
    const { method, path, at, status, durationMs, key, userAgent, query, body, response, fault, platformStatus } =
      found;
    this.#id = "";
    const took = durationMs === null ? "in progress" : formatDuration(durationMs);
    this.#show(`${method} ${path}`, `${new Date(at).toLocaleTimeString()}, ${took}`, [
      ["Request", { key, userAgent, query, ...(body === undefined ? {} : { body }) }],
      [
        status === null ? "No response" : `Response ${status}`,
        {
          ...(fault === null ? {} : { fault, platformStatus }),
          ...(response === undefined ? {} : { body: parsed(response) }),
        },
      ],
    ]);
  }

  /**
   * @param {string} title
   * @param {string} about
   * @param {readonly [string, object][]} parts
   */
  #show(title, about, parts) {
    setText(this.#title, title);
    setText(this.#about, about);
    this.#copy.hidden = this.#id === "";
    this.#parts.replaceChildren(
      ...parts.map(([name, value], index) => {
        const part = createElement(
          "details",
          {},
          createElement("summary", {}, name),
          createElement("pre", { tabindex: "0" }, JSON.stringify(value, null, 2)),
        );
        part.open = index < 2;
        return part;
      }),
    );
    this.#dialog.showModal();
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
