import http from "node:http";
import https from "node:https";
import { TLSSocket } from "node:tls";
import { excerpt, type Redact } from "./redaction";
import { isCertificateCode } from "./retry";

/** The transport that axios is given: Node.js's own, watched. */
export interface TrackedTransport {
  request(options: https.RequestOptions, onAnswer: (answer: http.IncomingMessage) => void): http.ClientRequest;
}

/**
 * Watches one request, to tell whether it may have reached the platform: not before its connection stands, which for TLS
 * means a finished handshake with a trusted certificate, and behind a proxy the tunnel too. Error codes alone do not tell:
 * `EHOSTUNREACH` or `ETIMEDOUT` may also come from a connection that had stood, and a deadline has no code at all.
 */
export class ConnectionTracker {
  #hasConnected = false;
  #responseStatus: number | undefined;
  readonly #apiKey: string;

  constructor(apiKey: string) {
    this.#apiKey = apiKey;
  }

  /** False as long as no byte of the request can have left. */
  get hasConnected(): boolean {
    return this.#hasConnected;
  }

  /** The status line's number, once it has arrived. */
  get responseStatus(): number | undefined {
    return this.#responseStatus;
  }

  readonly transport: TrackedTransport = {
    request: (options, onAnswer) => {
      const request = (options.protocol === "https:" ? https : http).request(options, onAnswer);
      // Not among the options: Node.js prints those for NODE_DEBUG=http, and axios puts them into its errors.
      request.setHeader("X-API-Key", this.#apiKey);
      const connected = () => {
        this.#hasConnected = true;
      };
      request.once("socket", (socket) => {
        const isTls = socket instanceof TLSSocket;
        // A pooled socket has its handshake behind it: its event will not come again.
        const isPending = isTls ? socket.getFinished() === undefined : socket.connecting;
        if (request.reusedSocket || !isPending) connected();
        else socket.once(isTls ? "secureConnect" : "connect", connected);
      });
      request.once("response", (answer) => {
        connected();
        this.#responseStatus = answer.statusCode;
      });
      return request;
    },
  };
}

/** The facts of a failed connection: a code and a sentence, and an error that is safe to keep as a cause. */
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
  EAI_AGAIN: "its name could not be looked up",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "the connection timed out",
};

/**
 * Says what went wrong below HTTP. What axios throws is not kept, not even as a cause: it carries the request's
 * configuration, and with it the API key.
 */
export function describeFailure(thrown: unknown, redact: Redact): ConnectionFailure {
  const original = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = textOf(original, "code") ?? textOf(thrown, "code") ?? "UNKNOWN";
  const message = excerpt(redact(textOf(original, "message") || textOf(thrown, "message") || String(code)));
  const cause: Error & { code?: string } = new Error(message);
  cause.code = code;
  return { code, reason: reasonOf(code, message), cause };
}

function reasonOf(code: string, message: string): string {
  if (isCertificateCode(code)) {
    return `its certificate is not trusted (${code}: ${message}); where a company's proxy opens TLS, let NODE_EXTRA_CA_CERTS name its CA`;
  }
  const known = reasons[code];
  if (known !== undefined) return `${known} (${code})`;
  return message.includes(code) ? message : `${message} (${code})`;
}

function textOf(value: unknown, key: string): string | undefined {
  const text = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof text === "string" ? text : undefined;
}
