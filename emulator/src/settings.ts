import type { IdForm } from "./platform/ids";

/** What the contract leaves open or allows in two ways, and how quick the answers are. Changeable while it runs. */
export interface Settings {
  idForm: IdForm;
  /** Answer to a DELETE of what is still being provisioned: 409, or accepted (the create is canceled). Default `conflict`. */
  deleteWhileProvisioning: "conflict" | "accept";
  /** Real milliseconds that each answer takes at least; a pair is a range to draw from. */
  latencyMs: number | [number, number];
}

export const defaultSettings: Settings = { idForm: "prefixed", deleteWhileProvisioning: "conflict", latencyMs: 0 };
