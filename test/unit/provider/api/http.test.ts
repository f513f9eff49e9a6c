import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { resolve } from "node:path";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import axios from "axios";
import { expect } from "chai";
import { isOutcomeUnknown, OnveraClient } from "../../../../provider/api/client";
import type { ConnectionError } from "../../../../provider/api/errors";
import { type HttpOptions, HttpTransport } from "../../../../provider/api/http";
import { FakeClock } from "../../../support/fake-clock";
import { failureOf } from "./support/errors";
import { selfSigned } from "./support/self-signed";
import { closedPort, closeServers, listen, listenAsProxy } from "./support/servers";

const apiKey = "onv_sk_live_opaque";
const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const changed = [...proxyVariables, "NODE_TLS_REJECT_UNAUTHORIZED"];

function transportTo(baseUrl: string, options: Partial<HttpOptions> = {}): HttpTransport {
  return new HttpTransport({
    apiKey,
    baseUrl,
    userAgent: "test",
    requestTimeoutMs: 5_000,
    clock: new FakeClock(),
    ...options,
  });
}

const get = { method: "GET", path: "/x" } as const;
const post = { method: "POST", path: "/x", body: { name: "etl" } } as const;

async function connectionFailure(promise: Promise<unknown>): Promise<ConnectionError> {
  const error = await failureOf(promise);
  expect(error.name, error.message).to.equal("ConnectionError");
  expect(inspect(error, { depth: 20, showHidden: true, getters: true })).not.to.include(apiKey);
  return error as ConnectionError;
}

/** With real sockets, because a mock does not show when bytes are sent. */
describe("HttpTransport", () => {
  let before: Record<string, string | undefined>;

  beforeEach(() => {
    before = Object.fromEntries(changed.map((name) => [name, process.env[name]]));
    for (const name of changed) delete process.env[name];
  });
  afterEach(async () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await closeServers();
  });

  describe("the API key", () => {
    it("is hidden from interceptors of the shared axios instance, whose defaults are not sent", async () => {
      const headers: http.IncomingHttpHeaders[] = [];
      const port = await listen(
        http.createServer((request, response) => {
          headers.push(request.headers);
          response.end("{}");
        }),
      );
      const intercepted: string[] = [];
      axios.defaults.headers.common["Authorization"] = "Bearer of-the-program";
      const interceptor = axios.interceptors.request.use((config) => {
        intercepted.push(inspect(config, { depth: 10 }));
        return config;
      });
      try {
        await transportTo(`http://127.0.0.1:${port}`).send(get);
      } finally {
        axios.interceptors.request.eject(interceptor);
        delete axios.defaults.headers.common["Authorization"];
      }
      expect(intercepted).to.deep.equal([]);
      expect(headers[0]).to.include({ "x-api-key": apiKey }).and.to.not.have.property("authorization");
    });

    it("is not in Node.js's debug logs", async () => {
      const port = await listen(http.createServer((_, response) => response.end("{}")));
      const script = `
        const { HttpTransport } = require("./provider/api/http");
        const { systemClock } = require("./provider/clock");
        const options = { baseUrl: "http://127.0.0.1:${port}", userAgent: "test", requestTimeoutMs: 5000, clock: systemClock };
        const transport = new HttpTransport({ ...options, apiKey: process.env.KEY });
        transport.send({ method: "POST", path: "/x", body: {} }).then(() => process.exit(0));
      `;
      const child = spawn(process.execPath, ["--import", "tsx", "--eval", script], {
        cwd: resolve(__dirname, "..", "..", "..", ".."),
        env: { ...process.env, KEY: apiKey, NODE_DEBUG: "http,https,net,tls,stream" },
      });
      let printed = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
      expect(await once(child, "close")).to.deep.equal([0, null]);
      expect(printed).to.include("HTTP").and.to.not.include(apiKey);
    });
  });

  describe("without a response", () => {
    it("reports that nothing was sent if nothing listens", async () => {
      for (const host of ["127.0.0.1", "localhost"]) {
        const error = await connectionFailure(transportTo(`http://${host}:${closedPort}`).send(post));
        expect(error).to.include({ code: "ECONNREFUSED", mayHaveActed: false });
        expect(error.message).to.equal(
          `POST /x got no response from ${host}:${closedPort}: connection refused (ECONNREFUSED)`,
        );
      }
    });

    it("reports that nothing was sent if the host is not found", async () => {
      const error = await connectionFailure(transportTo("https://nowhere.invalid/api/v1").send(post));
      expect(error.code).to.be.oneOf(["ENOTFOUND", "EAI_AGAIN"]);
      expect(error.mayHaveActed).to.equal(false);
    });

    it("reports that nothing was sent if the certificate is not trusted", async () => {
      const port = await listen(https.createServer(selfSigned, () => expect.fail("a request was received")));
      const error = await connectionFailure(transportTo(`https://127.0.0.1:${port}`).send(post));
      expect(error).to.include({ code: "DEPTH_ZERO_SELF_SIGNED_CERT", mayHaveActed: false });
      expect(error.message).to.include("its certificate is not trusted").and.include("NODE_EXTRA_CA_CERTS");
    });

    it("reports that nothing was sent if the TLS handshake times out", async () => {
      const port = await listen(net.createServer());
      const error = await connectionFailure(
        transportTo(`https://127.0.0.1:${port}`, { requestTimeoutMs: 500 }).send(post),
      );
      expect(error).to.include({ code: "TIMEOUT", mayHaveActed: false });
    });

    it("reports that nothing was sent if the server does not support TLS", async () => {
      const port = await listen(http.createServer());
      const error = await connectionFailure(transportTo(`https://127.0.0.1:${port}`).send(post));
      expect(error.mayHaveActed).to.equal(false);
    });

    it("assumes that the request was sent after the connection was established", async () => {
      const port = await listen(net.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())));
      const error = await connectionFailure(transportTo(`http://127.0.0.1:${port}`).send(post));
      expect(error).to.include({ code: "ECONNRESET", mayHaveActed: true });
    });

    it("ends at the timeout if no response begins", async () => {
      const port = await listen(http.createServer(() => undefined));
      const error = await connectionFailure(
        transportTo(`http://127.0.0.1:${port}`, { requestTimeoutMs: 500 }).send(post),
      );
      expect(error).to.include({ code: "TIMEOUT", mayHaveActed: true });
      expect(error.message).to.include("no complete response within 0.5 s");
    });

    it("ends at the timeout if a response never ends", async () => {
      const port = await listen(
        http.createServer((_, response) => {
          const drip = setInterval(() => response.write(" "), 5);
          response.on("close", () => clearInterval(drip));
        }),
      );
      const error = await connectionFailure(
        transportTo(`http://127.0.0.1:${port}`, { requestTimeoutMs: 500 }).send(get),
      );
      expect(error).to.include({ code: "TIMEOUT", mayHaveActed: true });
    });

    it("treats a truncated response as no response", async () => {
      const port = await listen(
        http.createServer((_, response) => {
          response.writeHead(202, { "content-length": 100 });
          response.write('{"data": {"deployment_id"', () => response.destroy());
        }),
      );
      expect(await connectionFailure(transportTo(`http://127.0.0.1:${port}`).send(post))).to.include({
        mayHaveActed: true,
      });
    });

    it("treats a response that is not HTTP as no response", async () => {
      const port = await listen(
        net.createServer((socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n\r\n"))),
      );
      expect(await connectionFailure(transportTo(`http://127.0.0.1:${port}`).send(post))).to.include({
        mayHaveActed: true,
      });
    });

    it("ends at once if it is canceled, and reports whether it was sent before", async () => {
      const canceled = new AbortController();
      const port = await listen(http.createServer(() => canceled.abort()));
      const transport = transportTo(`http://127.0.0.1:${port}`);
      const get = { method: "GET", path: "/deployments", signal: canceled.signal } as const;
      const after = await connectionFailure(transport.send(get));
      expect(after).to.include({ code: "ABORTED", mayHaveActed: true });
      for (const request of [get, { ...post, signal: canceled.signal }]) {
        const before = await connectionFailure(transport.send(request));
        expect(before).to.include({ code: "ABORTED", mayHaveActed: false });
      }
    });

    it("never aborts a create that was sent, because its response contains the id", async () => {
      const canceled = new AbortController();
      const port = await listen(
        http.createServer((_, response) => {
          canceled.abort();
          setImmediate(() => response.writeHead(202).end("{}"));
        }),
      );
      const response = await transportTo(`http://127.0.0.1:${port}`).send({ ...post, signal: canceled.signal });
      expect(response.status).to.equal(202);
    });

    it("awaits the response to a create that was sent when its call has no time left", async () => {
      const port = await listen(
        http.createServer((_, response) => setTimeout(() => response.writeHead(202).end("{}"), 700)),
      );
      const { status } = await transportTo(`http://127.0.0.1:${port}`).send({ ...post, remainingMs: 500 });
      expect(status).to.equal(202);
    });
  });

  describe("with the client", () => {
    const create = (port: number, clock: FakeClock) =>
      new OnveraClient({ settings: { apiKey, baseUrl: `http://127.0.0.1:${port}` }, clock }).createDeployment({
        appType: "airflow",
        name: "etl",
      });

    it("retries a create that was not sent", async () => {
      const clock = new FakeClock();
      const error = await connectionFailure(create(closedPort, clock));
      expect(isOutcomeUnknown(error)).to.equal(false);
      expect(clock.sleeps).to.have.lengthOf(5);
    });

    it("does not retry a create that was sent", async () => {
      const clock = new FakeClock();
      const port = await listen(net.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())));
      const error = await connectionFailure(create(port, clock));
      expect(isOutcomeUnknown(error)).to.equal(true);
      expect(clock.sleeps).to.deep.equal([]);
    });
  });

  describe("with a response", () => {
    it("reads at most 2 MB of a body, also if it is compressed", async () => {
      const bomb = gzipSync(Buffer.alloc(21 * 1024 * 1024, " "));
      const port = await listen(
        http.createServer((_, response) => {
          response.setHeader("content-encoding", "gzip");
          response.end(bomb);
        }),
      );
      const error = await failureOf(transportTo(`http://127.0.0.1:${port}`).send(get));
      expect(error.message).to.equal("GET /x returned 200 with an invalid body: the body is larger than 2 MB");
    });

    it("does not parse a body that is nested too deeply", async () => {
      const port = await listen(
        http.createServer((request, response) => {
          response.statusCode = request.url === "/error" ? 500 : 200;
          response.end("[".repeat(100_000));
        }),
      );
      const transport = transportTo(`http://127.0.0.1:${port}`);
      expect((await failureOf(transport.send(get))).message).to.equal(
        "GET /x returned 200 with an invalid body: the body is nested deeper than 50 levels",
      );
      expect((await failureOf(transport.send({ method: "GET", path: "/error" }))).name).to.equal("ApiError");
    });

    it("names the type of a body that is not JSON, and shows none of it", async () => {
      const port = await listen(
        http.createServer((_, response) => {
          response.setHeader("content-type", "text/html");
          response.end("<html>welcome to the hotel</html>");
        }),
      );
      const error = await failureOf(transportTo(`http://127.0.0.1:${port}`).send(get));
      expect(error.message).to.equal(
        "GET /x returned 200 with an invalid body: the body is not JSON but markup, declared as text/html",
      );
    });

    it("reuses connections for reads, and opens a new one for each create", async () => {
      let connections = 0;
      const server = http.createServer((_, response) => response.end("{}"));
      server.on("connection", () => {
        connections += 1;
      });
      const transport = transportTo(`http://127.0.0.1:${await listen(server)}`);
      for (const request of [get, get, get]) await transport.send(request);
      expect(connections).to.equal(1);
      for (const request of [post, post, get]) await transport.send(request);
      expect(connections).to.equal(3);
    });

    it("accepts a byte order mark", async () => {
      const port = await listen(http.createServer((_, response) => response.end('\uFEFF{"data": 1}')));
      expect(await transportTo(`http://127.0.0.1:${port}`).send(get)).to.deep.equal({ status: 200, body: { data: 1 } });
    });
  });

  describe("before the connection is established", () => {
    const silent = () => listen(net.createServer(() => undefined));

    for (const request of [get, post]) {
      it(`ends a ${request.method} when its call has no time left`, async () => {
        const transport = transportTo(`https://127.0.0.1:${await silent()}`);
        const error = await connectionFailure(transport.send({ ...request, remainingMs: 50 }));
        expect(error).to.include({ code: "DEADLINE", mayHaveActed: false });
      });

      it(`ends a ${request.method} when it is canceled`, async () => {
        const transport = transportTo(`https://127.0.0.1:${await silent()}`);
        const error = await connectionFailure(transport.send({ ...request, signal: AbortSignal.timeout(50) }));
        expect(error).to.include({ code: "ABORTED", mayHaveActed: false });
      });
    }
  });

  describe("behind a proxy", () => {
    const receivedKeys: unknown[] = [];
    const platform = () =>
      listen(
        https.createServer(selfSigned, (request, response) => {
          receivedKeys.push(request.headers["x-api-key"]);
          response.end('{"data": 1}');
        }),
      );

    it("sends requests through a tunnel, in which the proxy cannot read the key", async () => {
      const proxy = await listenAsProxy(await platform());
      process.env["HTTPS_PROXY"] = `http://user:pass@127.0.0.1:${proxy.port}`;
      process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
      const transport = transportTo("https://onvera.test/api/v1");
      for (const request of [get, post]) {
        expect(await transport.send(request)).to.deep.equal({ status: 200, body: { data: 1 } });
      }
      expect(receivedKeys).to.deep.equal([apiKey, apiKey]);
      expect(proxy.tunnels()).to.equal(2);
      expect(proxy.received())
        .to.include("CONNECT onvera.test:443")
        .and.match(/proxy-authorization: basic/i);
      expect(proxy.received()).not.to.include(apiKey);
    });

    it("sends nothing through a tunnel if the certificate is not trusted", async () => {
      const proxy = await listenAsProxy(await platform());
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${proxy.port}`;
      const error = await connectionFailure(transportTo("https://onvera.test/api/v1").send(post));
      expect(error).to.include({ code: "DEPTH_ZERO_SELF_SIGNED_CERT", mayHaveActed: false });
      expect(proxy.received()).not.to.include(apiKey);
    });

    it("reports that nothing was sent if the proxy is unreachable", async () => {
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${closedPort}`;
      const error = await connectionFailure(transportTo("https://onvera.test/api/v1").send(post));
      expect(error).to.include({ code: "ECONNREFUSED", mayHaveActed: false });
      expect(error.message).to.include(`the proxy 127.0.0.1:${closedPort}: connection refused`);
    });

    it("uses a proxy without a scheme as an HTTP proxy, as curl and the Pulumi CLI do", async () => {
      const proxy = await listenAsProxy(await platform());
      process.env["HTTPS_PROXY"] = `127.0.0.1:${proxy.port}`;
      process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
      await transportTo("https://onvera.test/api/v1").send(get);
      expect(proxy.tunnels()).to.equal(1);
    });

    const refusing = async (status: string) => {
      const received: string[] = [];
      const port = await listen(
        net.createServer((socket) => {
          socket.on("data", (chunk) => {
            received.push(chunk.toString("latin1"));
            socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
          });
        }),
      );
      return { port, received: () => received.join("") };
    };

    for (const status of ["404 Not Found", "407 Proxy Authentication Required", "503 Service Unavailable"]) {
      it(`does not take the proxy's ${status} for the platform's, and does not send it the key`, async () => {
        const proxy = await refusing(status);
        process.env["HTTPS_PROXY"] = `http://127.0.0.1:${proxy.port}`;
        const seen: unknown[] = [];
        const transport = transportTo("https://onvera.test/api/v1", { onHeaders: (...args) => seen.push(args) });
        for (const request of [get, post]) {
          const error = await connectionFailure(transport.send(request));
          expect(error).to.include({ code: `PROXY_${status.slice(0, 3)}`, mayHaveActed: false });
          expect(error.message).to.include(`the proxy responded with ${status}`);
          expect(isOutcomeUnknown(error)).to.equal(false);
        }
        expect(seen).to.deep.equal([]);
        expect(proxy.received()).not.to.include(apiKey);
      });
    }

    it("decodes the user and the password of the proxy's address", async () => {
      for (const [credentials, sent] of [
        ["ann:p%40ss%3A1", "ann:p@ss:1"],
        ["ann:100%", "ann:100%"],
      ] as const) {
        const proxy = await refusing("407 Proxy Authentication Required");
        process.env["HTTPS_PROXY"] = `http://${credentials}@127.0.0.1:${proxy.port}`;
        await connectionFailure(transportTo("https://onvera.test/api/v1").send(get));
        const [, encoded = ""] = /proxy-authorization: basic (\S+)/i.exec(proxy.received()) ?? [];
        expect(Buffer.from(encoded, "base64").toString()).to.equal(sent);
      }
    });

    it("closes the connection to a proxy that does not respond", async () => {
      let closed: Promise<unknown> | undefined;
      const server = net.createServer((socket) => {
        closed = once(socket.resume(), "close");
      });
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${await listen(server)}`;
      const transport = transportTo("https://onvera.test/api/v1", { requestTimeoutMs: 50 });
      expect(await connectionFailure(transport.send(get))).to.include({ code: "TIMEOUT", mayHaveActed: false });
      await closed;
    });

    it("refuses a proxy of another protocol", async () => {
      process.env["HTTPS_PROXY"] = "socks5://user:pass@127.0.0.1:1080";
      const error = await connectionFailure(transportTo("https://onvera.test/api/v1").send(post));
      expect(error).to.include({ mayHaveActed: false });
      expect(error.message).to.include("socks5: proxies are not supported").and.not.include("pass");
    });

    it("hides the password of an invalid proxy address", async () => {
      process.env["HTTPS_PROXY"] = "http://user:pa:ss@[nowhere:99999";
      const error = await connectionFailure(transportTo("https://onvera.test/api/v1").send(post));
      expect(error.mayHaveActed).to.equal(false);
      expect(inspect(error, { depth: 20 })).not.to.include("pa:ss");
    });

    it("uses no proxy for hosts in NO_PROXY", async () => {
      const proxy = await listenAsProxy(await platform());
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${proxy.port}`;
      process.env["NO_PROXY"] = ".invalid";
      await connectionFailure(transportTo("https://onvera.invalid/api/v1").send(get));
      expect(proxy.tunnels()).to.equal(0);
    });

    it("uses no proxy for loopback", async () => {
      const proxy = await listenAsProxy(1);
      for (const name of proxyVariables.filter((name) => !/no_proxy/i.test(name))) {
        process.env[name] = `http://127.0.0.1:${proxy.port}`;
      }
      const port = await listen(http.createServer((_, response) => response.end("{}")));
      for (const host of ["127.0.0.1", "localhost"]) await transportTo(`http://${host}:${port}`).send(get);
      expect(proxy.received()).to.equal("");
    });
  });
});
