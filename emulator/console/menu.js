/** @import { ConsoleDeployment } from "../src/console/view" */
/** @import { Simulation } from "./simulations.js" */
import { byId, createElement, setAttribute, setText } from "./dom.js";
import { simulations } from "./simulations.js";

/** The menu of a deployment, with the changes that can be simulated. */
export class DeploymentMenu {
  #menu = byId("menu", HTMLElement);
  #title = byId("menu-title", HTMLElement);
  #items;
  /** @type {{ deployment: ConsoleDeployment, trigger: HTMLButtonElement } | undefined} */
  #open;

  /** @param {(deployment: ConsoleDeployment, simulation: Simulation) => void} onChoose */
  constructor(onChoose) {
    this.#items = simulations.map((simulation) => {
      const item = createElement("button", { type: "button", role: "menuitem", tabindex: "-1" }, simulation.label);
      item.addEventListener("click", () => {
        const deployment = this.#open?.deployment;
        if (deployment === undefined) return;
        this.close();
        onChoose(deployment, simulation);
      });
      return { item, simulation };
    });
    const destructive = this.#items.findIndex(({ simulation }) => simulation.isDestructive === true);
    this.#menu.append(...this.#items.slice(0, destructive).map(({ item }) => item));
    const group = createElement("div", { role: "group", "aria-label": "Destructive", class: "destructive" });
    group.append(...this.#items.slice(destructive).map(({ item }) => item));
    this.#menu.append(group);
    this.#menu.addEventListener("keydown", (event) => this.#move(event));
    this.#menu.addEventListener("toggle", (event) => {
      if (!(event instanceof ToggleEvent) || event.newState !== "closed") return;
      const trigger = this.#open?.trigger;
      this.#open = undefined;
      if (trigger !== undefined) setAttribute(trigger, "aria-expanded", "false");
      const hasNoFocus = document.activeElement === null || document.activeElement === document.body;
      if (hasNoFocus || this.#menu.contains(document.activeElement)) trigger?.focus({ preventScroll: true });
    });
  }

  /**
   * @param {ConsoleDeployment} deployment
   * @param {HTMLButtonElement} trigger
   */
  open(deployment, trigger) {
    this.#open = { deployment, trigger };
    setText(this.#title, deployment.name);
    this.#refresh(deployment);
    this.#menu.showPopover();
    setAttribute(trigger, "aria-expanded", "true");
    const { bottom, top, right } = trigger.getBoundingClientRect();
    const { offsetHeight: height, offsetWidth: width } = this.#menu;
    const fits = bottom + height + 4 <= innerHeight || top < height;
    this.#menu.style.top = `${Math.max(4, fits ? bottom + 4 : top - height - 4)}px`;
    this.#menu.style.left = `${Math.max(4, right - width)}px`;
    this.#items[0]?.item.focus({ preventScroll: true });
  }

  /**
   * Updates the open menu. Closes it if its deployment is no longer shown.
   *
   * @param {readonly ConsoleDeployment[]} shown
   */
  update(shown) {
    if (this.#open === undefined) return;
    const { id } = this.#open.deployment;
    const deployment = shown.find((each) => each.id === id && each.gone_at === null);
    if (deployment === undefined) {
      this.close();
      return;
    }
    this.#open.deployment = deployment;
    setText(this.#title, deployment.name);
    this.#refresh(deployment);
  }

  close() {
    this.#menu.hidePopover();
  }

  /** @param {ConsoleDeployment} deployment */
  #refresh(deployment) {
    for (const { item, simulation } of this.#items) {
      setAttribute(item, "aria-disabled", simulation.unavailableReason(deployment) === undefined ? null : "true");
    }
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const items = this.#items.map(({ item }) => item);
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    const target = targets[/** @type {keyof typeof targets} */ (event.key)];
    if (event.key === "Tab") this.close();
    if (target === undefined) return;
    event.preventDefault();
    items[(target + items.length) % items.length]?.focus();
  }
}
