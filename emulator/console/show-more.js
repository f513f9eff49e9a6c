import { byId, setText } from "./dom.js";
import { formatNumber } from "./text.js";

/** How much of a long list is shown: little at first, and more at a press. */
export class ShowMore {
  #what;
  #sizes;
  #button;
  #title;

  /**
   * @param {"deployments" | "operations" | "requests"} what
   * @param {readonly number[]} sizes From the first to the largest that the page is made for.
   * @param {(shown: string) => void} onMore Called with what is shown from now on, in words.
   */
  constructor(what, sizes, onMore) {
    this.#what = what;
    this.#sizes = [...sizes];
    this.#button = byId(`more-${what}`, HTMLButtonElement);
    this.#title = byId(`${what}-title`, HTMLElement);
    this.#button.addEventListener("click", () => {
      this.#sizes.shift();
      onMore(`Up to ${formatNumber(this.size)} ${what} are shown now`);
    });
  }

  get size() {
    return this.#sizes[0] ?? 0;
  }

  /** @param {number} found How many there are. */
  show(found) {
    const [, next] = this.#sizes;
    const hadFocus = document.activeElement === this.#button;
    this.#button.hidden = next === undefined || found <= this.size;
    if (hadFocus && this.#button.hidden) this.#title.focus({ preventScroll: true });
    setText(
      this.#button,
      `Show ${next === undefined || next >= found ? `all ${formatNumber(found)}` : formatNumber(next)} ${this.#what}`,
    );
  }
}
