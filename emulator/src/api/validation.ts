import type { FastifySchemaValidationError } from "fastify";
import { appTypes, operationStatuses } from "../platform/records";

const quoted = (values: readonly string[]): string => {
  const all = values.map((value) => `'${value}'`);
  return `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
};

/** The rule for each field, as the messages state it. The one for `app_type` is from the API reference. */
const rules: Record<string, string> = {
  app_type: `Must be ${quoted(appTypes)}`,
  name: "Must be a string of 1 to 255 characters",
  page: "Must be an integer of at least 1",
  per_page: "Must be an integer between 1 and 100",
  status: `Must be ${quoted(operationStatuses)}`,
  type: "Must be given once",
  resource_id: "Must be given once",
};

/** The message for the first validation error of a request. */
export function explain([first]: readonly FastifySchemaValidationError[], where = "request"): string {
  const missing = first?.params["missingProperty"];
  const field = typeof missing === "string" ? missing : (first?.instancePath.slice(1) ?? "");
  const rule = rules[field];
  if (rule !== undefined) return `Invalid ${field}. ${rule}`;
  if (field === "" && where === "body") return "Request body must be a JSON object";
  return `Invalid ${where}: ${field} ${first?.message ?? "is not allowed"}`.replace(":  ", ": ");
}
