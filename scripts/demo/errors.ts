import type { StopSignal } from "./signals";

/** A step of the demo failed. The message is for the user. */
export class DemoError extends Error {
  override readonly name = "DemoError";
}

/** The user stopped the demo. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  constructor(readonly signal: StopSignal) {
    super(`stopped by ${signal}`);
  }
}
