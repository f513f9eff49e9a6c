import type * as z from "zod";

/** Describes an issue, as in "data.items[3].status: expected string, got number". Omits the value, which can be anything. */
export function describeIssue(issue: z.core.$ZodIssue, body: unknown): string {
  const path = issue.path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
    .join("");
  const value = valueAt(body, issue.path);
  const subject = path === "" ? "the body" : path;
  if (value === undefined) return `${subject}: missing`;
  if (value === "") return `${subject}: empty`;
  const expected = issue.code === "invalid_type" ? `expected ${issue.expected}, ` : "";
  return `${subject}: ${expected}got ${typeName(value)}`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** The value at a path of own properties; undefined if there is none. */
export function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, body);
}
