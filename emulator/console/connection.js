/** @import { ConsoleView } from "../src/console/view" */

/** The platform sends something every two seconds; when it has not for so long, it hangs or the line is dead. */
const timeoutMs = 8_000;
const retryMs = 1_000;

/**
 * Follows the platform: calls `onView` with all there is to show, at once and whenever it has changed, and `onState` when
 * it is lost and when it is back. Tries on for ever. While nobody looks at the page it holds no connection, of which a
 * browser has only a few.
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
   * Asks for something else from now on.
   *
   * @param {string} path
   */
  follow(path) {
    if (path === this.#path) return;
    this.#path = path;
    this.#open();
  }

  #open() {
    this.#close();
    const source = new EventSource(this.#path);
    this.#source = source;
    source.addEventListener("view", ({ data }) => {
      this.#onEvent();
      this.#handlers.onView(JSON.parse(data));
    });
    source.addEventListener("beat", ({ data }) => {
      this.#onEvent();
      this.#handlers.onTime(JSON.parse(data).time);
    });
    source.addEventListener("error", () => this.#onLost());
    this.#schedule(timeoutMs, () => this.#onLost());
  }

  #close() {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#timer);
  }

  #onEvent() {
    this.#handlers.onState("live");
    this.#schedule(timeoutMs, () => this.#onLost());
  }

  /** A browser would try again by itself, but not after every kind of failure. */
  #onLost() {
    this.#close();
    this.#handlers.onState("lost");
    this.#schedule(retryMs, () => this.#open());
  }

  /**
   * @param {number} ms
   * @param {() => void} then
   */
  #schedule(ms, then) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
