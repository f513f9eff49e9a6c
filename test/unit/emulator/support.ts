import { type Emulator, type EmulatorOptions, startEmulator } from "../../../emulator/src/index";

/** Real time under a test's hand, in milliseconds since the epoch. */
export interface FakeTime {
  ms: number;
  now: () => number;
}

export function fakeTime(ms = Date.parse("2026-05-01T12:00:00.000Z")): FakeTime {
  const time: FakeTime = { ms, now: () => time.ms };
  return time;
}

/** Starts useEmulators for the tests of one `describe`, and ends them after each test. */
export function useEmulators(): (options?: EmulatorOptions) => Promise<Emulator> {
  const started: Emulator[] = [];
  afterEach(async () => {
    for (const emulator of started.splice(0)) await emulator.close();
  });
  return async (options) => {
    const emulator = await startEmulator(options);
    started.push(emulator);
    return emulator;
  };
}

export interface ApiResponse {
  status: number;
  headers: Headers;
  text: string;
  /** The body's JSON; `at` digs into it. */
  json: unknown;
}

interface CallOptions {
  /** Sent as it is; anything but text as JSON. */
  body?: unknown;
  /** `null` sends none. */
  key?: string | null;
  headers?: Record<string, string>;
}

/** One request, to a path below `/api/v1` or (when it begins with `/_emulator` or `/api`) below the origin. */
export async function call(
  { url, baseUrl, apiKey }: Pick<Emulator, "url" | "baseUrl" | "apiKey">,
  request: `${string} /${string}`,
  { body, key = apiKey, headers = {} }: CallOptions = {},
): Promise<ApiResponse> {
  const [method = "GET", path = "/"] = request.split(" ", 2);
  const isWhole = path.startsWith("/_emulator") || path.startsWith("/api/") || path.startsWith("/docs");
  const response = await fetch((isWhole ? url : baseUrl) + path, {
    method,
    redirect: "manual",
    headers: {
      ...(key === null ? {} : { "x-api-key": key }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

/** The status of the first request that gets through, for a platform that is on its way back. */
export async function untilReachable(emulator: Emulator): Promise<number> {
  for (;;) {
    const response = await call(emulator, "GET /deployments").catch(() => undefined);
    if (response !== undefined) return response.status;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands at a dotted path; `undefined` when nothing does. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const part of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, part);
  }
  return found;
}

/** The same where only text will do. */
export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  if (typeof found !== "string") throw new Error(`"${path}" is not text but ${JSON.stringify(found)}`);
  return found;
}

/** Creates a deployment through the API and gives both ids. */
export async function create(
  emulator: Emulator,
  body: { app_type: string; name?: string } = { app_type: "airflow" },
): Promise<{ id: string; operationId: string }> {
  const { json } = await call(emulator, "POST /deployments", { body });
  return { id: textAt(json, "data.deployment_id"), operationId: textAt(json, "data.operation_id") };
}
