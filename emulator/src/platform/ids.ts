import { randomInt, randomUUID } from "node:crypto";

/** Deployments are named by a bare UUID or by `dep_<uuid>`; both are published. */
export type IdForm = "prefixed" | "uuid";

export interface Ids {
  deployment(): string;
  operation(): string;
  /** The six characters that make a subdomain its own. */
  token(): string;
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Ids in the form that `form` tells at the time of asking. */
export function randomIds(form: () => IdForm): Ids {
  return {
    deployment: () => (form() === "uuid" ? randomUUID() : `dep_${randomUUID()}`),
    operation: () => `op_${randomUUID()}`,
    token: () => Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join(""),
  };
}
