import { inspect } from "node:util";
import { expect } from "chai";
import nock from "nock";
import { type ClientEvent, type ClientOptions, isOutcomeUnknown, OnveraClient } from "../../../../provider/api/client";
import { ApiError, InvalidResponseError, PlatformError } from "../../../../provider/api/errors";
import { FakeClock } from "../../../support/fake-clock";
import { failureOf } from "./support/errors";

const apiKey = "onv_sk_live_opaque";
const origin = "https://api.onvera.io";
const baseUrl = `${origin}/api/v1`;
const accepted = { data: { deployment_id: "d", operation_id: "op_1", links: {} } };
const deployment = { id: "d", status: "ready" };
const rateLimited = {
  error: { code: "RATE_LIMIT_EXCEEDED", message: "Rate limit exceeded. Please retry after 60 seconds" },
};

function setUp(options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock();
  const events: ClientEvent[] = [];
  const client = new OnveraClient({
    settings: { apiKey, baseUrl },
    clock,
    random: () => 0,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { client, clock, events };
}

// Importing nock activates it, but other test files need real connections.
nock.restore();

const api = () => nock(baseUrl, { reqheaders: { "x-api-key": apiKey } });

describe("OnveraClient", () => {
  before(() => {
    nock.activate();
    nock.disableNetConnect();
  });
  after(() => {
    nock.enableNetConnect();
    nock.restore();
  });
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    expect(pending, "requests that were not sent").to.deep.equal([]);
  });

  it("knows the platform's time from its responses, also after the local clock was set to another day", async () => {
    const { client, clock } = setUp();
    expect(client.platformTime(clock.now())).to.equal(clock.wallNow());
    api().get("/deployments/d").reply(200, { data: deployment }, { Date: "Thu, 01 Jan 2026 00:00:00 GMT" });
    clock.wallOffset += 3 * 24 * 60 * 60_000;
    await client.getDeployment("d");
    expect(client.platformTime(clock.now() + 5_000)).to.equal(Date.parse("2026-01-01T00:00:05Z"));
  });

  describe("createDeployment", () => {
    const create = (client: OnveraClient) => client.createDeployment({ appType: "airflow", name: "etl" });

    it("does not retry after 5xx, and reports that the outcome is unknown", async () => {
      for (const status of [500, 502, 503, 504]) {
        const { client, clock } = setUp();
        api().post("/deployments").reply(status, "busy", { "Retry-After": "1" });
        const error = await failureOf(create(client));
        expect(error).to.be.instanceOf(ApiError);
        expect(isOutcomeUnknown(error)).to.equal(true);
        expect(clock.sleeps).to.deep.equal([]);
      }
    });

    it("does not retry after an invalid response", async () => {
      for (const body of ["", "<html></html>", '{"data": {"depl', '{"data": {}}', "[]", "null", '{"data": null}']) {
        const { client } = setUp();
        api().post("/deployments").reply(202, body);
        const error = await failureOf(create(client));
        expect(error, body).to.be.instanceOf(InvalidResponseError);
        expect(isOutcomeUnknown(error)).to.equal(true);
      }
    });

    it("retries after 429, with the delay that the platform requests", async () => {
      const { client, clock, events } = setUp();
      api().post("/deployments").reply(429, rateLimited);
      api().post("/deployments").reply(429, rateLimited, { "Retry-After": "7" });
      api().post("/deployments", { app_type: "airflow", name: "etl" }).reply(202, accepted);
      expect(await create(client)).to.deep.equal({ deploymentId: "d", operationId: "op_1" });
      expect(clock.now()).to.equal(67_000);
      const [first, ...others] = events.filter(({ kind }) => kind === "retry");
      expect(first).to.include({ kind: "retry", attempts: 1, delayMs: 60_000, isRateLimited: true });
      expect(others).to.have.lengthOf(1);
      const delays = events.flatMap((event) => (event.kind === "delayed" ? [event.delayMs] : []));
      expect(delays).to.deep.equal([60_000, 7_000]);
    });

    it("does not retry after a rejection", async () => {
      const { client, clock } = setUp();
      const reason = "Insufficient scope. Required: deployments:write";
      api()
        .post("/deployments")
        .reply(403, { error: { code: "INSUFFICIENT_SCOPE", message: reason } }, { "X-Request-Id": "req_9" });
      const error = await failureOf(create(client));
      expect(error).to.include({
        name: "ApiError",
        status: 403,
        code: "INSUFFICIENT_SCOPE",
        requestId: "req_9",
        reason,
      });
      expect(error.message).to.equal(
        "POST /deployments failed with 403 INSUFFICIENT_SCOPE: Insufficient scope. Required: deployments:write (request req_9)",
      );
      expect(isOutcomeUnknown(error)).to.equal(false);
      expect(clock.sleeps).to.deep.equal([]);
    });

    it("omits the name if there is none", async () => {
      const { client } = setUp();
      api().post("/deployments", { app_type: "superset" }).reply(202, accepted);
      await client.createDeployment({ appType: "superset" });
    });

    it("finds the deployment with the operation if the response does not name it", async () => {
      const { client } = setUp();
      api()
        .post("/deployments")
        .reply(202, { data: { links: { operation: "/api/v1/operations/op_1" } } });
      api()
        .get("/operations/op_1")
        .reply(200, { data: { id: "op_1", status: "queued", resource: { id: "d" } } });
      expect(await create(client)).to.deep.equal({ deploymentId: "d", operationId: "op_1" });
    });

    it("fails if the operation does not name it either", async () => {
      const { client } = setUp();
      api()
        .post("/deployments")
        .twice()
        .reply(202, { data: { operation_id: "op_1" } });
      api()
        .get("/operations/op_1")
        .reply(200, { data: { id: "op_1", status: "queued" } });
      api()
        .get("/operations/op_1")
        .reply(403, { error: { code: "INSUFFICIENT_SCOPE", message: "no" } });
      const message =
        "POST /deployments returned 202 with an invalid body: data.deployment_id: missing, and operation " +
        "op_1 does not have it";
      const unnamed = await failureOf(create(client));
      expect(unnamed.message).to.equal(message);
      const unreadable = await failureOf(create(client));
      expect(unreadable.message).to.equal(message);
      expect(unreadable.cause).to.be.instanceOf(ApiError);
    });

    it("does not fail if the log fails", async () => {
      const onEvent = () => {
        throw new Error("disk full");
      };
      const { client } = setUp({ onEvent });
      api().post("/deployments").reply(202, accepted);
      expect(await create(client)).to.deep.equal({ deploymentId: "d", operationId: "op_1" });
    });

    it("accepts a response without an operation", async () => {
      const { client } = setUp();
      api()
        .post("/deployments")
        .reply(201, { data: { id: "d", status: "provisioning", links: { operation: null } } });
      expect(await create(client)).to.deep.equal({ deploymentId: "d" });
    });
  });

  describe("getDeployment", () => {
    it("retries temporary errors with increasing delays", async () => {
      const { client, clock, events } = setUp({ random: () => 0.5 });
      api().get("/deployments/d").reply(500);
      api().get("/deployments/d").reply(503, {}, { "Retry-After": "3" });
      api()
        .get("/deployments/d")
        .replyWithError(Object.assign(new Error("hang up"), { code: "ECONNRESET" }));
      api().get("/deployments/d").reply(200, { data: deployment });
      expect(await client.getDeployment("d")).to.deep.equal(deployment);
      expect(clock.sleeps).to.deep.equal([250, 3_500, 1_000]);
      expect(events.map(({ kind }) => kind)).to.deep.equal([
        "response",
        "retry",
        "response",
        "retry",
        "retry",
        "response",
      ]);
    });

    it("fails after 6 attempts with the last error", async () => {
      const { client, clock } = setUp();
      api()
        .get("/deployments/d")
        .times(6)
        .reply(500, { error: { code: "INTERNAL_ERROR", message: "we are sorry" } });
      const error = await failureOf(client.getDeployment("d"));
      expect(error.message).to.equal("GET /deployments/d failed with 500 INTERNAL_ERROR: we are sorry");
      expect(clock.sleeps).to.have.lengthOf(5);
    });

    it("fails at once if the requested delay is longer than the call", async () => {
      const { client, clock } = setUp();
      api().get("/deployments/d").reply(429, rateLimited);
      const error = await failureOf(client.getDeployment("d", { deadline: 59_000 }));
      expect(error).to.include({ status: 429, retryAfterMs: 60_000 });
      expect(clock.sleeps).to.deep.equal([]);
    });

    it("waits for the rate limit until the deadline, and counts that neither as an attempt nor as time", async () => {
      const { client, clock } = setUp();
      const refuse = () => api().get("/deployments/d").reply(429, {}, { "retry-after": "300" });
      for (const _ of Array.from({ length: 5 })) {
        refuse();
        api().get("/deployments/d").reply(503);
      }
      for (const _ of Array.from({ length: 3 })) refuse();
      api().get("/deployments/d").reply(200, { data: deployment });
      const { id } = await client.getDeployment("d", { deadline: 60 * 60_000 });
      expect(id).to.equal(deployment.id);
      expect(clock.now()).to.be.within(40 * 60_000, 45 * 60_000);
    });

    it("does not retry if the caller does, and passes the requested delay", async () => {
      const { client, clock } = setUp();
      api().get("/deployments/d").reply(429, rateLimited);
      const error = await failureOf(client.getDeployment("d", { retry: "none" }));
      expect(error).to.include({ status: 429, retryAfterMs: 60_000 });
      expect(clock.sleeps).to.deep.equal([]);
    });

    it("retries only 429 with the option rateLimit, as for polls", async () => {
      const { client, clock } = setUp();
      api().get("/deployments/d").reply(429, rateLimited);
      api().get("/deployments/d").reply(503);
      expect(await failureOf(client.getDeployment("d", { retry: "rateLimit" }))).to.include({ status: 503 });
      expect(clock.now()).to.equal(60_000);
    });

    it("ends at once if it is canceled during the delay before a retry", async () => {
      const { clock } = setUp();
      const canceled = new AbortController();
      const { client } = setUp({ clock, onEvent: ({ kind }) => kind === "retry" && canceled.abort() });
      api().get("/deployments/d").reply(500);
      const error = await failureOf(client.getDeployment("d", { signal: canceled.signal }));
      expect(error).to.include({ name: "ConnectionError", code: "ABORTED", mayHaveActed: false });
      expect(error.message).to.equal(
        "GET /deployments/d got no response from api.onvera.io: it was canceled before it was sent again, after: " +
          "GET /deployments/d failed with 500 HTTP_500: internal server error",
      );
    });

    it("ends at its deadline while the rate limit delays it; other calls continue to wait", async () => {
      const { client, clock } = setUp();
      api().get("/deployments/a").reply(429, rateLimited);
      api().get("/deployments/d").reply(200, { data: deployment });
      await failureOf(client.getDeployment("a", { retry: "none" }));
      const patient = client.getDeployment("d");
      const error = await failureOf(client.createDeployment({ appType: "airflow", name: "etl" }, { deadline: 8_000 }));
      expect(error).to.include({ name: "ConnectionError", code: "DEADLINE", mayHaveActed: false });
      expect(clock.now()).to.equal(8_000);
      expect(await patient).to.deep.equal(deployment);
      expect(clock.now()).to.equal(60_000);
    });

    it("ends a request at the deadline", async () => {
      const { client } = setUp();
      api().get("/deployments/d").delay(5_000).reply(200, { data: deployment });
      const error = await failureOf(client.getDeployment("d", { deadline: 20 }));
      expect(error).to.include({ name: "ConnectionError", code: "DEADLINE" });
    });

    it("reads no more pages after the deadline of the whole list", async () => {
      const { client } = setUp();
      const page = { items: [deployment], pagination: { page: 1, per_page: 100, total: 300, pages: 3 } };
      api().get("/deployments").query({ page: 1, per_page: 100 }).delay(60).reply(200, { data: page });
      const error = await failureOf(client.allDeployments({ deadline: 30 }));
      expect(error).to.include({ code: "DEADLINE" });
    });

    it("reports the deprecation of an endpoint once, without the API key", async () => {
      const { client, events } = setUp();
      const headers = { Deprecation: "@1767225600", Link: `<https://docs.onvera.io/${apiKey}>; rel="deprecation"` };
      for (const id of ["a", "b"]) api().get(`/deployments/${id}`).reply(200, { data: deployment }, headers);
      for (const id of ["a", "b"]) await client.getDeployment(id);
      expect(events.filter(({ kind }) => kind === "deprecation")).to.deep.equal([
        {
          kind: "deprecation",
          endpoint: "GET /deployments/{id}",
          deprecation: {
            since: new Date("2026-01-01T00:00:00Z"),
            sunset: undefined,
            link: "https://docs.onvera.io/[API key]",
          },
        },
      ]);
    });

    it("does not retry after 4xx", async () => {
      for (const status of [400, 401, 403, 404, 409]) {
        const { client } = setUp();
        api()
          .get("/deployments/d")
          .reply(status, { error: { code: "CODE", message: "no" } });
        expect(await failureOf(client.getDeployment("d"))).to.include({ status, code: "CODE", reason: "no" });
      }
    });

    it("names the missing field of a response", async () => {
      const { client } = setUp();
      api()
        .get("/deployments/d")
        .reply(200, { data: { id: "d" } });
      const error = await failureOf(client.getDeployment("d"));
      expect(error).to.be.instanceOf(InvalidResponseError);
      expect(error.message).to.equal("GET /deployments/d returned 200 with an invalid body: data.status: missing");
    });

    it("keeps an id within its path segment", async () => {
      const { client } = setUp();
      nock(origin).get("/api/v1/deployments/..%2F..%2Fadmin%3Fx%23y").reply(200, { data: deployment });
      await client.getDeployment("../../admin?x#y");
      for (const id of ["", ".", ".."]) {
        expect(await failureOf(client.getDeployment(id))).to.be.instanceOf(PlatformError);
      }
    });
  });

  describe("deleteDeployment", () => {
    it("is retried after temporary errors, because it cannot destroy twice", async () => {
      const { client } = setUp();
      api()
        .delete("/deployments/d")
        .replyWithError(Object.assign(new Error("hang up"), { code: "ECONNRESET" }));
      api().delete("/deployments/d").reply(503);
      api()
        .delete("/deployments/d")
        .reply(202, { data: { operation_id: "op_2" } });
      expect(await client.deleteDeployment("d")).to.deep.equal({ operationId: "op_2" });
    });

    it("is retried after an invalid response, and then conflicts with the first request", async () => {
      const { client } = setUp();
      api().delete("/deployments/d").reply(202, '{"data": {"opera');
      api()
        .delete("/deployments/d")
        .reply(409, { error: { code: "RESOURCE_CONFLICT", message: "Deployment is already being destroyed" } });
      expect(await failureOf(client.deleteDeployment("d"))).to.include({ status: 409 });
    });

    it("finds the operation with its link, and accepts a response without one", async () => {
      const { client } = setUp();
      api()
        .delete("/deployments/d")
        .reply(202, { data: { links: { operation: "/api/v1/operations/op_2" } } });
      api().delete("/deployments/d").reply(204);
      api().delete("/deployments/d").reply(202, { data: null });
      expect(await client.deleteDeployment("d")).to.deep.equal({ operationId: "op_2" });
      expect(await client.deleteDeployment("d")).to.deep.equal({});
      expect(await client.deleteDeployment("d")).to.deep.equal({});
    });

    it("returns the operation if the response is the operation itself", async () => {
      const { client } = setUp();
      const operation = { id: "op_2", type: "deployment.destroy", status: "queued" };
      for (const [data, operationId] of [
        [{ ...operation, resource: { type: "deployment", id: "d" } }, "op_2"],
        [{ ...operation, resource_id: "d" }, "op_2"],
        [{ ...operation, resource_id: "another" }, undefined],
        [{ ...operation, id: "d", resource_id: "d" }, undefined],
        [{ id: "d", status: "destroying" }, undefined],
      ] as const) {
        api().delete("/deployments/d").reply(202, { data });
        const expected = operationId === undefined ? {} : { operationId };
        expect(await client.deleteDeployment("d"), JSON.stringify(data)).to.deep.equal(expected);
      }
    });

    it("passes 409 to the caller, with the operation that the platform names", async () => {
      const { client } = setUp();
      const error = {
        code: "RESOURCE_CONFLICT",
        message: "Deployment is already being destroyed",
        operation_id: "op_3",
      };
      api().delete("/deployments/d").reply(409, { error });
      expect(await failureOf(client.deleteDeployment("d"))).to.include({ status: 409, operationId: "op_3" });
    });
  });

  describe("lists", () => {
    it("request the page and the filters with the platform's names", async () => {
      const { client } = setUp();
      const body = { data: { items: [], pagination: { page: 2, per_page: 10, total: 0, pages: 0 } } };
      api().get("/deployments?page=2&per_page=10").reply(200, body);
      api().get("/operations?status=running&type=deployment.create&resource_id=d&page=1&per_page=50").reply(200, body);
      await client.listDeployments({ page: 2, perPage: 10 });
      await client.listOperations({ status: "running", type: "deployment.create", resourceId: "d" });
    });

    it("read all pages, each of the largest size", async () => {
      const { client } = setUp();
      const page = (number: number, ids: string[]) => ({
        data: {
          items: ids.map((id) => ({ id, status: "succeeded" })),
          pagination: { page: number, per_page: 100, total: 3, pages: 2 },
        },
      });
      api()
        .get("/operations?resource_id=d&page=1&per_page=100")
        .reply(200, page(1, ["a", "b"]));
      api()
        .get("/operations?resource_id=d&page=2&per_page=100")
        .reply(200, page(2, ["b", "c"]));
      const all = await client.allOperations({ resourceId: "d" });
      expect(all.map(({ id }) => id)).to.deep.equal(["a", "b", "c"]);
    });

    it("read environments without pages", async () => {
      const { client } = setUp();
      api()
        .get("/environments")
        .reply(200, { data: { items: [{ id: "env_default", name: "Default", slug: "default" }] } });
      expect(await client.listEnvironments()).to.deep.equal([{ id: "env_default", name: "Default", slug: "default" }]);
    });
  });

  describe("headers and errors", () => {
    it("sends its version as user agent", async () => {
      const { client } = setUp();
      nock(baseUrl, {
        reqheaders: { "user-agent": /^pulumi-onvera\/\d+\.\d+\.\d+ \(node v\d+/, accept: "application/json" },
      })
        .get("/deployments/d")
        .reply(200, { data: deployment });
      await client.getDeployment("d");
    });

    it("does not follow redirects, and shows only their host", async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        const { client } = setUp();
        api()
          .get("/deployments/d")
          .reply(status, "", { Location: `https://user:pw@evil.example/x?key=${apiKey}` });
        const error = await failureOf(client.getDeployment("d"));
        expect(error.message).to.equal(
          `GET /deployments/d failed with ${status} HTTP_${status}: redirects are not followed, and this one leads to ` +
            "https://evil.example; check onvera:baseUrl",
        );
      }
    });

    it("never shows the key, even if the server echoes it", async () => {
      const escaped = [...apiKey].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
      const responses: [number, string, Record<string, string>?][] = [
        [
          401,
          JSON.stringify({ error: { code: `BAD_${apiKey}`, message: `unknown key ${apiKey}`, operation_id: apiKey } }),
        ],
        [401, `{"error": {"code": "X", "message": "${escaped}"}}`],
        [403, `<html><title>${apiKey}</title></html>`, { "X-Request-Id": apiKey }],
        [302, "", { Location: `https://${apiKey}.example/` }],
        [200, apiKey, { "Content-Type": apiKey }],
        [200, `{"data": {"id": "d", "status": "${apiKey}", "name": "${escaped}"}}`],
      ];
      for (const [status, body, headers] of responses) {
        const { client, events } = setUp();
        nock(baseUrl)
          .get(/deployments/)
          .reply(status, body, headers);
        // A user can pass the key as an id by mistake.
        const result: unknown = await client.getDeployment(apiKey).catch((error: unknown) => error);
        const shown = [result, result instanceof Error ? [result.message, result.stack] : [], events, client];
        expect(inspect(shown, { depth: 20, showHidden: true, getters: true }), body).not.to.include(apiKey);
        expect(JSON.stringify(shown), body).not.to.include(apiKey);
      }
    });

    it("keeps the key out of the causes of connection errors", async () => {
      const { client, events } = setUp();
      nock(baseUrl)
        .get("/deployments/d")
        .replyWithError(Object.assign(new Error(`bad header ${apiKey}`), { code: "EPROTO", config: { apiKey } }));
      const error = await failureOf(client.getDeployment("d", { retry: "none" }));
      expect(error.cause).to.be.instanceOf(Error);
      expect(inspect([error, events, client], { depth: 20, showHidden: true, getters: true })).not.to.include(apiKey);
    });

    it("removes control characters, and truncates a long text", async () => {
      const { client } = setUp();
      api()
        .get("/deployments/d")
        .reply(400, { error: { code: "C", message: `\u001b[2J${"x".repeat(100_000)}` } });
      const { message } = await failureOf(client.getDeployment("d"));
      expect(message).not.to.include("\u001b");
      expect(message.length).to.be.lessThan(600);
    });

    it("shows the text of an HTML page", async () => {
      const { client } = setUp();
      const page = "<!DOCTYPE html><html><style>b{}</style><body><h1>Bad\nGateway</h1></body></html>";
      api().get("/deployments/d").reply(502, page);
      const error = await failureOf(client.getDeployment("d", { retry: "none" }));
      expect(error.message).to.equal("GET /deployments/d failed with 502 HTTP_502: Bad Gateway");
    });
  });
});
