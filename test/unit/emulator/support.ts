import { type Emulator, type EmulatorOptions, startEmulator } from "../../../emulator/src/index";

/** A clock that the test sets, in milliseconds since the epoch. */
export interface FakeTime {
  ms: number;
  now: () => number;
}

export function fakeTime(ms = Date.parse("2026-05-01T12:00:00.000Z")): FakeTime {
  const time: FakeTime = { ms, now: () => time.ms };
  return time;
}

/** Starts emulators for the tests of one `describe`, and closes them after each test. */
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
  /** The parsed body. Read its fields with `at`. */
  json: unknown;
}

interface CallOptions {
  /** Sent as it is if it is a string, otherwise as JSON. */
  body?: unknown;
  /** `null` sends no key. */
  key?: string | null;
  headers?: Record<string, string>;
}

/** Sends a request. The path is relative to `/api/v1`, unless it starts with `/_emulator`, `/api` or `/docs`. */
export async function call(
  { url, baseUrl, apiKey }: Pick<Emulator, "url" | "baseUrl" | "apiKey">,
  request: `${string} /${string}`,
  { body, key = apiKey, headers = {} }: CallOptions = {},
): Promise<ApiResponse> {
  const [method = "GET", path = "/"] = request.split(" ", 2);
  const isAbsolute = path.startsWith("/_emulator") || path.startsWith("/api/") || path.startsWith("/docs");
  const response = await fetch((isAbsolute ? url : baseUrl) + path, {
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

/** Retries until the emulator responds, and returns the status. */
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

/** The value at a dotted path, if there is one. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const part of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, part);
  }
  return found;
}

/** The string at a dotted path. Throws if there is none. */
export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  if (typeof found !== "string") throw new Error(`"${path}" is not a string but ${JSON.stringify(found)}`);
  return found;
}

/** Creates a deployment through the API, and returns the IDs of the deployment and the operation. */
export async function create(
  emulator: Emulator,
  body: { app_type: string; name?: string } = { app_type: "airflow" },
): Promise<{ id: string; operationId: string }> {
  const { json } = await call(emulator, "POST /deployments", { body });
  return { id: textAt(json, "data.deployment_id"), operationId: textAt(json, "data.operation_id") };
}
