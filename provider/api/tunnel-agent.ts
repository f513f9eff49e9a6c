import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** Connects through an HTTP proxy with CONNECT. The proxy sees the host and port, and after that only encrypted bytes. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #timeoutMs: number;

  /** Throws if the proxy has another protocol. `timeoutMs` limits the time until the proxy responds. */
  constructor(proxy: string, { timeoutMs, ...options }: https.AgentOptions & { timeoutMs: number }) {
    super(options);
    this.#proxy = new URL(proxy);
    this.#timeoutMs = timeoutMs;
    const { protocol } = this.#proxy;
    if (protocol !== "http:" && protocol !== "https:") {
      throw Object.assign(new Error(`${protocol} proxies are not supported`), { code: "PROXY_UNSUPPORTED" });
    }
  }

  /** Fails with the code `PROXY_<status>` if the proxy refuses. The platform has not received anything then. */
  override createConnection(
    options: https.RequestOptions & tls.ConnectionOptions,
    callback: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    const { protocol, hostname, port, username, password } = this.#proxy;
    const host = options.host?.includes(":") ? `[${options.host}]` : options.host;
    const target = `${host}:${options.port}`;
    const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
    const request = (protocol === "https:" ? https : http).request({
      agent: false,
      host: hostname.replace(/^\[|\]$/g, ""),
      port,
      method: "CONNECT",
      path: target,
      headers: { Host: target, ...(username === "" ? {} : { "Proxy-Authorization": `Basic ${credentials}` }) },
      timeout: this.#timeoutMs,
    });
    request.once("connect", ({ statusCode = 0, statusMessage = "" }, socket) => {
      if (statusCode === 200) {
        callback(null, tls.connect({ ...options, socket }));
        return;
      }
      socket.destroy();
      const error = new Error(`the proxy responded with ${statusCode} ${statusMessage}`.trim());
      callback(Object.assign(error, { code: `PROXY_${statusCode}` }));
    });
    request.once("timeout", () => request.destroy(Object.assign(new Error("no response"), { code: "PROXY_TIMEOUT" })));
    request.once("error", (error) => callback(Object.assign(error, { proxy: this.#proxy.host })));
    request.end();
    return undefined;
  }
}

/** The text itself if it is not percent-encoded correctly, as in "100%". */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
