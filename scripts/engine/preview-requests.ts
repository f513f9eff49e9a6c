/** A request in the log of an emulator. */
interface Received {
  readonly seq: number;
  readonly method: string;
  readonly path: string;
}

/**
 * Runs a preview and fails if the emulator receives anything except GET during it. Without a base URL, or if no emulator serves
 * it, it only runs the preview.
 */
export async function expectGetOnly<T>(baseUrl: string | undefined, preview: () => Promise<T>): Promise<T> {
  const last = (await received(baseUrl, 0)).at(-1)?.seq ?? 0;
  const result = await preview();
  const changing = (await received(baseUrl, last)).filter(({ method }) => method !== "GET");
  if (changing.length > 0) {
    throw new Error(`a preview sent ${changing.map(({ method, path }) => `${method} ${path}`).join(", ")}`);
  }
  return result;
}

async function received(baseUrl: string | undefined, since: number): Promise<readonly Received[]> {
  try {
    const response = await fetch(new URL(`/_emulator/requests?since=${since}`, baseUrl));
    return ((await response.json()) as { requests: Received[] }).requests;
  } catch {
    return [];
  }
}
