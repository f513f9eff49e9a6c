import http from "node:http";
import https from "node:https";
import { TLSSocket } from "node:tls";
import { excerpt, type Redact } from "./redaction";
import { isCertificateCode } from "./retry";

/** The part of Node.js's `http` module that axios uses. */
export interface TrackedTransport {
  request(options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void): http.ClientRequest;
}

/**
 * Tracks whether one request can have reached the platform. It cannot before its connection is established: with TLS, after the
 * handshake with a trusted certificate; with a proxy, inside the tunnel. An error code is not enough: `EHOSTUNREACH` and
 * `ETIMEDOUT` also occur on established connections, and a deadline has no code.
 */
export class ConnectionTracker {
  #hasConnected = false;
  #responseStatus: number | undefined;
  readonly #apiKey: string;

  constructor(apiKey: string) {
    this.#apiKey = apiKey;
  }

  /** False if no byte of the request can have been sent. */
  get hasConnected(): boolean {
    return this.#hasConnected;
  }

  /** The HTTP status, once it has arrived. */
  get responseStatus(): number | undefined {
    return this.#responseStatus;
  }

  readonly transport: TrackedTransport = {
    request: (options, onResponse) => {
      const request = (options.protocol === "https:" ? https : http).request(options, onResponse);
      // Not in the options: Node.js prints them for NODE_DEBUG=http, and axios adds them to its errors.
      request.setHeader("X-API-Key", this.#apiKey);
      const connected = () => {
        this.#hasConnected = true;
      };
      request.once("socket", (socket) => {
        const isTls = socket instanceof TLSSocket;
        // A pooled socket is connected already and does not emit the event again.
        const isPending = isTls ? socket.getFinished() === undefined : socket.connecting;
        if (request.reusedSocket || !isPending) connected();
        else socket.once(isTls ? "secureConnect" : "connect", connected);
      });
      request.once("response", (response) => {
        connected();
        this.#responseStatus = response.statusCode;
      });
      return request;
    },
  };
}

/** A failed connection: its code, its reason, and a cause without secrets. */
export interface ConnectionFailure {
  readonly code: string;
  readonly reason: string;
  readonly cause: Error;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
  ENOTFOUND: "host not found",
  EAI_AGAIN: "the host name could not be resolved",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "the connection timed out",
};

/** Describes a failure below HTTP. The error of axios is not kept, not even as a cause, because it contains the API key. */
export function describeFailure(thrown: unknown, redact: Redact): ConnectionFailure {
  const original = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = textOf(original, "code") ?? textOf(thrown, "code") ?? "UNKNOWN";
  const message = excerpt(redact(textOf(original, "message") || textOf(thrown, "message") || String(code)));
  const cause: Error & { code?: string } = new Error(message);
  cause.code = code;
  // `TunnelAgent` adds it.
  const proxy = textOf(original, "proxy");
  const reason = reasonOf(code, message);
  return { code, reason: proxy === undefined ? reason : `the proxy ${redact(proxy)}: ${reason}`, cause };
}

function reasonOf(code: string, message: string): string {
  if (isCertificateCode(code)) {
    return `its certificate is not trusted (${code}: ${message}); if a proxy inspects TLS, set NODE_EXTRA_CA_CERTS to the proxy's CA`;
  }
  const known = reasons[code];
  if (known !== undefined) return `${known} (${code})`;
  return message.includes(code) ? message : `${message} (${code})`;
}

function textOf(value: unknown, key: string): string | undefined {
  const text = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof text === "string" ? text : undefined;
}
