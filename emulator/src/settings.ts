import type { IdForm } from "./platform/ids";

/** Behavior that the API reference leaves open, and the latency. Can be changed while the emulator runs. */
export interface Settings {
  idForm: IdForm;
  /**
   * The response to a DELETE during provisioning: `conflict` (409), or `accept`, which cancels the create. Default
   * `conflict`.
   */
  deleteWhileProvisioning: "conflict" | "accept";
  /** Minimum duration of each response in real milliseconds; a pair is a range for a random duration. */
  latencyMs: number | [number, number];
}

export const defaultSettings: Settings = { idForm: "prefixed", deleteWhileProvisioning: "conflict", latencyMs: 0 };
