import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";

/** Milliseconds until a request may be sent; beyond `maxWaitMs` nothing is reserved. */
export type Reserve = (key: string, maxWaitMs: number) => Promise<number>;

/** A request waits here for so long at most, in milliseconds; the provider's timeout for one request is longer. */
const maxWaitMs = 5_000;

/**
 * The base URL of these variables, with the API's path if it has none. Throws if the provider would use a proxy: the gateway does not, as
 * Node.js 20 has no agent for it.
 */
export function upstreamOf(env: NodeJS.ProcessEnv): string {
  const given = env["ONVERA_BASE_URL"] || "https://api.onvera.io/api/v1";
  if (!URL.canParse(given)) throw new Error("ONVERA_BASE_URL is not a URL");
  const { protocol, origin, hostname, pathname } = new URL(given);
  const variable = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].find((each) => env[each]);
  const direct = (env["no_proxy"] || env["NO_PROXY"] || "").split(/[,\s]+/);
  if (protocol === "https:" && variable !== undefined && !direct.includes(hostname) && !direct.includes("*")) {
    throw new Error(
      `with rateLimit in fleet.yaml, workers do not use ${variable}: remove rateLimit, or add ${hostname} to NO_PROXY if workers can connect directly`,
    );
  }
  return `${origin}${pathname.replace(/\/+$/, "") || "/api/v1"}`;
}

const keepAlive = { http: undefined, https: new HttpsAgent({ keepAlive: true }) };

/**
 * Forwards the requests of the engines on this machine to the platform, each when the limit that all workers share has room
 * for it. If the reservation fails, as while PostgreSQL restarts, requests pass: then each provider keeps to the limit by
 * the platform's headers. A request that would wait too long gets a 429, which providers handle as the platform's own.
 */
export class Gateway {
  private constructor(private readonly server: Server) {}

  static async start(baseUrl: string, reserve: Reserve): Promise<Gateway> {
    const server = createServer((request, response) => {
      forward(request, response, { baseUrl, reserve }).catch(() => response.destroy());
    });
    server.requestTimeout = 0;
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
    return new Gateway(server);
  }

  /** What `ONVERA_GATEWAY_URL` is for engines whose requests count for this key. */
  urlFor(key: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${key}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { baseUrl, reserve }: { readonly baseUrl: string; readonly reserve: Reserve },
): Promise<void> {
  const [, key = "", target = ""] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? "") ?? [];
  const waitMs = await reserve(key, maxWaitMs);
  if (waitMs > maxWaitMs) {
    const retryAfter = String(Math.ceil((waitMs - maxWaitMs) / 1_000));
    const error = { code: "RATE_LIMIT_EXCEEDED", message: "The fleet's share of the rate limit is used up" };
    response.writeHead(429, { "content-type": "application/json", "retry-after": retryAfter });
    response.end(JSON.stringify({ error }));
    return;
  }
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  // Whoever asked may be gone: what nobody waits for is not sent.
  if (request.destroyed && !request.complete) return;
  if (response.destroyed) return;
  const url = new URL(`${baseUrl}${target}`);
  const isSecure = url.protocol === "https:";
  const { host: _, connection: __, ...headers } = request.headers;
  const options = {
    method: request.method,
    headers: { ...headers, host: url.host },
    // As the provider does: a pooled connection may close just as a create is sent on it.
    agent: request.method === "POST" ? (false as const) : isSecure ? keepAlive.https : keepAlive.http,
  };
  const upstream = (isSecure ? httpsRequest : httpRequest)(url, options);
  upstream.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  // The provider then knows that the response is lost, not that nothing happened.
  upstream.on("error", () => response.destroy());
  if (request.method !== "POST") response.on("close", () => upstream.destroy());
  request.pipe(upstream);
}
