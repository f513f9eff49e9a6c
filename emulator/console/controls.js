/**
 * What came of a call: it was carried out, or it was refused and nothing has changed, or nobody knows.
 *
 * @typedef {{ kind: "done" } | { kind: "rejected", reason: string } | { kind: "unknown" }} Result
 */

const timeoutMs = 10_000;

/**
 * Sends one call to the control API, and never rejects.
 *
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path Below `/_emulator`.
 * @param {object} [body]
 * @returns {Promise<Result>}
 */
export async function control(method, path, body) {
  try {
    const answer = await fetch(`/_emulator${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (answer.ok) return { kind: "done" };
    const { error } = await answer.json();
    return { kind: "rejected", reason: String(error) };
  } catch {
    return { kind: "unknown" };
  }
}

/**
 * Reads from the control API; undefined if that fails.
 *
 * @param {string} path Below `/_emulator`.
 */
export async function fetchJson(path) {
  try {
    const response = await fetch(`/_emulator${path}`, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
