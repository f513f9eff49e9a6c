import type * as z from "zod";

/** "data.items[3].status: expected string, got number". Values themselves are not shown: they may be anything. */
export function describeIssue(issue: z.core.$ZodIssue, body: unknown): string {
  const path = issue.path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
    .join("");
  const value = valueAt(body, issue.path);
  const where = path === "" ? "the body" : path;
  if (value === undefined) return `${where}: missing`;
  if (value === "") return `${where}: empty`;
  const expected = issue.code === "invalid_type" ? `expected ${issue.expected}, ` : "";
  return `${where}: ${expected}got ${typeName(value)}`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** What is found at a path of own properties; undefined where there is nothing. */
export function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, body);
}
