import { byId, setText } from "./dom.js";
import { quoted } from "./text.js";

/** Asks for a new name in a dialog; `undefined` when it was left without one, or with the old one. */
export class RenameDialog {
  #dialog = byId("rename", HTMLDialogElement);
  #title = byId("rename-title", HTMLElement);
  #input = byId("new-name", HTMLInputElement);
  /** @type {((name: string | undefined) => void) | undefined} */
  #answer;

  constructor() {
    byId("rename-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer?.(this.#input.value);
      this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => this.#answer?.(undefined));
  }

  /**
   * @param {string} name
   * @returns {Promise<string | undefined>}
   */
  ask(name) {
    setText(this.#title, `Rename ${quoted(name)}`);
    this.#input.value = name;
    this.#dialog.showModal();
    this.#input.select();
    return new Promise((resolve) => {
      this.#answer = (chosen) => resolve(chosen === name ? undefined : chosen);
    });
  }
}
