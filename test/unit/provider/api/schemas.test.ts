import { expect } from "chai";
import { type Operation, type Parsed, ResponseParser } from "../../../../provider/api/schemas";

const parser = new ResponseParser("https://api.onvera.io/api/v1");
const request = { page: 1, perPage: 2 };

function valueIn<T>(parsed: Parsed<T>): T {
  if ("issues" in parsed) throw new Error(parsed.issues.join("; "));
  return parsed.value;
}

function issuesOf(parsed: Parsed<unknown>): readonly string[] {
  return "issues" in parsed ? parsed.issues : [];
}

describe("ResponseParser", () => {
  it("reads no page of more than 1,000 items", () => {
    const items = Array.from({ length: 1_001 }, (_, index) => ({ id: `dep_${index}`, status: "ready" }));
    for (const data of [{ items }, items]) {
      expect(issuesOf(parser.deployments({ data }, request))).to.deep.equal([
        "the page has 1001 items, more than the limit of 1000",
      ]);
    }
    expect(valueIn(parser.deployments({ data: items.slice(1) }, request)).items).to.have.length(1_000);
  });

  it("names the first 20 issues of a body, and counts the others", () => {
    const issues = issuesOf(parser.deployments({ data: { items: Array.from({ length: 500 }, () => ({})) } }, request));
    expect(issues).to.have.length(21);
    expect(issues.at(-1)).to.equal("and 980 more");
  });

  describe("deployment", () => {
    it("names each required field that is missing or has another type", () => {
      expect(issuesOf(parser.deployment({ data: { id: 4, name: "etl" } }))).to.deep.equal([
        "data.id: expected string, got number",
        "data.status: missing",
      ]);
      expect(issuesOf(parser.deployment({ data: { id: "", status: null } }))).to.deep.equal([
        "data.id: empty",
        "data.status: expected string, got null",
      ]);
      expect(issuesOf(parser.deployment({ data: [] }))).to.deep.equal(["data: expected object, got array"]);
      expect(issuesOf(parser.deployment({ error: {} }))).to.deep.equal(["data: missing"]);
      expect(issuesOf(parser.deployment("secret text"))).to.deep.equal(["the body: expected object, got string"]);
      expect(issuesOf(parser.deployment(undefined))).to.deep.equal(["the body: missing"]);
    });

    it("reads the published fields", () => {
      const data = {
        id: "dep_1",
        name: "etl",
        app_type: "airflow",
        status: "ready",
        url: "https://airflow.abc123.onvera.io",
        environment_id: "env_default",
        created_at: "2026-01-01T00:00:00Z",
        links: { self: "/api/v1/deployments/dep_1", operation: "/api/v1/operations/op_1" },
      };
      expect(valueIn(parser.deployment({ data }))).to.deep.equal({
        id: "dep_1",
        name: "etl",
        appType: "airflow",
        status: "ready",
        url: "https://airflow.abc123.onvera.io",
        environmentId: "env_default",
        createdAt: "2026-01-01T00:00:00Z",
        operationId: "op_1",
      });
    });

    it("ignores optional fields that are null or of another type", () => {
      const bare = { id: "d", status: "hibernating" };
      const odd = {
        ...bare,
        name: null,
        url: 7,
        links: { operation: null },
        created_at: {},
        tags: [1],
        operation: false,
      };
      expect(valueIn(parser.deployment({ data: odd }))).to.deep.equal(bare);
      expect(valueIn(parser.deployment({ data: { ...bare, links: "none" } }))).to.deep.equal(bare);
    });

    it("reads ids from links to the configured host only", () => {
      const idOf = (operation: unknown) =>
        valueIn(parser.deployment({ data: { id: "d", status: "ready", links: { operation } } })).operationId;
      expect(idOf("/api/v1/operations/op_1")).to.equal("op_1");
      expect(idOf("/api/v1/operations/op%2F1/")).to.equal("op/1");
      expect(idOf("https://api.onvera.io/api/v1/operations/op_1?x=1")).to.equal("op_1");
      expect(idOf({ href: "/api/v1/operations/op_1" })).to.equal("op_1");
      for (const other of [
        "https://evil.example/api/v1/operations/op_1",
        "https://api.onvera.io.evil.example/operations/op_1",
        "//evil.example/operations/op_1",
        "http://api.onvera.io/api/v1/operations/op_1",
        "https://api.onvera.io:8443/api/v1/operations/op_1",
        "javascript:/operations/op_1",
        "/api/v1/operations/",
        "/api/v1/operations/%E0%A4%A",
        "",
        17,
      ]) {
        expect(idOf(other), String(other)).to.equal(undefined);
      }
    });

    it("protects prototypes from a body", () => {
      const body: unknown = JSON.parse(
        '{"__proto__": {"polluted": 1}, "data": {"id": "d", "status": "ready", "__proto__": {"url": "x", "polluted": 1},' +
          ' "constructor": {"prototype": {"polluted": 1}}, "links": {"__proto__": {"operation": "/operations/op_1"}}}}',
      );
      const deployment = valueIn(parser.deployment(body));
      expect(deployment).to.deep.equal({ id: "d", status: "ready" });
      expect(deployment.url).to.equal(undefined);
      expect(Object.getPrototypeOf(deployment)).to.equal(Object.prototype);
      expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
    });
  });

  describe("createResponse", () => {
    const both = { deploymentId: "d", operationId: "op_1" };

    it("finds the ids in each possible field", () => {
      for (const data of [
        { deployment_id: "d", operation_id: "op_1", links: { deployment: "/api/v1/deployments/d" } },
        { id: "d", operation_id: "op_1" },
        { deployment: { id: "d", status: "provisioning" }, operation: { id: "op_1" } },
        { deployment: "d", operation: "op_1" },
        { links: { deployment: "/api/v1/deployments/d", operation: "/api/v1/operations/op_1" } },
      ]) {
        expect(valueIn(parser.createResponse({ data })), JSON.stringify(data)).to.deep.equal(both);
      }
    });

    it("needs one of the ids", () => {
      expect(valueIn(parser.createResponse({ data: { deployment_id: "d" } }))).to.deep.equal({ deploymentId: "d" });
      expect(valueIn(parser.createResponse({ data: { operation_id: "op_1" } }))).to.deep.equal({ operationId: "op_1" });
      expect(issuesOf(parser.createResponse({ data: { deployment_id: null } }))).to.deep.equal([
        "data.deployment_id: missing",
        "data.operation_id: missing",
      ]);
    });
  });

  describe("operation", () => {
    const operation = (fields: Record<string, unknown>): Operation =>
      valueIn(parser.operation({ data: { id: "op_1", status: "running", ...fields } }));

    it("needs its id and status", () => {
      expect(issuesOf(parser.operation({ data: { progress: {} } }))).to.deep.equal([
        "data.id: missing",
        "data.status: missing",
      ]);
    });

    it("finds phase and message in each possible field", () => {
      const expected = { phase: "tearing_down_infra", message: "almost there" };
      for (const fields of [
        { progress: expected },
        { progress: { current_phase: "tearing_down_infra", message: "almost there" } },
        { progress: "tearing_down_infra", message: "almost there" },
        { progress: null, ...expected },
        { progress: 40, current_phase: "tearing_down_infra", progress_message: "almost there" },
        { phase: "tearing_down_infra", status_message: "almost there" },
        { phase: "tearing_down_infra", progress: "almost there" },
      ]) {
        expect(operation(fields), JSON.stringify(fields)).to.include(expected);
      }
      expect(operation({ progress: null })).to.deep.equal({ id: "op_1", status: "running" });
      expect(operation({ progress: "" })).to.deep.equal({ id: "op_1", status: "running" });
    });

    it("finds the resource in each possible field", () => {
      for (const fields of [
        { resource: { type: "deployment", id: "d" } },
        { resource: { resource: { type: "deployment", id: "d" } } },
        { resource: "d" },
        { resource_id: "d", resource: null },
        { deployment_id: "d" },
        { links: { resource: "/api/v1/deployments/d" } },
        { links: { deployment: "https://api.onvera.io/api/v1/deployments/d" } },
      ]) {
        expect(operation(fields).resourceId, JSON.stringify(fields)).to.equal("d");
      }
    });

    it("finds the error in each possible field", () => {
      const error = { code: "QUOTA", message: "too many" };
      for (const fields of [
        { error },
        { error: { error } },
        { error: "too many", error_code: "QUOTA" },
        { error_code: "QUOTA", error_message: "too many", error: null },
      ]) {
        expect(operation(fields).error, JSON.stringify(fields)).to.deep.equal(error);
      }
      expect(operation({ error: "too many" }).error).to.deep.equal({ message: "too many" });
      expect(operation({ error: {} }).error).to.equal(undefined);
      expect(operation({ error: 7 }).error).to.equal(undefined);
    });

    it("finds the times in each possible field", () => {
      const [requestedAt, startedAt, endedAt] = [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01Z",
        "2026-01-01T00:00:02Z",
      ];
      for (const fields of [
        { requested_at: requestedAt, started_at: startedAt, ended_at: endedAt },
        { created_at: requestedAt, started_at: startedAt, completed_at: endedAt },
        { timestamps: { requested: requestedAt, started: startedAt, ended: endedAt } },
        { timestamps: { requested_at: requestedAt, started_at: startedAt, finished_at: endedAt } },
      ]) {
        expect(operation(fields), JSON.stringify(fields)).to.include({ requestedAt, startedAt, endedAt });
      }
    });

    it("accepts unknown statuses and types", () => {
      expect(operation({ status: "paused", type: "dag.sync" })).to.include({ status: "paused", type: "dag.sync" });
    });
  });

  describe("lists", () => {
    const items = [
      { id: "a", status: "ready" },
      { id: "b", status: "ready" },
    ];

    it("name the item that is incomplete", () => {
      expect(issuesOf(parser.deployments({ data: { items: [items[0], { id: "b" }] } }, request))).to.deep.equal([
        "data.items[1].status: missing",
      ]);
      expect(issuesOf(parser.deployments({ data: {} }, request))).to.deep.equal(["data.items: missing"]);
      expect(issuesOf(parser.deployments({ data: null }, request))).to.deep.equal(["data: expected object, got null"]);
    });

    it("read the published fields", () => {
      const pagination = { page: 2, per_page: 2, total: 7, pages: 4 };
      expect(valueIn(parser.deployments({ data: { items, pagination } }, request))).to.deep.equal({
        items,
        page: 2,
        perPage: 2,
        total: 7,
        pages: 4,
      });
    });

    it("derive missing totals", () => {
      const figures = (body: unknown, page = request) => {
        const { items: shown, ...rest } = valueIn(parser.deployments(body, page));
        return { ...rest, shown: shown.length };
      };
      const full = { page: 1, perPage: 2, total: 2, pages: 2, shown: 2 };
      expect(figures({ data: { items } })).to.deep.equal(full);
      expect(figures({ data: items })).to.deep.equal(full);
      expect(figures({ data: items.slice(1) }, { page: 3, perPage: 2 })).to.deep.equal({
        page: 3,
        perPage: 2,
        total: 5,
        pages: 3,
        shown: 1,
      });
      expect(figures({ data: { items, pagination: { total: 7 } } })).to.deep.equal({ ...full, total: 7, pages: 4 });
      expect(figures({ data: items, pagination: { total: 7, pages: 4 } })).to.deep.equal({
        ...full,
        total: 7,
        pages: 4,
      });
      expect(figures({ data: { items: [], pagination: null } })).to.deep.equal({
        ...full,
        total: 0,
        pages: 1,
        shown: 0,
      });
    });

    it("read environments", () => {
      const data = {
        items: [{ id: "env_default", name: "Default", slug: "default", created_at: "2026-01-01T00:00:00Z" }],
      };
      expect(valueIn(parser.environments({ data }, request)).items).to.deep.equal([
        { id: "env_default", name: "Default", slug: "default", createdAt: "2026-01-01T00:00:00Z" },
      ]);
    });
  });
});
