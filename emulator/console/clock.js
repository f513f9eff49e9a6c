/** @import { ConsoleView } from "../src/console/view" */
import { byId, createElement, setAttribute, setText } from "./dom.js";
import { formatNumber } from "./text.js";

const speeds = [1, 10, 60, 600];

/** Shows the platform's clock, and controls its speed. */
export class ClockPanel {
  #time = byId("time", HTMLTimeElement);
  #note = byId("clock-note", HTMLElement);
  #speed = byId("speed", HTMLSelectElement);
  #pause = byId("pause", HTMLButtonElement);
  #isPaused = false;
  /** The platform's speed. The selected option differs while the user makes a choice. */
  #currentSpeed = "1";
  #options = "";

  /**
   * @param {(change: object, done: string) => Promise<boolean>} change Changes the clock, and reports `done` on success.
   *   Resolves to whether it succeeded.
   */
  constructor(change) {
    this.#speed.addEventListener("change", async () => {
      const { value } = this.#speed;
      const isDone = await (value === "instant"
        ? change({ speed: "instant" }, "Operations now complete instantly")
        : change({ speed: Number(value) }, `Operations now run at ${formatNumber(Number(value))} × speed`));
      if (!isDone) this.#speed.value = this.#currentSpeed;
    });
    // While the list has the focus, `show` does not change the selection.
    this.#speed.addEventListener("blur", () => {
      this.#speed.value = this.#currentSpeed;
    });
    this.#pause.addEventListener("click", () => {
      void change({ paused: !this.#isPaused }, this.#isPaused ? "Resumed the clock" : "Paused the clock");
    });
  }

  /** @param {ConsoleView["clock"]} clock */
  show({ speed, paused }) {
    this.#isPaused = paused;
    setText(this.#note, paused ? "paused" : speed === "instant" ? "operations complete instantly" : "");
    this.#note.hidden = this.#note.textContent === "";
    setText(this.#pause, paused ? "Resume" : "Pause");
    setAttribute(this.#pause, "aria-label", paused ? "Resume the clock" : "Pause the clock");
    const values = [...new Set([...speeds, ...(speed === "instant" ? [] : [speed])])].sort((a, b) => a - b);
    const selected = this.#speed.value;
    if (this.#options !== values.join()) {
      this.#options = values.join();
      this.#speed.replaceChildren(
        ...values.map((value) =>
          createElement("option", { value: String(value) }, value === 1 ? "real time" : `${formatNumber(value)} ×`),
        ),
        createElement("option", { value: "instant" }, "instant"),
      );
    }
    this.#currentSpeed = String(speed);
    this.#speed.value = document.activeElement === this.#speed ? selected : this.#currentSpeed;
  }

  /** @param {number} now */
  tick(now) {
    setText(this.#time, new Date(now).toTimeString().slice(0, 8));
  }
}
