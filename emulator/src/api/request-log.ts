/** A logged request to the API. It never contains the API key. */
export interface LoggedRequest {
  /** Starts at 1, and keeps counting when the log is cleared. */
  seq: number;
  method: string;
  path: string;
  query: Record<string, unknown>;
  /** Arrival time (RFC 3339, real time) and duration. The duration is `null` until the request ends. */
  at: string;
  durationMs: number | null;
  /** Fingerprint of the API key, if the request has one. */
  key: string | null;
  userAgent: string | null;
  /** Set for a POST after its body was read. */
  body?: unknown;
  /** The response body as text, truncated if it is long. */
  response?: string;
  /** The status sent to the client; `null` while the request is in progress, or if no response was sent. */
  status: number | null;
  /**
   * The status that the platform responded with, even if a fault changed or dropped the response; `null` if the request
   * did not reach the platform.
   */
  platformStatus: number | null;
  /** ID of the fault that was applied to the request. */
  fault: string | null;
}

export interface RequestLogView {
  /** Requests since the log was last cleared. Only the latest ones are kept. */
  total: number;
  /** By `METHOD /path/with/{id}`. */
  counts: Record<string, number>;
  requests: LoggedRequest[];
}

type NewRequest = Pick<LoggedRequest, "method" | "path" | "query" | "key" | "userAgent">;

/** Maximum length in characters of a path, query, body or user agent. Longer ones are truncated. */
const maxPartLength = 10_000;

/** The latest requests, oldest first, limited in number and in size. */
export class RequestLog {
  #entries: LoggedRequest[] = [];
  /** Approximate size of all entries, in characters. */
  #size = 0;
  readonly #sizes = new WeakMap<LoggedRequest, number>();
  #counts = new Map<string, number>();
  #total = 0;
  #seq = 0;
  readonly #maxEntries: number;
  readonly #maxSize: number;
  readonly #listeners = new Set<(entry: LoggedRequest) => void>();

  /** Keeps at least the latest `maxEntries` requests, unless they exceed `maxSize` characters in total. */
  constructor({ maxEntries = 50_000, maxSize = 100_000_000 }: { maxEntries?: number; maxSize?: number } = {}) {
    this.#maxEntries = maxEntries;
    this.#maxSize = maxSize;
  }

  add(request: NewRequest, route: string): LoggedRequest {
    const entry: LoggedRequest = {
      seq: ++this.#seq,
      ...request,
      path: request.path.slice(0, maxPartLength),
      query: truncate(request.query) as Record<string, unknown>,
      userAgent: request.userAgent?.slice(0, maxPartLength) ?? null,
      at: new Date().toISOString(),
      durationMs: null,
      status: null,
      platformStatus: null,
      fault: null,
    };
    this.#entries.push(entry);
    this.#addSize(entry, JSON.stringify(entry).length);
    // Drop entries in large batches: copying the array on every request would cost more than the request itself.
    if (this.#entries.length > this.#maxEntries * 2) this.#dropOldest(this.#entries.length - this.#maxEntries);
    this.#total++;
    this.#counts.set(route, (this.#counts.get(route) ?? 0) + 1);
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  /** Adds the request body after it was read. */
  setBody(entry: LoggedRequest, body: unknown): void {
    entry.body = truncate(body);
    this.#addSize(entry, (JSON.stringify(entry.body) ?? "").length);
  }

  /** Adds the response body. */
  setResponse(entry: LoggedRequest, text: string): void {
    entry.response = text.length <= maxPartLength ? text : `${text.slice(0, maxPartLength)}…`;
    this.#addSize(entry, entry.response.length);
  }

  /** Calls `listener` with each request as it arrives. Returns a function that unsubscribes. */
  subscribe(listener: (entry: LoggedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns the latest matching requests, newest first, and the number of all matching requests. */
  latest(count: number, matches: (entry: LoggedRequest) => boolean): { items: LoggedRequest[]; found: number } {
    const matching = this.#entries.filter(matches);
    return { items: matching.slice(-count).reverse(), found: matching.length };
  }

  /** Returns a request by its `seq`, if the log still has it. */
  find(seq: number): LoggedRequest | undefined {
    return this.#entries.find((entry) => entry.seq === seq);
  }

  /** Returns copies of the requests after `since` (a `seq`). */
  view({ since = 0 }: { since?: number } = {}): RequestLogView {
    const requests = since === 0 ? this.#entries : this.#entries.filter(({ seq }) => seq > since);
    return {
      total: this.#total,
      counts: Object.fromEntries(this.#counts),
      requests: requests.map((entry) => ({ ...entry })),
    };
  }

  #addSize(entry: LoggedRequest, size: number): void {
    this.#size += size;
    this.#sizes.set(entry, (this.#sizes.get(entry) ?? 0) + size);
    while (this.#size > this.#maxSize && this.#entries.length > 1)
      this.#dropOldest(Math.ceil(this.#entries.length / 2));
  }

  #dropOldest(count: number): void {
    for (const entry of this.#entries.slice(0, count)) {
      this.#size -= this.#sizes.get(entry) ?? 0;
      this.#sizes.delete(entry);
    }
    this.#entries = this.#entries.slice(count);
  }

  clear(): void {
    this.#dropOldest(this.#entries.length);
    this.#counts.clear();
    this.#total = 0;
  }
}

/** Returns the value, or the start of its JSON text if that is too long. */
function truncate(value: unknown): unknown {
  const text = JSON.stringify(value) ?? "";
  return text.length <= maxPartLength ? value : { truncated: text.slice(0, maxPartLength) };
}
