import { type EventEmitter, once } from "node:events";
import type http from "node:http";
import net, { type AddressInfo } from "node:net";

/** Starts a server on a free port of loopback. `closeServers` closes it and its connections. */
export async function listen(server: http.Server | net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    if (server.listening) await once(server as EventEmitter, "close");
  });
  return (server.address() as AddressInfo).port;
}

const running: (() => Promise<void>)[] = [];

export async function closeServers(): Promise<void> {
  await Promise.all(running.splice(0).map((close) => close()));
}

/** A port of loopback on which nothing listens. The system gives it to no other test, unlike one that was closed before. */
export const closedPort = 1;

/** A proxy that tunnels every CONNECT to `targetPort` of loopback, and records what it receives. */
export async function listenAsProxy(targetPort: number) {
  const received: string[] = [];
  let tunnels = 0;
  const port = await listen(
    net.createServer((client) => {
      client.once("data", (head) => {
        received.push(head.toString("latin1"));
        if (!head.toString().startsWith("CONNECT ")) {
          client.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
          return;
        }
        tunnels += 1;
        const target = net.connect(targetPort, "127.0.0.1");
        target.on("error", () => client.destroy());
        client.on("error", () => target.destroy());
        client.on("data", (chunk) => received.push(chunk.toString("latin1")));
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(target).pipe(client);
      });
    }),
  );
  return { port, received: () => received.join(""), tunnels: () => tunnels };
}
