import type { Server } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";

const loopback = "127.0.0.1";

/** Makes the server listen (on loopback by default), and stops it during an outage. */
export class Listener {
  readonly #server: Server;
  readonly #host: string;
  readonly #outages = new Set<NodeJS.Timeout>();
  #port: number;
  #isClosed = false;

  /** Port 0 takes a free port, which stays the same after an outage. */
  constructor(server: Server, { port, host = loopback }: { port: number; host?: string | undefined }) {
    this.#server = server;
    this.#host = host;
    this.#port = port;
  }

  /** The origin for callers on this machine. */
  get origin(): string {
    const isEveryAddress = ["0.0.0.0", "::"].includes(this.#host);
    const host = isEveryAddress ? loopback : isIPv6(this.#host) ? `[${this.#host}]` : this.#host;
    return `http://${host}:${this.#port}`;
  }

  /** Rejects if the port is in use. */
  async open(): Promise<void> {
    try {
      await this.#listen();
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")) throw cause;
      throw new Error(`port ${this.#port} is in use; choose another one, or 0 for any that is free`, { cause });
    }
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /**
   * Starts an outage of `forMs` real milliseconds: refuses new connections at once, and closes the open ones after
   * `afterResponse` has settled. Resolves when all connections are closed.
   */
  async outage(forMs: number, afterResponse?: Promise<unknown>): Promise<void> {
    await this.#stop(afterResponse);
    const timer = setTimeout(() => {
      this.#outages.delete(timer);
      if (this.#outages.size > 0 || this.#isClosed) return;
      // If another process has taken the port, extend the outage.
      this.#listen().catch(() => void this.outage(100));
    }, forMs);
    this.#outages.add(timer);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#outages) clearTimeout(timer);
    await this.#stop();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  async #stop(afterResponse?: Promise<unknown>): Promise<void> {
    if (!this.#server.listening) return;
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await afterResponse?.catch(() => {});
    this.#server.closeAllConnections();
    await stopped;
  }
}
