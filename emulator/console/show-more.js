import { byId, setText } from "./dom.js";
import { formatNumber } from "./text.js";

/** The button below a long list that shows more of it. */
export class ShowMore {
  #list;
  #sizes;
  #button;
  #title;

  /**
   * @param {"deployments" | "operations" | "requests"} list
   * @param {readonly number[]} sizes How many entries are shown, at first and after each click.
   * @param {(announcement: string) => void} onMore
   */
  constructor(list, sizes, onMore) {
    this.#list = list;
    this.#sizes = [...sizes];
    this.#button = byId(`more-${list}`, HTMLButtonElement);
    this.#title = byId(`${list}-title`, HTMLElement);
    this.#button.addEventListener("click", () => {
      this.#sizes.shift();
      onMore(`Showing up to ${formatNumber(this.size)} ${list}.`);
    });
  }

  get size() {
    return this.#sizes[0] ?? 0;
  }

  /** @param {number} found How many entries there are. */
  show(found) {
    const [, next] = this.#sizes;
    const hadFocus = document.activeElement === this.#button;
    this.#button.hidden = next === undefined || found <= this.size;
    if (hadFocus && this.#button.hidden) this.#title.focus({ preventScroll: true });
    const shown = next === undefined || next >= found ? `all ${formatNumber(found)}` : formatNumber(next);
    setText(this.#button, `Show ${shown} ${this.#list}`);
  }
}
