/** @import { ConsoleView } from "../src/console/view" */
import { byId, createElement, setAttribute, setText } from "./dom.js";
import { formatNumber } from "./text.js";

const speeds = [1, 10, 60, 600];

/** The platform's clock: what it shows, how fast work goes, and the controls for that. */
export class ClockPanel {
  #time = byId("time", HTMLTimeElement);
  #pace = byId("pace", HTMLElement);
  #speed = byId("speed", HTMLSelectElement);
  #pause = byId("pause", HTMLButtonElement);
  #isPaused = false;
  /** As the platform has it; what is chosen may be ahead of it. */
  #known = "1";
  #offered = "";

  /**
   * @param {(change: object, done: string) => Promise<boolean>} change Sets the clock, and answers whether that was done;
   *   `done` is what to say then.
   */
  constructor(change) {
    this.#speed.addEventListener("change", async () => {
      const { value } = this.#speed;
      const isDone = await (value === "instant"
        ? change({ speed: "instant" }, "Operations now end at once")
        : change({ speed: Number(value) }, `Work now goes ${formatNumber(Number(value))} times as fast as time`));
      if (!isDone) this.#speed.value = this.#known;
    });
    // What the platform told meanwhile was not shown, so as not to interrupt a choice.
    this.#speed.addEventListener("blur", () => {
      this.#speed.value = this.#known;
    });
    this.#pause.addEventListener("click", () => {
      void change({ paused: !this.#isPaused }, this.#isPaused ? "Work goes on" : "All work stands still");
    });
  }

  /** @param {ConsoleView["clock"]} clock */
  show({ speed, paused }) {
    this.#isPaused = paused;
    setText(this.#pace, paused ? "work stands still" : speed === "instant" ? "work takes no time" : "");
    this.#pace.hidden = this.#pace.textContent === "";
    setText(this.#pause, paused ? "Resume" : "Pause");
    setAttribute(this.#pause, "aria-label", paused ? "Resume the clock" : "Pause the clock");
    const values = [...new Set([...speeds, ...(speed === "instant" ? [] : [speed])])].sort((a, b) => a - b);
    const chosen = this.#speed.value;
    if (this.#offered !== values.join()) {
      this.#offered = values.join();
      this.#speed.replaceChildren(
        ...values.map((value) =>
          createElement("option", { value: String(value) }, value === 1 ? "real time" : `${formatNumber(value)} ×`),
        ),
        createElement("option", { value: "instant" }, "instant"),
      );
    }
    this.#known = String(speed);
    this.#speed.value = document.activeElement === this.#speed ? chosen : this.#known;
  }

  /** @param {number} now */
  tick(now) {
    setText(this.#time, new Date(now).toTimeString().slice(0, 8));
  }
}
