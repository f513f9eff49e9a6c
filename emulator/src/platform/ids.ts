import { randomInt, randomUUID } from "node:crypto";

/** The form of deployment IDs: a bare UUID or `dep_<uuid>`. The API reference shows both. */
export type IdForm = "prefixed" | "uuid";

export interface Ids {
  deployment(): string;
  operation(): string;
  /** Six characters that make a subdomain unique. */
  token(): string;
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Random IDs. Deployment IDs have the form that `form` returns at the time. */
export function randomIds(form: () => IdForm): Ids {
  return {
    deployment: () => (form() === "uuid" ? randomUUID() : `dep_${randomUUID()}`),
    operation: () => `op_${randomUUID()}`,
    token: () => Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join(""),
  };
}
