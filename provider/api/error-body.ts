/** The parts of an error body; undefined if the body does not have them. */
export interface ErrorBody {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly operationId: string | undefined;
}

/**
 * Reads `{"error": {"code", "message", "operation_id"?}}` (API reference, "Conventions"), and the usual error bodies of proxies.
 * Never throws.
 */
export function readErrorBody(body: unknown): ErrorBody {
  const outer = fieldsOf(body);
  const error = outer["error"];
  const inner = typeof error === "object" ? fieldsOf(error) : outer;
  return {
    code: firstText(inner["code"]),
    message: firstText(inner["message"], inner["detail"], inner["title"], error, plainText(body)),
    operationId: firstText(inner["operation_id"], fieldsOf(inner["details"])["operation_id"], outer["operation_id"]),
  };
}

/** The text of an HTML page without its tags; any other body as it is. */
function plainText(body: unknown): unknown {
  if (typeof body !== "string" || !/^\s*</.test(body)) return body;
  return body.slice(0, 10_000).replaceAll(/<(script|style)\b[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function firstText(...candidates: unknown[]): string | undefined {
  return candidates.find((candidate): candidate is string => typeof candidate === "string" && candidate.trim() !== "");
}
