/**
 * The result of a call: it succeeded, it was rejected and nothing changed, or there was no response.
 *
 * @typedef {{ kind: "done" } | { kind: "rejected", reason: string } | { kind: "unknown" }} Result
 */

const timeoutMs = 10_000;

/**
 * Sends a request to the control API. Never rejects.
 *
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path Relative to `/_emulator`.
 * @param {object} [body]
 * @returns {Promise<Result>}
 */
export async function callControl(method, path, body) {
  try {
    const response = await fetch(`/_emulator${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return { kind: "done" };
    const { error } = await response.json();
    return { kind: "rejected", reason: String(error) };
  } catch {
    return { kind: "unknown" };
  }
}

/**
 * Reads from the control API. Returns `undefined` if that fails.
 *
 * @param {string} path Relative to `/_emulator`.
 */
export async function fetchJson(path) {
  try {
    const response = await fetch(`/_emulator${path}`, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
