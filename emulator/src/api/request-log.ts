/** One request to the platform, as tests see it. The API key itself is never kept. */
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
  /** The status that went out; `null` while under way and for an answer that was never sent. */
  status: number | null;
  /** What the platform itself decided, though a fault may have kept or changed the answer; `null` when it was not asked. */
  platformStatus: number | null;
  /** The fault that was applied, if one was. */
  fault: string | null;
}

export interface RequestLogView {
  /** All that ever came since the last clearing, though only the latest are kept. */
  total: number;
  /** By `METHOD /path/with/{id}`. */
  counts: Record<string, number>;
  requests: LoggedRequest[];
}

type NewRequest = Pick<LoggedRequest, "method" | "path" | "query" | "key" | "userAgent">;

/** The latest requests, oldest first. */
export class RequestLog {
  #entries: LoggedRequest[] = [];
  #counts = new Map<string, number>();
  #total = 0;
  #seq = 0;
  readonly #kept: number;
  readonly #listeners = new Set<(entry: LoggedRequest) => void>();

  /** Keeps at least the latest `kept` requests. */
  constructor({ kept = 50_000 }: { kept?: number } = {}) {
    this.#kept = kept;
  }

  add(request: NewRequest, route: string): LoggedRequest {
    const entry: LoggedRequest = {
      seq: ++this.#seq,
      ...request,
      at: new Date().toISOString(),
      durationMs: null,
      status: null,
      platformStatus: null,
      fault: null,
    };
    this.#entries.push(entry);
    // Cut in large steps: moving the whole array at each request would cost more than the request.
    if (this.#entries.length > this.#kept * 2) this.#entries = this.#entries.slice(-this.#kept);
    this.#total++;
    this.#counts.set(route, (this.#counts.get(route) ?? 0) + 1);
    for (const listener of this.#listeners) listener(entry);
    return entry;
  }

  /** Calls `listener` with each request as it arrives; the answer stops that. */
  subscribe(listener: (entry: LoggedRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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

  clear(): void {
    this.#entries = [];
    this.#counts.clear();
    this.#total = 0;
  }
}
