import net, { type AddressInfo } from "node:net";
import { expect } from "chai";
import { RateLimit } from "../../../../emulator/src/api/rate-limit";
import { RequestLog } from "../../../../emulator/src/api/request-log";
import { buildServer } from "../../../../emulator/src/api/server";
import { Faults } from "../../../../emulator/src/faults/rules";
import { Clock } from "../../../../emulator/src/platform/clock";
import { randomIds } from "../../../../emulator/src/platform/ids";
import { Keys } from "../../../../emulator/src/platform/keys";
import { Outcomes } from "../../../../emulator/src/platform/outcomes";
import { Platform } from "../../../../emulator/src/platform/platform";
import { defaultSettings } from "../../../../emulator/src/settings";
import type { Journal } from "../../../../emulator/src/store/journal";

/** A server with a journal whose flushes the test controls. */
async function serverWithFlush(flush: () => Promise<void>) {
  const journal: Journal = { append: () => {}, flush, close: async () => {} };
  const clock = new Clock();
  const outcomes = new Outcomes();
  const platform = new Platform({ clock, journal, outcomes, ids: randomIds(() => "prefixed") });
  const keys = new Keys({ journal, wallMs: Date.now });
  keys.put({ key: "valid" });
  const app = await buildServer({
    ...{ platform, journal, keys, clock, settings: { ...defaultSettings } },
    rateLimit: new RateLimit(),
    log: new RequestLog(),
    now: Date.now,
    faultHooks: { faults: new Faults(), apply: async () => {}, outage: async () => {}, deploymentOf: () => ({}) },
  });
  const send = (method: "POST" | "DELETE", path: string, payload?: object) =>
    app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { "x-api-key": "valid" },
      ...(payload === undefined ? {} : { payload }),
    });
  return { app, platform, send };
}

describe("the emulator's server", () => {
  for (const method of ["POST", "DELETE"] as const) {
    it(`acknowledges a ${method} only once it is on disk`, async () => {
      const events: string[] = [];
      let release = () => {};
      const { app, platform, send } = await serverWithFlush(
        () =>
          new Promise((resolve) => {
            events.push("flush starts");
            release = resolve;
          }),
      );
      const { id } = platform.add({ appType: "airflow", origin: { by: "control", key: null } });
      const path = method === "POST" ? "/deployments" : `/deployments/${id}`;
      const response = send(method, path, method === "POST" ? { app_type: "airflow" } : undefined);
      const responded = response.then(({ statusCode }) => events.push(`responded ${statusCode}`));
      while (events.length === 0) await new Promise((done) => setImmediate(done));
      // Enough turns of the event loop for a response that did not wait.
      for (let turn = 0; turn < 50; turn++) await new Promise((done) => setImmediate(done));
      events.push("flush ends");
      release();
      await responded;
      expect(events).to.deep.equal(["flush starts", "flush ends", "responded 202"]);
      await app.close();
    });
  }

  it("responds to invalid HTTP and to unknown endpoints in the documented form", async () => {
    const { app } = await serverWithFlush(async () => {});
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const exchange = (text: string) =>
      new Promise<string>((resolve, reject) => {
        let received = "";
        const socket = net.connect(port, "127.0.0.1", () => socket.end(text));
        socket.on("data", (chunk) => {
          received += chunk;
        });
        socket.on("close", () => resolve(received)).on("error", reject);
      });
    const head = "Host: x\r\nX-API-Key: valid\r\nConnection: close\r\n\r\n";
    for (const [text, status, end] of [
      [`HEAD /api/v1/deployments HTTP/1.1\r\n${head}`, 200, "\r\n\r\n"],
      [`GET /api/v1/deployments/ HTTP/1.1\r\n${head}`, 200, '"pages":0}}}'],
      [`PROPFIND /api/v1/deployments HTTP/1.1\r\n${head}`, 405, '"Method PROPFIND is not allowed here"}}'],
      [
        `BREW /api/v1/deployments HTTP/1.1\r\n${head}`,
        400,
        '{"error":{"code":"INVALID_REQUEST","message":"Malformed request"}}',
      ],
      ["\0\r\n\r\n", 400, '{"error":{"code":"INVALID_REQUEST","message":"Malformed request"}}'],
      [`GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n${head}`, 400, '"Request header is too large"}}'],
    ] as const) {
      const response = await exchange(text);
      expect(response, text.slice(0, 40)).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(response.endsWith(end), response).to.equal(true);
    }
    await app.close();
  });

  it("returns an internal error without the reason if the journal cannot be written", async () => {
    const { app, send } = await serverWithFlush(() => Promise.reject(new Error("disk full at /secret/path")));
    const response = await send("POST", "/deployments", { app_type: "airflow" });
    expect(response.statusCode).to.equal(500);
    expect(response.json()).to.deep.equal({ error: { code: "INTERNAL_ERROR", message: "Internal server error" } });
    await app.close();
  });
});
