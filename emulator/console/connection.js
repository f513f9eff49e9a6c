/** @import { ConsoleView } from "../src/console/view" */

/** The server sends an event at least every two seconds. After this time without one, the connection is lost. */
const timeoutMs = 8_000;
const retryMs = 1_000;

/**
 * Receives the server's events, and reconnects for as long as the page is open. Calls `onView` at once and after each
 * change, and `onState` when the connection is lost and when it is back. Closes the connection while the page is hidden,
 * since browsers allow only a few per host.
 */
export class Connection {
  #path;
  #handlers;
  /** @type {EventSource | undefined} */
  #source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} path
   * @param {{ onView: (view: ConsoleView) => void, onTime: (time: string) => void, onState: (state: "live" | "lost") => void }} handlers
   */
  constructor(path, handlers) {
    this.#path = path;
    this.#handlers = handlers;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#close();
      else this.#open();
    });
    this.#open();
  }

  /**
   * Reconnects if the path differs.
   *
   * @param {string} path
   */
  setPath(path) {
    if (path === this.#path) return;
    this.#path = path;
    this.#open();
  }

  #open() {
    this.#close();
    const source = new EventSource(this.#path);
    this.#source = source;
    source.addEventListener("view", ({ data }) => {
      this.#confirm();
      this.#handlers.onView(JSON.parse(data));
    });
    source.addEventListener("beat", ({ data }) => {
      this.#confirm();
      this.#handlers.onTime(JSON.parse(data).time);
    });
    source.addEventListener("error", () => this.#retry());
    this.#schedule(timeoutMs, () => this.#retry());
  }

  #close() {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#timer);
  }

  #confirm() {
    this.#handlers.onState("live");
    this.#schedule(timeoutMs, () => this.#retry());
  }

  /** EventSource reconnects by itself, but not after every kind of failure. */
  #retry() {
    this.#close();
    this.#handlers.onState("lost");
    this.#schedule(retryMs, () => this.#open());
  }

  /**
   * @param {number} ms
   * @param {() => void} callback
   */
  #schedule(ms, callback) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(callback, ms);
  }
}
