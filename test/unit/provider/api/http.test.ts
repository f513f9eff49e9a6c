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

/** Real sockets of loopback: what a mocked request cannot tell is when its bytes leave. */
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
    it("is not seen by what the user's program has set on the shared axios, whose defaults do not reach the platform", async () => {
      const headers: http.IncomingHttpHeaders[] = [];
      const port = await listen(
        http.createServer((request, response) => {
          headers.push(request.headers);
          response.end("{}");
        }),
      );
      const seen: string[] = [];
      axios.defaults.headers.common["Authorization"] = "Bearer of-the-program";
      const interceptor = axios.interceptors.request.use((config) => {
        seen.push(inspect(config, { depth: 10 }));
        return config;
      });
      try {
        await transportTo(`http://127.0.0.1:${port}`).send(get);
      } finally {
        axios.interceptors.request.eject(interceptor);
        delete axios.defaults.headers.common["Authorization"];
      }
      expect(seen).to.deep.equal([]);
      expect(headers[0]).to.include({ "x-api-key": apiKey }).and.to.not.have.property("authorization");
    });

    it("is not printed by Node.js's debug logs", async () => {
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

  describe("without an answer", () => {
    it("knows that nothing was sent where nothing listens", async () => {
      const port = await closedPort();
      for (const host of ["127.0.0.1", "localhost"]) {
        const error = await connectionFailure(transportTo(`http://${host}:${port}`).send(post));
        expect(error).to.include({ code: "ECONNREFUSED", mayHaveActed: false });
        expect(error.message).to.equal(
          `POST /x got no response from ${host}:${port}: connection refused (ECONNREFUSED)`,
        );
      }
    });

    it("knows that nothing was sent where the host cannot be found", async () => {
      const error = await connectionFailure(transportTo("https://nowhere.invalid/api/v1").send(post));
      expect(error.code).to.be.oneOf(["ENOTFOUND", "EAI_AGAIN"]);
      expect(error.mayHaveActed).to.equal(false);
    });

    it("knows that nothing was sent to a server whose certificate is not trusted", async () => {
      const port = await listen(https.createServer(selfSigned, () => expect.fail("a request has arrived")));
      const error = await connectionFailure(transportTo(`https://127.0.0.1:${port}`).send(post));
      expect(error).to.include({ code: "DEPTH_ZERO_SELF_SIGNED_CERT", mayHaveActed: false });
      expect(error.message).to.include("its certificate is not trusted").and.include("NODE_EXTRA_CA_CERTS");
    });

    it("knows that nothing was sent where the handshake is not answered in time", async () => {
      const port = await listen(net.createServer());
      const error = await connectionFailure(
        transportTo(`https://127.0.0.1:${port}`, { requestTimeoutMs: 50 }).send(post),
      );
      expect(error).to.include({ code: "TIMEOUT", mayHaveActed: false });
    });

    it("knows that nothing was sent where the server does not speak TLS", async () => {
      const port = await listen(http.createServer());
      const error = await connectionFailure(transportTo(`https://127.0.0.1:${port}`).send(post));
      expect(error.mayHaveActed).to.equal(false);
    });

    it("takes a request for sent once the connection stands", async () => {
      const port = await listen(net.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())));
      const error = await connectionFailure(transportTo(`http://127.0.0.1:${port}`).send(post));
      expect(error).to.include({ code: "ECONNRESET", mayHaveActed: true });
    });

    it("gives up at the deadline where no answer begins", async () => {
      const port = await listen(http.createServer(() => undefined));
      const error = await connectionFailure(
        transportTo(`http://127.0.0.1:${port}`, { requestTimeoutMs: 50 }).send(post),
      );
      expect(error).to.include({ code: "TIMEOUT", mayHaveActed: true });
      expect(error.message).to.include("no complete response within 0.05 s");
    });

    it("gives up at the deadline where an answer never ends", async () => {
      const port = await listen(
        http.createServer((_, answer) => {
          const drip = setInterval(() => answer.write(" "), 5);
          answer.on("close", () => clearInterval(drip));
        }),
      );
      const error = await connectionFailure(
        transportTo(`http://127.0.0.1:${port}`, { requestTimeoutMs: 100 }).send(get),
      );
      expect(error).to.include({ code: "TIMEOUT", mayHaveActed: true });
    });

    it("takes an answer that breaks off for none", async () => {
      const port = await listen(
        http.createServer((_, answer) => {
          answer.writeHead(202, { "content-length": 100 });
          answer.write('{"data": {"deployment_id"', () => answer.destroy());
        }),
      );
      expect(await connectionFailure(transportTo(`http://127.0.0.1:${port}`).send(post))).to.include({
        mayHaveActed: true,
      });
    });

    it("takes what is not HTTP for none", async () => {
      const port = await listen(
        net.createServer((socket) => socket.once("data", () => socket.end("SSH-2.0-x\r\n\r\n"))),
      );
      expect(await connectionFailure(transportTo(`http://127.0.0.1:${port}`).send(post))).to.include({
        mayHaveActed: true,
      });
    });

    it("ends at once when it is canceled, and knows whether it was sent before", async () => {
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

    it("never breaks off a create that was sent, because its answer tells the id", async () => {
      const canceled = new AbortController();
      const port = await listen(
        http.createServer((_, answer) => {
          canceled.abort();
          setImmediate(() => answer.writeHead(202).end("{}"));
        }),
      );
      const answer = await transportTo(`http://127.0.0.1:${port}`).send({ ...post, signal: canceled.signal });
      expect(answer.status).to.equal(202);
    });
  });

  describe("under the client", () => {
    const create = (port: number, clock: FakeClock) =>
      new OnveraClient({ settings: { apiKey, baseUrl: `http://127.0.0.1:${port}` }, clock }).createDeployment({
        appType: "airflow",
        name: "etl",
      });

    it("sends a create again that has not left", async () => {
      const clock = new FakeClock();
      const error = await connectionFailure(create(await closedPort(), clock));
      expect(isOutcomeUnknown(error)).to.equal(false);
      expect(clock.sleeps).to.have.lengthOf(5);
    });

    it("sends a create not again that has left", async () => {
      const clock = new FakeClock();
      const port = await listen(net.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())));
      const error = await connectionFailure(create(port, clock));
      expect(isOutcomeUnknown(error)).to.equal(true);
      expect(clock.sleeps).to.deep.equal([]);
    });
  });

  describe("with an answer", () => {
    it("reads no more of a body than 2 MB, packed or not", async () => {
      const bomb = gzipSync(Buffer.alloc(21 * 1024 * 1024, " "));
      const port = await listen(
        http.createServer((_, answer) => {
          answer.setHeader("content-encoding", "gzip");
          answer.end(bomb);
        }),
      );
      const error = await failureOf(transportTo(`http://127.0.0.1:${port}`).send(get));
      expect(error.message).to.equal("GET /x returned 200 with an invalid body: the body is larger than 2 MB");
    });

    it("does not parse a body that is nested too deep", async () => {
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

    it("says of what kind a body is that is no JSON, and shows nothing of it", async () => {
      const port = await listen(
        http.createServer((_, answer) => {
          answer.setHeader("content-type", "text/html");
          answer.end("<html>welcome to the hotel</html>");
        }),
      );
      const error = await failureOf(transportTo(`http://127.0.0.1:${port}`).send(get));
      expect(error.message).to.equal(
        "GET /x returned 200 with an invalid body: the body is not JSON but markup, declared as text/html",
      );
    });

    it("keeps connections for reads, and takes a fresh one for each create", async () => {
      let connections = 0;
      const server = http.createServer((_, answer) => answer.end("{}"));
      server.on("connection", () => {
        connections += 1;
      });
      const transport = transportTo(`http://127.0.0.1:${await listen(server)}`);
      for (const request of [get, get, get]) await transport.send(request);
      expect(connections).to.equal(1);
      for (const request of [post, post, get]) await transport.send(request);
      expect(connections).to.equal(3);
    });

    it("understands an answer that begins with a byte order mark", async () => {
      const port = await listen(http.createServer((_, answer) => answer.end('\uFEFF{"data": 1}')));
      expect(await transportTo(`http://127.0.0.1:${port}`).send(get)).to.deep.equal({ status: 200, body: { data: 1 } });
    });
  });

  describe("behind a proxy", () => {
    const keysHeard: unknown[] = [];
    const platform = () =>
      listen(
        https.createServer(selfSigned, (request, answer) => {
          keysHeard.push(request.headers["x-api-key"]);
          answer.end('{"data": 1}');
        }),
      );

    it("sends everything through a tunnel in which the proxy cannot see the key", async () => {
      const proxy = await listenAsProxy(await platform());
      process.env["HTTPS_PROXY"] = `http://user:pass@127.0.0.1:${proxy.port}`;
      process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
      const transport = transportTo("https://onvera.test/api/v1");
      for (const request of [get, post]) {
        expect(await transport.send(request)).to.deep.equal({ status: 200, body: { data: 1 } });
      }
      expect(keysHeard).to.deep.equal([apiKey, apiKey]);
      expect(proxy.tunnels()).to.equal(2);
      expect(proxy.heard())
        .to.include("CONNECT onvera.test:443")
        .and.match(/proxy-authorization: basic/i);
      expect(proxy.heard()).not.to.include(apiKey);
    });

    it("sends nothing through a tunnel to a server whose certificate is not trusted", async () => {
      const proxy = await listenAsProxy(await platform());
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${proxy.port}`;
      const error = await connectionFailure(transportTo("https://onvera.test/api/v1").send(post));
      expect(error).to.include({ code: "DEPTH_ZERO_SELF_SIGNED_CERT", mayHaveActed: false });
      expect(proxy.heard()).not.to.include(apiKey);
    });

    it("knows that nothing was sent where the proxy is not there", async () => {
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${await closedPort()}`;
      const error = await connectionFailure(transportTo("https://onvera.test/api/v1").send(post));
      expect(error).to.include({ code: "ECONNREFUSED", mayHaveActed: false });
    });

    it("tells what the proxy says where it refuses, without having sent it the key", async () => {
      const heard: string[] = [];
      const port = await listen(
        net.createServer((socket) => {
          socket.on("data", (chunk) => heard.push(chunk.toString("latin1")));
          socket.write("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }),
      );
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${port}`;
      const error = await failureOf(transportTo("https://onvera.test/api/v1").send(post));
      expect(error).to.include({ name: "ApiError", status: 407 });
      expect(heard.join("")).not.to.include(apiKey);
    });

    it("shows no password of a proxy's address that cannot be read", async () => {
      process.env["HTTPS_PROXY"] = "http://user:pa:ss@[nowhere:99999";
      const error = await connectionFailure(transportTo("https://onvera.test/api/v1").send(post));
      expect(error.mayHaveActed).to.equal(false);
      expect(inspect(error, { depth: 20 })).not.to.include("pa:ss");
    });

    it("goes past the proxy for hosts that NO_PROXY names", async () => {
      const proxy = await listenAsProxy(await platform());
      process.env["HTTPS_PROXY"] = `http://127.0.0.1:${proxy.port}`;
      process.env["NO_PROXY"] = ".invalid";
      await connectionFailure(transportTo("https://onvera.invalid/api/v1").send(get));
      expect(proxy.tunnels()).to.equal(0);
    });

    it("never uses it for loopback", async () => {
      const proxy = await listenAsProxy(1);
      for (const name of proxyVariables.filter((name) => !/no_proxy/i.test(name))) {
        process.env[name] = `http://127.0.0.1:${proxy.port}`;
      }
      const port = await listen(http.createServer((_, answer) => answer.end("{}")));
      for (const host of ["127.0.0.1", "localhost"]) await transportTo(`http://${host}:${port}`).send(get);
      expect(proxy.heard()).to.equal("");
    });
  });
});
