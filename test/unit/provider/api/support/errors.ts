import { ApiError, ConnectionError } from "../../../../../provider/api/errors";

export function apiError(status: number, details: { retryAfterMs?: number } = {}): ApiError {
  return new ApiError({ method: "GET", path: "/x", status, code: "CODE", reason: "reason", ...details });
}

export function connectionError(code: string, mayHaveActed: boolean): ConnectionError {
  return new ConnectionError({ method: "GET", path: "/x", host: "host", code, reason: "reason", mayHaveActed });
}

/** The error of a rejected promise. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`rejected with a value that is not an error: ${String(error)}`);
  }
  throw new Error(`resolved with ${JSON.stringify(value)}`);
}
