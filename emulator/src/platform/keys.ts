import { createHash, randomBytes } from "node:crypto";
import { expiredApiKey, insufficientScope, invalidApiKey, missingApiKey, revokedApiKey } from "../api/errors";
import type { Journal } from "../store/journal";

export type Scope = "deployments:read" | "deployments:write" | "deployments:delete" | "operations:read" | "org:read";

export const scopes: readonly Scope[] = [
  "deployments:read",
  "deployments:write",
  "deployments:delete",
  "operations:read",
  "org:read",
];

export interface KeyOptions {
  key: string;
  /** Default: all of them. */
  scopes?: readonly Scope[];
  /** RFC 3339. Default: never. */
  expiresAt?: string | null;
  revoked?: boolean;
}

export interface KeyRecord {
  key: string;
  fingerprint: string;
  scopes: readonly Scope[];
  expiresAt: string | null;
  revoked: boolean;
}

export const newKey = (): string => `onv_sk_live_${randomBytes(24).toString("base64url")}`;

/** Eight characters that distinguish keys in logs and reveal nothing about them. */
export const fingerprint = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 8);

/** The organization's API keys. */
export class Keys {
  readonly #keys = new Map<string, KeyRecord>();
  readonly #journal: Journal;
  readonly #wallMs: () => number;

  constructor({ journal, wallMs }: { journal: Journal; wallMs: () => number }) {
    this.#journal = journal;
    this.#wallMs = wallMs;
  }

  restore(keys: Iterable<KeyRecord>): void {
    for (const key of keys) this.#keys.set(key.key, key);
  }

  /** Adds a key, or replaces the one with the same value. */
  put({ key, scopes: granted = scopes, expiresAt = null, revoked = false }: KeyOptions): KeyRecord {
    if (expiresAt !== null && Number.isNaN(Date.parse(expiresAt))) throw new RangeError(`"${expiresAt}" is not a date`);
    const record = { key, fingerprint: fingerprint(key), scopes: [...granted], expiresAt, revoked };
    this.#keys.set(key, record);
    this.#journal.append({ key: record });
    return record;
  }

  /** Removes all keys. */
  clear(): void {
    this.#keys.clear();
    this.#journal.append({ reset: "keys" });
  }

  /** Finds a key by its value or fingerprint. */
  find(keyOrFingerprint: string): KeyRecord | undefined {
    return this.#keys.get(keyOrFingerprint) ?? this.list().find((record) => record.fingerprint === keyOrFingerprint);
  }

  list(): KeyRecord[] {
    return [...this.#keys.values()];
  }

  /** Returns the key of a request. Throws the API's error if it is missing, unknown, revoked or expired. */
  authenticate(header: string | string[] | undefined): KeyRecord {
    if (header === undefined || header === "") throw missingApiKey();
    const record = typeof header === "string" ? this.#keys.get(header) : undefined;
    if (record === undefined) throw invalidApiKey();
    if (record.revoked) throw revokedApiKey();
    if (record.expiresAt !== null && Date.parse(record.expiresAt) <= this.#wallMs()) throw expiredApiKey();
    return record;
  }
}

/** Throws unless the key has one of the scopes. The message names the first. */
export function requireScope(
  { scopes: granted }: KeyRecord,
  [required, ...others]: readonly [Scope, ...Scope[]],
): void {
  if (![required, ...others].some((scope) => granted.includes(scope))) throw insufficientScope(required);
}
