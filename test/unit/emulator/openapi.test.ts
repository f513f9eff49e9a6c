import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import { expect } from "chai";
import { type Emulator, startEmulator } from "../../../emulator/src/index";
import { type ApiResponse, at, call, create } from "./support";

/**
 * The API reference, written by hand. The served OpenAPI document must match it exactly, and the responses must match the
 * document.
 */
const reference = {
  "POST /deployments": {
    scopes: ["deployments:write"],
    success: 202,
    failures: [400, 401, 403, 429, 500, 503],
    data: { deployment_id: "string", operation_id: "string", links: { deployment: "string", operation: "string" } },
  },
  "GET /deployments": {
    scopes: ["deployments:read"],
    query: ["page", "per_page"],
    success: 200,
    failures: [400, 401, 403, 429, 500, 503],
    data: "list of Deployment",
  },
  "GET /deployments/{id}": {
    scopes: ["deployments:read"],
    success: 200,
    failures: [400, 401, 403, 404, 429, 500, 503],
    data: "Deployment",
  },
  "DELETE /deployments/{id}": {
    scopes: ["deployments:write", "deployments:delete"],
    success: 202,
    failures: [400, 401, 403, 404, 409, 429, 500, 503],
    data: { deployment_id: "string", operation_id: "string", links: { deployment: "string", operation: "string" } },
  },
  "GET /operations": {
    scopes: ["operations:read"],
    query: ["status", "type", "resource_id", "page", "per_page"],
    success: 200,
    failures: [400, 401, 403, 429, 500, 503],
    data: "list of Operation",
  },
  "GET /operations/{id}": {
    scopes: ["operations:read"],
    success: 200,
    failures: [400, 401, 403, 404, 429, 500, 503],
    data: "Operation",
  },
  "GET /environments": {
    scopes: ["org:read"],
    success: 200,
    failures: [401, 403, 429, 500, 503],
    data: { items: "list of Environment" },
  },
} as const;

const codes: Record<string, string[]> = {
  400: ["INVALID_REQUEST", "VALIDATION_ERROR"],
  401: ["INVALID_API_KEY", "MISSING_API_KEY", "API_KEY_EXPIRED", "API_KEY_REVOKED"],
  403: ["INSUFFICIENT_SCOPE", "ACCESS_DENIED"],
  404: ["DEPLOYMENT_NOT_FOUND", "OPERATION_NOT_FOUND", "ENVIRONMENT_NOT_FOUND"],
  409: ["RESOURCE_CONFLICT"],
  429: ["RATE_LIMIT_EXCEEDED"],
  500: ["INTERNAL_ERROR"],
  503: ["SERVICE_UNAVAILABLE"],
};

const shapes = {
  Deployment: {
    id: "string",
    name: "string",
    app_type: ["airflow", "superset"],
    status: ["provisioning", "ready", "failed", "destroying", "destroyed"],
    url: "string|null",
    environment_id: "string",
    created_at: "date-time",
    links: { self: "string", operation: "string|null" },
  },
  Operation: {
    id: "string",
    type: "string",
    status: ["queued", "running", "succeeded", "failed", "canceled"],
    progress: { phase: "string", message: "string" },
    resource: { type: "string", id: "string" },
    error: { code: "string", message: "string", "(or)": "null" },
    requested_at: "date-time",
    started_at: "date-time|null",
    ended_at: "date-time|null",
    links: { self: "string", resource: "string" },
  },
  Environment: { id: "string", name: "string", slug: "string", created_at: "date-time" },
  Pagination: { page: "integer", per_page: "integer", total: "integer", pages: "integer" },
};

type Endpoint = keyof typeof reference;
const endpoints = Object.entries(reference) as [Endpoint, { success: number; failures: readonly number[] }][];

describe("the served OpenAPI document", () => {
  let emulator: Emulator;
  let document: unknown;

  before(async () => {
    emulator = await startEmulator({ speed: Number.POSITIVE_INFINITY });
    document = (await call(emulator, "GET /api/v1/openapi.json", { key: null })).json;
  });
  after(() => emulator.close());

  /** Resolves a schema reference. */
  const resolve = (schema: unknown): unknown => {
    const ref = at(schema, "$ref");
    if (typeof ref !== "string") return schema;
    const found = at(document, ref.replace(/^#\//, "").replaceAll("/", "."));
    if (found === undefined) throw new Error(`no schema at ${ref}`);
    return found;
  };

  const operationOf = (endpoint: string): object => {
    const [method = "", path = ""] = endpoint.split(" ");
    const found = Object.entries(at(document, "paths") as object).find(([each]) => each === path)?.[1];
    return at(found, method.toLowerCase()) as object;
  };

  const responseSchema = (endpoint: string, status: number): unknown =>
    resolve(at(operationOf(endpoint), `responses.${status}.content.application/json.schema`));

  /** A schema in the short form used above. */
  const shapeOf = (schema: unknown): unknown => {
    const found = resolve(schema);
    const type = at(found, "type");
    const enumeration = at(found, "enum");
    if (enumeration !== undefined) return enumeration;
    if (type === "array") return `list of ${nameOf(at(found, "items"))}`;
    const types = Array.isArray(type) ? type : [type];
    if (types.includes("object")) {
      const properties = Object.entries(at(found, "properties") as object);
      const shape = properties.map(([name, property]) => [name, shapeOf(property)]);
      return Object.fromEntries(types.includes("null") ? [...shape, ["(or)", "null"]] : shape);
    }
    const format = at(found, "format");
    return types.map((each) => (each === "string" && format !== undefined ? format : each)).join("|");
  };

  const nameOf = (schema: unknown): unknown => String(at(schema, "$ref")).replace("#/components/schemas/", "");

  it("is OpenAPI 3.1 with the documented base path and API key", () => {
    expect(at(document, "openapi")).to.equal("3.1.0");
    expect(at(document, "servers.0.url")).to.equal("/api/v1");
    expect(at(document, "components.securitySchemes.ApiKey")).to.include({
      type: "apiKey",
      in: "header",
      name: "X-API-Key",
    });
  });

  it("contains exactly the documented endpoints, with unique operation IDs", () => {
    const found: string[] = [];
    const names: unknown[] = [];
    for (const [path, methods] of Object.entries(at(document, "paths") as object)) {
      for (const [method, operation] of Object.entries(methods as object)) {
        found.push(`${method.toUpperCase()} ${path}`);
        names.push(at(operation, "operationId"));
      }
    }
    expect(found).to.have.members(Object.keys(reference));
    expect(new Set(names).size).to.equal(found.length);
  });

  it("lists each endpoint's scopes and responses", () => {
    for (const [endpoint, { success, failures }] of endpoints) {
      const operation = operationOf(endpoint);
      const scopes = (at(operation, "security") as object[]).map((each) => at(each, "ApiKey"));
      expect(scopes, endpoint).to.deep.equal(reference[endpoint].scopes.map((scope) => [scope]));
      expect(Object.keys(at(operation, "responses") as object), endpoint).to.have.members(
        [success, ...failures].map(String),
      );
    }
  });

  it("lists the documented query parameters with their limits", () => {
    for (const [endpoint] of endpoints) {
      const parameters = (at(operationOf(endpoint), "parameters") ?? []) as { in: string; name: string }[];
      const query = parameters.filter((each) => each.in === "query").map(({ name }) => name);
      const expected = reference[endpoint];
      expect(query, endpoint).to.have.members("query" in expected ? expected.query : []);
    }
    const parameters = at(operationOf("GET /operations"), "parameters") as { name: string; schema: object }[];
    const schemaOf = (name: string) => parameters.find((each) => each.name === name)?.schema;
    expect(schemaOf("page")).to.include({ type: "integer", minimum: 1, default: 1 });
    expect(schemaOf("per_page")).to.include({ type: "integer", minimum: 1, maximum: 100, default: 50 });
    expect(at(schemaOf("status"), "enum")).to.deep.equal(shapes.Operation.status);
  });

  it("accepts an app type and a name to create a deployment, and unknown fields", () => {
    const body = at(operationOf("POST /deployments"), "requestBody");
    expect(at(body, "required")).to.equal(true);
    const schema = resolve(at(body, "content.application/json.schema"));
    expect(shapeOf(schema)).to.deep.equal({ app_type: ["airflow", "superset"], name: "string" });
    expect(at(schema, "required")).to.deep.equal(["app_type"]);
    expect(at(schema, "additionalProperties")).to.equal(undefined);
  });

  it("wraps every success in data, and every page in items and pagination", () => {
    for (const [endpoint, { success }] of endpoints) {
      const schema = responseSchema(endpoint, success);
      expect(at(schema, "required"), endpoint).to.deep.equal(["data"]);
      const data = at(schema, "properties.data");
      const { data: expected } = reference[endpoint];
      if (typeof expected !== "string") expect(shapeOf(data), endpoint).to.deep.equal(expected);
      else if (expected.startsWith("list of ")) {
        expect(shapeOf(data), endpoint).to.deep.equal({ items: expected, pagination: shapes.Pagination });
      } else expect(nameOf(data), endpoint).to.equal(expected);
    }
  });

  it("wraps every failure in error, with the documented codes of its status", () => {
    for (const [endpoint, { failures }] of endpoints) {
      for (const status of failures) {
        const schema = responseSchema(endpoint, status);
        expect(at(schema, "required")).to.deep.equal(["error"]);
        expect(shapeOf(schema), `${endpoint} ${status}`).to.deep.equal({
          error: { code: codes[status], message: "string", operation_id: "string" },
        });
        expect(at(schema, "properties.error.required")).to.deep.equal(["code", "message"]);
      }
    }
  });

  it("gives each resource the documented fields, all required", () => {
    for (const [name, shape] of Object.entries(shapes)) {
      const schema = at(document, `components.schemas.${name}`);
      expect(shapeOf(schema), name).to.deep.equal(shape);
      expect(at(schema, "required"), name).to.have.members(Object.keys(shape));
    }
  });

  it("describes every endpoint, and has no broken references", () => {
    for (const [endpoint] of endpoints) {
      expect(at(operationOf(endpoint), "summary"), endpoint).to.be.a("string");
      expect(at(operationOf(endpoint), "description"), endpoint).to.be.a("string");
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ({ $ref: ref }));
    expect(references).not.to.deep.equal([]);
    for (const reference of references) expect(() => resolve(reference)).not.to.throw();
  });

  describe("matches the responses:", () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    const compiled = new Map<string, ValidateFunction>();

    /** Fails unless the document describes the response of this endpoint completely. */
    const expectDocumented = (endpoint: Endpoint, { status, json, headers }: ApiResponse): void => {
      const { success, failures } = reference[endpoint];
      expect([success, ...failures], endpoint).to.include(status);
      expect(headers.get("content-type")).to.equal("application/json; charset=utf-8");
      const key = `${endpoint} ${status}`;
      const validate = compiled.get(key) ?? ajv.compile(closed(responseSchema(endpoint, status)) as object);
      compiled.set(key, validate);
      expect(validate(json), `${key}: ${JSON.stringify(json)}: ${ajv.errorsText(validate.errors)}`).to.equal(true);
    };

    /** A schema with its references resolved, which allows no other fields. */
    const closed = (schema: unknown): unknown => {
      const found = resolve(schema);
      if (Array.isArray(found)) return found.map(closed);
      if (typeof found !== "object" || found === null) return found;
      const filled = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, closed(value)]));
      return "properties" in filled ? { ...filled, additionalProperties: false } : filled;
    };

    beforeEach(() => emulator.control.reset());

    it("successes in every status of deployments and operations", async () => {
      const { control } = emulator;
      await control.clock.setSpeed(1);
      for (const result of ["succeed", "fail", "cancel", "hang"] as const) {
        control.outcomes.add({ result, phase: "migrations" });
        expectDocumented(
          "POST /deployments",
          await call(emulator, "POST /deployments", { body: { app_type: "airflow" } }),
        );
      }
      const created = control.state();
      for (const step of [0, 3_000, 300_000, 100_000]) {
        await control.clock.advance(step);
        expectDocumented("GET /deployments", await call(emulator, "GET /deployments?per_page=3"));
        expectDocumented("GET /operations", await call(emulator, "GET /operations?page=1"));
        for (const { id } of created.deployments) {
          expectDocumented("GET /deployments/{id}", await call(emulator, `GET /deployments/${id}`));
        }
        for (const { id } of created.operations) {
          expectDocumented("GET /operations/{id}", await call(emulator, `GET /operations/${id}`));
        }
      }
      const { counts } = control.state();
      expect(counts.operations).to.deep.equal({
        queued: 0,
        running: 1,
        succeeded: 1,
        failed: 1,
        canceled: 1,
        total: 4,
      });
      for (const { id } of created.deployments) {
        expectDocumented("DELETE /deployments/{id}", await call(emulator, `DELETE /deployments/${id}`));
        expectDocumented("GET /deployments/{id}", await call(emulator, `GET /deployments/${id}`));
      }
      expectDocumented("GET /environments", await call(emulator, "GET /environments"));
    });

    it("invalid requests, invalid keys and unknown resources", async () => {
      const { id } = await create(emulator);
      await emulator.control.clock.setSpeed(1);
      await call(emulator, `DELETE /deployments/${id}`);
      const concrete = (endpoint: Endpoint) => endpoint.replace("{id}", "none") as `${string} /${string}`;
      expectDocumented("DELETE /deployments/{id}", await call(emulator, `DELETE /deployments/${id}`));
      expectDocumented("POST /deployments", await call(emulator, "POST /deployments", { body: {} }));
      expectDocumented("GET /deployments", await call(emulator, "GET /deployments?per_page=0"));
      expectDocumented("GET /operations", await call(emulator, "GET /operations?status=x"));
      for (const [endpoint] of endpoints) {
        expectDocumented(endpoint, await call(emulator, concrete(endpoint), { key: null }));
        expectDocumented(endpoint, await call(emulator, concrete(endpoint), { key: "wrong" }));
        if (endpoint.includes("{id}")) expectDocumented(endpoint, await call(emulator, concrete(endpoint)));
        await emulator.control.keys.setScopes(emulator.apiKey, []);
        expectDocumented(endpoint, await call(emulator, concrete(endpoint)));
        await emulator.control.keys.setScopes(emulator.apiKey, [...reference[endpoint].scopes]);
        emulator.control.rateLimit.set({ requests: 0, perSeconds: 60 });
        expectDocumented(endpoint, await call(emulator, concrete(endpoint)));
        emulator.control.rateLimit.off();
      }
    });

    it("internal errors", async () => {
      for (const [endpoint] of endpoints) {
        for (const status of [500, 503]) {
          emulator.control.faults.add({ action: { type: "answer", status } });
          expectDocumented(endpoint, await call(emulator, endpoint.replace("{id}", "x") as `${string} /${string}`));
        }
      }
    });
  });
});
