import { byId, setText } from "./dom.js";
import { quoted } from "./text.js";

/** The dialog that asks for a new name. */
export class RenameDialog {
  #dialog = byId("rename", HTMLDialogElement);
  #title = byId("rename-title", HTMLElement);
  #input = byId("new-name", HTMLInputElement);
  /** @type {((name: string | undefined) => void) | undefined} */
  #resolve;

  constructor() {
    byId("rename-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#resolve?.(this.#input.value);
      this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => this.#resolve?.(undefined));
  }

  /**
   * Resolves to `undefined` if the dialog is canceled or the name stays the same.
   *
   * @param {string} name
   * @returns {Promise<string | undefined>}
   */
  open(name) {
    setText(this.#title, `Rename ${quoted(name)}`);
    this.#input.value = name;
    this.#dialog.showModal();
    this.#input.select();
    return new Promise((resolve) => {
      this.#resolve = (chosen) => resolve(chosen === name ? undefined : chosen);
    });
  }
}
