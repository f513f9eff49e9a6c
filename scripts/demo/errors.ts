import type { StopSignal } from "./signals";

/** Something did not go as the demo tells; the message is for its reader. */
export class DemoError extends Error {
  override readonly name = "DemoError";
}

/** The reader has stopped the demo. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  constructor(readonly signal: StopSignal) {
    super(`stopped by ${signal}`);
  }
}
