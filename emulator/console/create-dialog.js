import { byId, createElement } from "./dom.js";
import { applicationName } from "./text.js";

/** The dialog that creates a deployment. */
export class CreateDialog {
  #dialog = byId("new-deployment", HTMLDialogElement);
  #name = byId("created-name", HTMLInputElement);
  #app = byId("created-app", HTMLSelectElement);

  /** @param {(deployment: { appType: string, status: string, name?: string }) => void} onCreate */
  constructor(onCreate) {
    const status = byId("created-status", HTMLSelectElement);
    byId("create", HTMLButtonElement).addEventListener("click", () => {
      this.#name.value = "";
      this.#dialog.showModal();
    });
    byId("new-deployment-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dialog.close();
      const name = this.#name.value;
      onCreate({ appType: this.#app.value, status: status.value, ...(name === "" ? {} : { name }) });
    });
  }

  /** @param {readonly string[]} appTypes */
  show(appTypes) {
    if (this.#app.options.length > 0) return;
    this.#app.append(...appTypes.map((value) => createElement("option", { value }, applicationName(value))));
  }
}
