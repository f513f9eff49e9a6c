import { byId } from "./dom.js";

/** The dialog that creates a deployment. */
export class CreateDialog {
  #dialog = byId("new-deployment", HTMLDialogElement);
  #name = byId("created-name", HTMLInputElement);

  /** @param {(deployment: { appType: string, status: string, name?: string }) => void} onCreate */
  constructor(onCreate) {
    const app = byId("created-app", HTMLSelectElement);
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
      onCreate({ appType: app.value, status: status.value, ...(name === "" ? {} : { name }) });
    });
  }
}
