/** One request to the platform, as tests see it. The API key itself is never maxEntries. */
export interface LoggedRequest {
  /** Counts up from 1 and survives clearing. */
  seq: number;
  method: string;
  path: string;
  query: Record<string, unknown>;
  /** When it arrived (RFC 3339, real time), and how long it took; `null` while it is under way. */
  at: string;
  durationMs: number | null;
  /** Fingerprint of the key that it showed, if it did. */
  key: string | null;
  userAgent: string | null;
  /** For POST, once it was read. */
  body?: unknown;
  /** The body that was sent, as text; a long one is cut. */
  response?: string;
  /** The status that went out; `null` while under way and for an answer that was never sent. */
  status: number | null;
  /** What the platform itself decided, though a fault may have maxEntries or changed the answer; `null` when it was not asked. */
  platformStatus: number | null;
  /** The fault that was applied, if one was. */
  fault: string | null;
}

export interface RequestLogView {
  /** All that ever came since the last clearing, though only the latest are maxEntries. */
  total: number;
  /** By `METHOD /path/with/{id}`. */
  counts: Record<string, number>;
  requests: LoggedRequest[];
}

type NewRequest = Pick<LoggedRequest, "method" | "path" | "query" | "key" | "userAgent">;

/** Of a request, a longer body, query or text is cut, in characters. */
const maxPartLength = 10_000;

/** The latest requests, oldest first. Bounded in number and in size. */
export class RequestLog {
  #entries: LoggedRequest[] = [];
  /** The characters of all entries, about. */
  #size = 0;
  readonly #sizes = new WeakMap<LoggedRequest, number>();
  #counts = new Map<string, number>();
  #total = 0;
  #seq = 0;
  readonly #maxEntries: number;
  readonly #maxSize: number;
  readonly #listeners = new Set<(entry: LoggedRequest) => void>();

  /** Keeps at least the latest `maxEntries` requests, if they have no more than `maxSize` characters. */
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
    // Cut in large steps: moving the whole array at each request would cost more than the request.
    if (this.#entries.length > this.#maxEntries * 2) this.#dropOldest(this.#entries.length - this.#maxEntries);
    this.#total++;
    this.#counts.set(route, (this.#counts.get(route) ?? 0) + 1);
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  /** Adds the body of a request, once it was read. */
  setBody(entry: LoggedRequest, body: unknown): void {
    entry.body = truncate(body);
    this.#addSize(entry, (JSON.stringify(entry.body) ?? "").length);
  }

  /** Adds the body of the response. */
  setResponse(entry: LoggedRequest, text: string): void {
    entry.response = text.length <= maxPartLength ? text : `${text.slice(0, maxPartLength)}…`;
    this.#addSize(entry, entry.response.length);
  }

  /** Calls `listener` with each request as it arrives; the answer stops that. */
  subscribe(listener: (entry: LoggedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The latest that match, newest first, and how many match. */
  latest(count: number, matches: (entry: LoggedRequest) => boolean): { items: LoggedRequest[]; found: number } {
    const matching = this.#entries.filter(matches);
    return { items: matching.slice(-count).reverse(), found: matching.length };
  }

  /** One that is still maxEntries. */
  find(seq: number): LoggedRequest | undefined {
    return this.#entries.find((entry) => entry.seq === seq);
  }

  /** Those after `since` (a `seq`), as they stand. */
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

/** The value, or the beginning of its JSON if that is long. */
function truncate(value: unknown): unknown {
  const text = JSON.stringify(value) ?? "";
  return text.length <= maxPartLength ? value : { truncated: text.slice(0, maxPartLength) };
}
