import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that systems use for outgoing connections, which could take the port before it is used. */
const firstPort = 20_000;
const lastPort = 32_000;

/** A port of this machine on which no process listens. */
export async function freePort(): Promise<number> {
  for (let attempts = 1; ; attempts += 1) {
    const port = randomInt(firstPort, lastPort);
    try {
      await listenOnce(port);
      return port;
    } catch (error) {
      if (attempts === 100) throw error;
    }
  }
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  await new Promise((resolve) => server.close(resolve));
}
