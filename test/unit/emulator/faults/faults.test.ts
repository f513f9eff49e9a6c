import { expect } from "chai";
import type { Emulator, FaultRule } from "../../../../emulator/src/index";
import { at, call, create, untilReachable, useEmulators } from "../support";

/** The error code of a failed connection. */
const connectionError = (request: Promise<unknown>): Promise<unknown> =>
  request.then(
    () => "no error",
    (error: unknown) => at(error, "cause.code") ?? at(error, "message"),
  );

const total = ({ control }: Emulator): number => control.state().counts.deployments.total;

describe("the actions of faults", () => {
  const start = useEmulators();
  const list = "GET /deployments";
  const body = { app_type: "airflow", name: "etl" };

  const startWithFault = async (rule: FaultRule): Promise<Emulator> => {
    const emulator = await start();
    emulator.control.faults.add(rule);
    return emulator;
  };

  it("reset the connection before or after the platform handles the request", async () => {
    const before = await startWithFault({ action: { type: "reset" } });
    expect(await connectionError(call(before, "POST /deployments", { body }))).to.equal("ECONNRESET");
    expect(total(before)).to.equal(0);
    const after = await startWithFault({ when: "after", action: { type: "reset" } });
    expect(await connectionError(call(after, "POST /deployments", { body }))).to.equal("ECONNRESET");
    expect(total(after)).to.equal(1);
    expect(after.control.requests.list().requests[0]).to.include({ status: null, platformStatus: 202 });
  });

  it("close the connection", async () => {
    const emulator = await startWithFault({ when: "after", action: { type: "close" } });
    expect(await connectionError(call(emulator, "POST /deployments", { body }))).to.equal("UND_ERR_SOCKET");
    expect(total(emulator)).to.equal(1);
  });

  it("refuse connections for a while, and then accept them on the same port", async () => {
    const unreachable = await startWithFault({ action: { type: "refuse", forMs: 60_000 } });
    expect(await connectionError(call(unreachable, list))).to.equal("ECONNRESET");
    expect(await connectionError(call(unreachable, list))).to.equal("ECONNREFUSED");

    const restored = await startWithFault({ action: { type: "refuse", forMs: 1 } });
    expect(await connectionError(call(restored, list))).to.equal("ECONNRESET");
    expect(await untilReachable(restored)).to.equal(200);
  });

  it("hold the response until the rule is removed", async () => {
    const emulator = await start();
    const { id } = emulator.control.faults.add({ when: "after", action: { type: "hang" } });
    const arrived = emulator.control.requests.next({ method: "POST" });
    const response = call(emulator, "POST /deployments", { body });
    const entry = await arrived;
    while (emulator.control.state().counts.deployments.total === 0) await new Promise((done) => setImmediate(done));
    expect(entry.status).to.equal(null);
    emulator.control.faults.remove(id);
    expect((await response).status).to.equal(202);
  });

  it("hold a request, which never reaches the platform if the client disconnects", async () => {
    const emulator = await start();
    const { id } = emulator.control.faults.add({ action: { type: "hang" } });
    const arrived = emulator.control.requests.next();
    const client = new AbortController();
    const request = fetch(`${emulator.baseUrl}/deployments`, {
      method: "POST",
      headers: { "x-api-key": emulator.apiKey, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: client.signal,
    });
    const entry = await arrived;
    client.abort();
    await request.catch(() => {});
    while (entry.durationMs === null) await new Promise((done) => setImmediate(done));
    emulator.control.faults.remove(id);
    expect((await call(emulator, list)).status).to.equal(200);
    expect(total(emulator)).to.equal(0);
    expect(entry).to.include({ status: null, platformStatus: null });
  });

  it("hold a request for a given time", async () => {
    const emulator = await startWithFault({ action: { type: "hang", forMs: 5 } });
    expect((await call(emulator, list)).status).to.equal(200);
  });

  it("send an error response with the API's code and message", async () => {
    const emulator = await start();
    const responses = [
      { status: 429, retryAfter: 7 },
      { status: 503, retryAfter: 2, retryAfterAs: "date" },
      { status: 401, code: "API_KEY_EXPIRED", message: "API key has expired" },
      { status: 500 },
    ] as const;
    for (const response of responses) emulator.control.faults.add({ action: { type: "answer", ...response } });
    const got = [];
    for (const _ of responses) {
      const { status, json, headers } = await call(emulator, list);
      got.push([status, at(json, "error.code"), at(json, "error.message"), headers.get("retry-after")]);
    }
    const date = got[1]?.[3];
    expect(new Date(String(date)).toUTCString()).to.equal(date);
    expect(got).to.deep.equal([
      [429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded. Please retry after 7 seconds", "7"],
      [503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable", date],
      [401, "API_KEY_EXPIRED", "API key has expired", null],
      [500, "INTERNAL_ERROR", "Internal server error", null],
    ]);
  });

  it("send a proxy's error page, or any other response", async () => {
    const emulator = await start();
    const { faults } = emulator.control;
    faults.add({ action: { type: "answer", status: 502, html: true } });
    faults.add({ action: { type: "answer", status: 200, body: "}{", headers: { "x-odd": "1" } } });
    faults.add({ when: "after", action: { type: "answer", status: 202, body: { data: null } } });
    const page = await call(emulator, list);
    expect([page.status, page.headers.get("content-type")]).to.deep.equal([502, "text/html; charset=utf-8"]);
    expect(page.text).to.match(/^<html>/);
    const odd = await call(emulator, list);
    expect([odd.status, odd.text, odd.headers.get("x-odd")]).to.deep.equal([200, "}{", "1"]);
    const empty = await call(emulator, "POST /deployments", { body });
    expect([empty.status, empty.text]).to.deep.equal([202, '{"data":null}']);
    expect(total(emulator), "the platform handled the request").to.equal(1);
  });

  it("send a redirect", async () => {
    const emulator = await startWithFault({
      action: { type: "redirect", to: "https://elsewhere.example/", status: 307 },
    });
    const { status, headers } = await call(emulator, list);
    expect([status, headers.get("location")]).to.deep.equal([307, "https://elsewhere.example/"]);
  });

  it("truncate the body, with a correct or an incorrect length", async () => {
    const emulator = await start();
    emulator.control.faults.add({ action: { type: "truncate" } });
    emulator.control.faults.add({ action: { type: "truncate", bytes: 9, framing: "broken" } });
    const whole = await call(emulator, list);
    expect(whole.status).to.equal(200);
    expect(whole.json).to.equal(undefined);
    expect(whole.text).to.match(/^\{"data":/);
    expect(await connectionError(call(emulator, list))).to.equal("UND_ERR_SOCKET");
  });

  it("remove fields, and set fields to any value", async () => {
    const emulator = await start();
    emulator.control.faults.add({
      action: {
        type: "alter",
        remove: ["data.operation_id", "data.nothing.there"],
        set: { "data.deployment_id": 5, "data.links.operation": "https://elsewhere.example/op", "data.extra": [1] },
      },
    });
    emulator.control.faults.add({ action: { type: "alter", set: { data: null } } });
    const { status, json } = await call(emulator, "POST /deployments", { body });
    expect(status).to.equal(202);
    expect(at(json, "data.deployment_id")).to.equal(5);
    expect(at(json, "data.extra")).to.deep.equal([1]);
    expect(at(json, "data.links.operation")).to.equal("https://elsewhere.example/op");
    expect(Object.keys(at(json, "data") as object)).not.to.include("operation_id");
    expect((await call(emulator, list)).text).to.equal('{"data":null}');
  });

  it("change deployments and keys during a request", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    const { id } = await create(emulator, body);
    emulator.control.faults.add({ changes: [{ change: "rename", deployment: "@request", name: "theirs" }] });
    emulator.control.faults.add({ changes: [{ change: "vanish", deployment: "theirs" }] });
    emulator.control.faults.add({ changes: [{ change: "revokeKey" }] });
    expect(at((await call(emulator, `GET /deployments/${id}`)).json, "data.name")).to.equal("theirs");
    expect((await call(emulator, `GET /deployments/${id}`)).status).to.equal(404);
    expect(at((await call(emulator, list)).json, "error.code")).to.equal("API_KEY_REVOKED");
  });

  it("change the deployment that a request has just created", async () => {
    const emulator = await startWithFault({ when: "after", changes: [{ change: "vanish", deployment: "@request" }] });
    const { id } = await create(emulator, body);
    expect((await call(emulator, `GET /deployments/${id}`)).status).to.equal(404);
  });

  it("report a change that is not possible", async () => {
    const emulator = await startWithFault({ changes: [{ change: "vanish", deployment: "@request" }] });
    const { status, json } = await call(emulator, list);
    expect(status).to.equal(500);
    expect(at(json, "error.message")).to.match(
      /could not be applied: "vanish" needs a deployment, and the request concerns none$/,
    );
  });
});

describe("the matching of faults", () => {
  const start = useEmulators();
  const teapot = { type: "answer", status: 418 } as const;
  const statuses = async (emulator: Emulator, ...requests: Parameters<typeof call>[1][]): Promise<number[]> => {
    const found: number[] = [];
    for (const request of requests) found.push((await call(emulator, request)).status);
    return found;
  };

  it("matches the method and the path, by glob or regular expression", async () => {
    const emulator = await start();
    const { faults } = emulator.control;
    faults.add({ match: { method: "delete", times: "always" }, action: teapot });
    faults.add({ match: { path: "/operations/*", times: "always" }, action: { ...teapot, status: 419 } });
    faults.add({ match: { path: /s\/dep_\d$/, times: "always" }, action: { ...teapot, status: 420 } });
    faults.add({ match: { path: "/api/v1/environments" }, action: { ...teapot, status: 422 } });
    expect(
      await statuses(
        emulator,
        ...(["DELETE /deployments/a", "GET /operations/a", "GET /operations", "GET /deployments/dep_1"] as const),
        ...(["GET /environments", "GET /environments"] as const),
      ),
    ).to.deep.equal([418, 419, 200, 420, 422, 200]);
  });

  it("matches the deployment's name, from the body or the ID in the path", async () => {
    const emulator = await start();
    const { id, operationId } = await create(emulator, { app_type: "airflow", name: "etl-1" });
    emulator.control.faults.add({ match: { name: "etl-*", times: "always" }, action: teapot });
    expect(await statuses(emulator, `GET /deployments/${id}`, `GET /operations/${operationId}`)).to.deep.equal([
      418, 418,
    ]);
    expect(await statuses(emulator, "GET /deployments")).to.deep.equal([200]);
    const named = (name: string) => call(emulator, "POST /deployments", { body: { app_type: "airflow", name } });
    expect((await named("etl-2")).status).to.equal(418);
    expect((await named("bi-2")).status).to.equal(202);
  });

  it("matches the fingerprint of the API key", async () => {
    const emulator = await start({ apiKeys: [{ key: "one" }, { key: "two" }] });
    const { fingerprint } = emulator.control.keys.list()[1] ?? {};
    if (fingerprint === undefined) throw new Error("there is no second key");
    emulator.control.faults.add({ match: { key: fingerprint }, action: teapot });
    expect((await call(emulator, "GET /deployments", { key: "one" })).status).to.equal(200);
    expect((await call(emulator, "GET /deployments", { key: "two" })).status).to.equal(418);
  });

  it("starts with the nth request, and applies a number of times", async () => {
    const emulator = await start();
    const { id } = emulator.control.faults.add({ match: { nth: 2, times: 2 }, action: teapot });
    const list = "GET /deployments";
    expect(await statuses(emulator, list, list, list, list)).to.deep.equal([200, 418, 418, 200]);
    expect(emulator.control.faults.list()).to.have.length(1);
    expect(emulator.control.faults.list()[0]).to.include({ id, seen: 4, applied: 2 });
    expect(emulator.control.requests.list().requests.map(({ fault }) => fault)).to.deep.equal([null, id, id, null]);
  });

  it("comes before authentication, as a proxy does", async () => {
    const emulator = await start();
    emulator.control.faults.add({ action: teapot });
    expect((await call(emulator, "GET /deployments", { key: null })).status).to.equal(418);
  });

  it("does not affect the control API, the documentation and the OpenAPI document", async () => {
    const emulator = await start();
    emulator.control.faults.add({ match: { times: "always" }, action: { type: "reset" } });
    expect(
      await statuses(emulator, "GET /_emulator/state", "GET /docs/static/swagger-ui.css", "GET /api/v1/openapi.json"),
    ).to.deep.equal([200, 200, 200]);
  });

  it("rejects an invalid regular expression", async () => {
    const { control } = await start();
    expect(() => control.faults.add({ match: { path: { regex: "(" } } })).to.throw(SyntaxError);
    expect(control.faults.list()).to.deep.equal([]);
  });
});
