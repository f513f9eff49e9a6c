import { request as httpRequest } from "node:http";
import { expect } from "chai";
import { type ApiResponse, at, call, create, fakeTime, textAt, untilReachable, useEmulators } from "../support";

const instant = Number.POSITIVE_INFINITY;

/** Sends a request with any headers, including those that `fetch` does not allow, and returns the status. */
function send(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string },
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once("error", reject).end(body);
  });
}

describe("the emulator's control API", () => {
  const start = useEmulators();

  it("rejects invalid requests with a message, and changes nothing", async () => {
    const emulator = await start();
    const invalid: [Parameters<typeof call>[1], unknown][] = [
      ["POST /_emulator/faults", { action: { type: "explode" } }],
      ["POST /_emulator/faults", { action: { type: "answer" } }],
      ["POST /_emulator/faults", { macth: { method: "GET" } }],
      ["POST /_emulator/faults", { match: { path: { regex: "(" } } }],
      ["POST /_emulator/faults", { changes: [{ change: "rename", deployment: "x" }] }],
      ["POST /_emulator/outcomes", { result: "explode" }],
      ["POST /_emulator/outcomes", {}],
      ["PATCH /_emulator/clock", { speed: 0 }],
      ["PATCH /_emulator/clock", { skewMs: 9e15 }],
      ["PATCH /_emulator/clock", { advanceMs: 1e300 }],
      ["PATCH /_emulator/clock", { paused: true, speed: 1e300 }],
      ["PATCH /_emulator/settings", { latencyMs: 1e12 }],
      ["POST /_emulator/outcomes", { result: "hang", durationMs: 1e300 }],
      ["PATCH /_emulator/clock", { speed: "fast" }],
      ["POST /_emulator/deployments", { appType: "dagster" }],
      ["POST /_emulator/deployments/none", { change: "vanish" }],
      ["PATCH /_emulator/keys/none", { revoked: true }],
      ["POST /_emulator/keys", { scopes: ["all"] }],
      ["PUT /_emulator/rate-limit", { requests: 1, perSeconds: 0 }],
      ["PATCH /_emulator/settings", { idForm: "short" }],
      ["POST /_emulator/outage", {}],
      ["DELETE /_emulator/faults/none", undefined],
      ["POST /_emulator/faults", "{"],
    ];
    for (const [request, body] of invalid) {
      const { status, json } = await call(emulator, request, { body, key: null });
      expect(status, `${request} ${JSON.stringify(body)}`).to.equal(400);
      expect(at(json, "error")).to.be.a("string");
    }
    expect((await call(emulator, "GET /_emulator/nothing")).status).to.equal(404);
    expect(emulator.control.state().deployments).to.deep.equal([]);
    expect(emulator.control.faults.list()).to.deep.equal([]);
  });

  it("accepts requests from this machine only, and from no page of another origin", async () => {
    const { url } = await start();
    const statusFor = (headers: Record<string, string>) => send(`${url}/_emulator/state`, { headers });
    expect(await statusFor({})).to.equal(200);
    expect(await statusFor({ host: "localhost:1234" })).to.equal(200);
    expect(await statusFor({ host: "evil.example" })).to.equal(403);
    expect(await statusFor({ origin: "https://evil.example" })).to.equal(403);
    expect(await statusFor({ origin: url })).to.equal(200);
    expect(await statusFor({ "sec-fetch-site": "same-origin" })).to.equal(200);
    expect(await statusFor({ "sec-fetch-site": "none" })).to.equal(200);
    expect(await statusFor({ "sec-fetch-site": "cross-site" })).to.equal(403);
    // Another port of this machine is another origin, too.
    expect(await statusFor({ "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" })).to.equal(403);
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect(await statusFor({ ...link, "sec-fetch-dest": "document" })).to.equal(200);
    expect(await statusFor({ ...link, "sec-fetch-dest": "iframe" })).to.equal(403);
  });

  it("rejects every request that a page of another origin can send", async () => {
    const { url, control } = await start();
    const { id } = await control.deployments.create({ appType: "airflow", name: "mine" });
    const change = { body: '{"change":"vanish"}', json: { "content-type": "application/json" } };
    const attempts: [string, Parameters<typeof send>[1]][] = [];
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://localhost:1" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ] as Record<string, string>[]) {
      attempts.push([
        `/deployments/${id}`,
        { method: "POST", body: change.body, headers: { ...change.json, ...headers } },
      ]);
      attempts.push(["/reset", { method: "POST", headers }]);
      attempts.push(["/clock", { method: "PATCH", body: '{"paused":true}', headers: { ...change.json, ...headers } }]);
      attempts.push([
        "/keys/x",
        { method: "OPTIONS", headers: { ...headers, "access-control-request-method": "PATCH" } },
      ]);
    }
    for (const [path, options] of attempts) {
      expect(await send(`${url}/_emulator${path}`, options), JSON.stringify([path, options])).to.equal(403);
    }
    // A body that a form can send is rejected, whatever its origin.
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      for (const path of [`/deployments/${id}`, "/reset"]) {
        const options = { method: "POST", body: change.body, headers: { "content-type": type } };
        expect(await send(`${url}/_emulator${path}`, options), `${path} as ${type}`).to.equal(400);
      }
    }
    expect(control.deployments.get("mine").status).to.equal("ready");
    expect(control.clock.get().paused).to.equal(false);
  });

  it("lists its endpoints", async () => {
    const { json } = await call(await start(), "GET /_emulator/", { key: null });
    expect(Object.keys(json as object)).to.include("GET /_emulator/state");
  });

  it("shows requests with the fingerprint of the key, and never the key", async () => {
    const emulator = await start();
    await create(emulator, { app_type: "airflow", name: "etl" });
    await call(emulator, "GET /deployments?page=2", { key: "onv_sk_live_wrong" });
    const { text, json } = await call(emulator, "GET /_emulator/requests");
    expect(text).not.to.include(emulator.apiKey).and.not.to.include("onv_sk_live");
    expect(at(json, "total")).to.equal(2);
    expect(at(json, "counts")).to.deep.equal({ "POST /api/v1/deployments": 1, "GET /api/v1/deployments": 1 });
    expect(at(json, "requests.0")).to.deep.include({
      method: "POST",
      path: "/api/v1/deployments",
      body: { app_type: "airflow", name: "etl" },
      status: 202,
      key: emulator.control.keys.list()[0]?.fingerprint,
    });
    expect(at(json, "requests.1")).to.deep.include({ query: { page: "2" }, status: 401 });
    const later = await call(emulator, "GET /_emulator/requests?since=1");
    expect(at(later.json, "requests.length")).to.equal(1);
    expect((await call(emulator, "DELETE /_emulator/requests")).status).to.equal(204);
    expect(at((await call(emulator, "GET /_emulator/requests")).json, "total")).to.equal(0);
  });

  it("adds, lists and removes faults and outcomes", async () => {
    const emulator = await start({ speed: instant });
    for (const [path, rule] of [
      ["/_emulator/faults", { match: { path: "/deployments" }, action: { type: "answer", status: 503 } }],
      ["/_emulator/outcomes", { match: { operation: "create" }, result: "fail", phase: "migrations" }],
    ] as const) {
      const added = await call(emulator, `POST ${path}`, { body: rule });
      expect(added.status).to.equal(201);
      const id = textAt(added.json, "id");
      const { json } = await call(emulator, `GET ${path}`);
      expect(at(json, "items.0")).to.deep.equal({ ...rule, id, seen: 0, applied: 0 });
      expect((await call(emulator, `DELETE ${path}/${id}`)).status).to.equal(204);
      expect(at((await call(emulator, `GET ${path}`)).json, "items")).to.deep.equal([]);
      await call(emulator, `POST ${path}`, { body: rule });
      expect((await call(emulator, `DELETE ${path}`)).status).to.equal(204);
    }
    expect((await call(emulator, "POST /deployments", { body: { app_type: "airflow" } })).status).to.equal(202);
    expect(emulator.control.state().counts.deployments.ready).to.equal(1);
  });

  it("pauses, advances, completes and skews the clock", async () => {
    const emulator = await start();
    const clock = async (body: object): Promise<ApiResponse> => call(emulator, "PATCH /_emulator/clock", { body });
    const { operationId } = await create(emulator);
    const status = async () => at((await call(emulator, `GET /operations/${operationId}`)).json, "data.status");
    expect(at((await clock({ paused: true })).json, "paused")).to.equal(true);
    await clock({ advanceMs: 3_000 });
    expect(await status()).to.equal("running");
    const skewed = await clock({ skewMs: 86_400_000, paused: false, speed: 2 });
    expect(at(skewed.json, "speed")).to.equal(2);
    expect(Date.parse(textAt(skewed.json, "time"))).to.be.greaterThan(Date.now() + 80_000_000);
    const { headers } = await call(emulator, "GET /deployments");
    expect(Date.parse(headers.get("date") ?? ""), "Date").to.be.greaterThan(Date.now() + 80_000_000);
    expect(await status()).to.equal("running");
    expect(at((await clock({ speed: "instant" })).json, "speed")).to.equal("instant");
    expect(await status()).to.equal("succeeded");
    expect(at((await call(emulator, "GET /_emulator/clock")).json, "skewMs")).to.equal(86_400_000);
  });

  it("destroys, renames, fails and removes deployments outside the API", async () => {
    const emulator = await start();
    const created = await call(emulator, "POST /_emulator/deployments", { body: { appType: "superset", name: "bi" } });
    expect(created.status).to.equal(201);
    const id = textAt(created.json, "id");
    const change = (which: string, body: object) => call(emulator, `POST /_emulator/deployments/${which}`, { body });
    const shown = async () => (await call(emulator, `GET /deployments/${id}`)).json;

    await change(id, { change: "rename", name: "bi-2" });
    expect([at(await shown(), "data.name"), at(await shown(), "data.status")]).to.deep.equal(["bi-2", "ready"]);
    await change("bi-*", { change: "markFailed" });
    expect(at(await shown(), "data.status")).to.equal("failed");
    await change("bi-2", { change: "destroy" });
    expect(at(await shown(), "data.status")).to.equal("destroying");
    await change("bi-2", { change: "destroyNow" });
    expect(at(await shown(), "error.code")).to.equal("DEPLOYMENT_NOT_FOUND");
    const operations = await call(emulator, `GET /operations?resource_id=${id}`);
    expect([0, 1].map((n) => at(operations.json, `data.items.${n}.status`))).to.deep.equal(["succeeded", "canceled"]);

    await emulator.control.deployments.create({ appType: "airflow", name: "lost" });
    await change("lost", { change: "vanish" });
    const { counts, gone } = emulator.control.state();
    expect(counts.deployments).to.include({ total: 0, destroyed: 2 });
    expect(gone.map(({ name }) => name)).to.deep.equal(["lost", "bi-2"]);
    expect(counts.operations.total, "a removed deployment has no destroy operation").to.equal(2);
  });

  it("asks for the ID if a name matches several deployments", async () => {
    const { control } = await start();
    await control.deployments.create({ appType: "airflow", name: "a-1" });
    await control.deployments.create({ appType: "airflow", name: "a-2" });
    expect(() => control.deployments.get("a-*")).to.throw('2 deployments match "a-*"; specify the ID');
    expect(() => control.deployments.get("b")).to.throw('no deployment has the ID or name "b"');
  });

  it("completes, cancels, fails and hides operations in progress", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    const ended = async (change: string, more: object = {}) => {
      const { id, operationId } = await create(emulator);
      time.ms += 5_000;
      const done = await call(emulator, `POST /_emulator/deployments/${id}`, { body: { change, ...more } });
      const { status, json } = await call(emulator, `GET /operations/${operationId}`);
      return [at(done.json, "status"), status, at(json, "data.status"), at(json, "data.error.code")];
    };
    expect(await ended("finishOperation")).to.deep.equal(["ready", 200, "succeeded", undefined]);
    expect(await ended("cancelOperation")).to.deep.equal(["failed", 200, "canceled", undefined]);
    expect(await ended("failOperation", { code: "X" })).to.deep.equal(["failed", 200, "failed", "X"]);
    expect(await ended("vanishOperation")).to.deep.equal(["provisioning", 404, undefined, undefined]);
    expect(await ended("markFailed")).to.deep.equal(["failed", 200, "failed", "DEPLOYMENT_FAILED"]);
    const { started_at, ended_at, requested_at } = emulator.control.state().operations[4] ?? {};
    expect([requested_at, started_at, ended_at]).to.deep.equal([
      "2026-05-01T12:00:00.000Z",
      "2026-05-01T12:00:02.000Z",
      "2026-05-01T12:00:05.000Z",
    ]);
    const idle = await emulator.control.deployments.create({ appType: "airflow", name: "idle" });
    const refused = await call(emulator, `POST /_emulator/deployments/${idle.id}`, {
      body: { change: "cancelOperation" },
    });
    expect(at(refused.json, "error")).to.equal('deployment "idle" has no operation in progress');
  });

  it("adds, restricts, expires and revokes keys, and shows a new key once", async () => {
    const emulator = await start();
    const added = await call(emulator, "POST /_emulator/keys", { body: { scopes: ["org:read"] } });
    const key = textAt(added.json, "key");
    const fingerprint = textAt(added.json, "fingerprint");
    const codeFor = async (request: Parameters<typeof call>[1]) =>
      at((await call(emulator, request, { key })).json, "error.code");
    expect(await codeFor("GET /environments")).to.equal(undefined);
    expect(await codeFor("GET /operations")).to.equal("INSUFFICIENT_SCOPE");
    const change = (body: object) => call(emulator, `PATCH /_emulator/keys/${fingerprint}`, { body });
    expect((await change({ scopes: ["operations:read"] })).text).not.to.include(key);
    expect(await codeFor("GET /operations")).to.equal(undefined);
    await change({ expiresAt: "2020-01-01T00:00:00Z" });
    expect(await codeFor("GET /operations")).to.equal("API_KEY_EXPIRED");
    await change({ revoked: true });
    expect(await codeFor("GET /operations")).to.equal("API_KEY_REVOKED");
    expect((await call(emulator, "GET /_emulator/keys")).text).not.to.include("onv_sk_live");
  });

  it("sets the rate limit and the settings, and a reset restores the initial state", async () => {
    const emulator = await start({ latencyMs: 1 });
    await call(emulator, "PUT /_emulator/rate-limit", { body: { requests: 1, perSeconds: 3600 } });
    await call(emulator, "PATCH /_emulator/settings", { body: { idForm: "uuid", latencyMs: [0, 2] } });
    await create(emulator);
    expect((await call(emulator, "GET /deployments")).status).to.equal(429);
    await emulator.control.keys.revoke(emulator.apiKey);
    await emulator.control.clock.pause();
    emulator.control.faults.add({ match: { times: "always" }, action: { type: "reset" } });
    expect((await call(emulator, "POST /_emulator/reset")).status).to.equal(204);
    expect((await call(emulator, "GET /deployments")).status).to.equal(200);
    const { counts, clock, settings, rateLimit } = emulator.control.state();
    expect([counts.deployments.total, counts.operations.total, clock.paused, rateLimit]).to.deep.equal([
      0,
      0,
      false,
      null,
    ]);
    expect(settings).to.deep.equal({ idForm: "prefixed", deleteWhileProvisioning: "conflict", latencyMs: 1 });
    await call(emulator, "DELETE /_emulator/rate-limit");
  });

  it("refuses connections after its response, and accepts them again later", async () => {
    const unreachable = await start();
    expect((await call(unreachable, "POST /_emulator/outage", { body: { forMs: 60_000 } })).status).to.equal(202);
    const refused = await call(unreachable, "GET /deployments").catch((error: unknown) => at(error, "cause.code"));
    expect(refused).to.equal("ECONNREFUSED");

    const restored = await start();
    await restored.control.outage({ forMs: 1 });
    expect(await untilReachable(restored)).to.equal(200);
  });
});
