import { expect } from "chai";
import { at, call, create, fakeTime, textAt, useEmulators } from "../support";

describe("the emulator's deployment endpoints", () => {
  const start = useEmulators();

  it("reject an unknown or missing app type with the documented message", async () => {
    const emulator = await start();
    for (const body of [{ app_type: "dagster" }, {}, { app_type: 1 }, { app_type: null }]) {
      const { status, json } = await call(emulator, "POST /deployments", { body });
      expect(status).to.equal(400);
      expect(json, JSON.stringify(body)).to.deep.equal({
        error: { code: "VALIDATION_ERROR", message: "Invalid app_type. Must be 'airflow' or 'superset'" },
      });
    }
  });

  it("reject an invalid name", async () => {
    const emulator = await start();
    for (const name of ["", 5, null, ["x"], "x".repeat(256)]) {
      const { status, json } = await call(emulator, "POST /deployments", { body: { app_type: "airflow", name } });
      expect(status, JSON.stringify(name)).to.equal(400);
      expect(at(json, "error.message")).to.equal("Invalid name. Must be a string of 1 to 255 characters");
    }
  });

  it("reject a body that is not a JSON object with 400", async () => {
    const emulator = await start();
    const responses = [
      await call(emulator, "POST /deployments", { body: '{"app_type":' }),
      await call(emulator, "POST /deployments", { body: "[]" }),
      await call(emulator, "POST /deployments", { body: "" }),
      await call(emulator, "POST /deployments", { body: "a=b", headers: { "content-type": "text/plain" } }),
    ];
    expect(
      responses.map(({ status, json }) => [status, at(json, "error.code"), at(json, "error.message")]),
    ).to.deep.equal([
      [400, "INVALID_REQUEST", "Request body is not valid JSON"],
      [400, "VALIDATION_ERROR", "Request body must be a JSON object"],
      [400, "VALIDATION_ERROR", "Request body must be a JSON object"],
      [400, "INVALID_REQUEST", "Content-Type must be application/json"],
    ]);
  });

  it("return 404 for an unknown ID, including one with special characters", async () => {
    const emulator = await start();
    for (const path of [
      "GET /deployments/dep_1",
      "DELETE /deployments/__proto__",
      "GET /deployments/%00%2e%2e",
    ] as const) {
      const { status, json } = await call(emulator, path);
      expect(status, path).to.equal(404);
      expect(json).to.deep.equal({ error: { code: "DEPLOYMENT_NOT_FOUND", message: "Deployment not found" } });
    }
  });

  it("return 404 for an unknown path and 405 for an unsupported method, in the error envelope", async () => {
    const emulator = await start();
    const unknown = await call(emulator, "GET /nothing");
    expect([unknown.status, unknown.json]).to.deep.equal([
      404,
      { error: { code: "INVALID_REQUEST", message: "No such endpoint: GET /api/v1/nothing" } },
    ]);
    const update = await call(emulator, "PATCH /deployments/dep_1", { body: {} });
    expect([update.status, update.headers.get("allow")]).to.deep.equal([405, "GET, HEAD, DELETE"]);
    const broken = await call(emulator, "GET /deployments/%zz");
    expect([broken.status, at(broken.json, "error.code")]).to.deep.equal([400, "INVALID_REQUEST"]);
  });

  it("take a deployment from provisioning to ready, and return its URL only when it is ready", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    const { id, operationId } = await create(emulator, { app_type: "airflow", name: "My ETL" });
    const early = await call(emulator, `GET /deployments/${id}`);
    expect(early.json).to.deep.equal({
      data: {
        id,
        name: "My ETL",
        app_type: "airflow",
        status: "provisioning",
        url: null,
        environment_id: "env_default",
        created_at: "2026-05-01T12:00:00.000Z",
        links: { self: `/api/v1/deployments/${id}`, operation: `/api/v1/operations/${operationId}` },
      },
    });
    time.ms += 6 * 60_000;
    const { json } = await call(emulator, `GET /deployments/${id}`);
    expect(at(json, "data.status")).to.equal("ready");
    expect(at(json, "data.url")).to.match(/^https:\/\/my-etl-[a-z0-9]{6}\.onvera\.io$/);
    expect(at(json, "data.links.operation")).to.equal(null);
  });

  it("ignore unknown fields of a create", async () => {
    const emulator = await start();
    const body = '{"app_type":"superset","region":"mars","__proto__":{"name":5},"constructor":{"prototype":{}}}';
    expect((await call(emulator, "POST /deployments", { body })).status).to.equal(202);
  });

  it("generate a name if there is none, and use the URL form without a name", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    const { id } = await create(emulator, { app_type: "superset" });
    const { json } = await call(emulator, `GET /deployments/${id}`);
    expect(at(json, "data.name")).to.match(/^superset-[a-z0-9]{6}$/);
    expect(at(json, "data.url")).to.match(/^https:\/\/superset\.[a-z0-9]{6}\.onvera\.io$/);
  });

  it("use either documented form of ID, and allow duplicate names", async () => {
    const prefixed = await start();
    const first = await create(prefixed, { app_type: "airflow", name: "same" });
    const second = await create(prefixed, { app_type: "airflow", name: "same" });
    expect(first.id).to.match(/^dep_[0-9a-f-]{36}$/);
    expect(first.operationId).to.match(/^op_[0-9a-f-]{36}$/);
    expect(second.id).not.to.equal(first.id);
    const bare = await start({ idForm: "uuid" });
    expect((await create(bare)).id).to.match(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });

  it("reject a delete during provisioning with 409, unless the settings accept it", async () => {
    const emulator = await start();
    const { id, operationId } = await create(emulator);
    const refused = await call(emulator, `DELETE /deployments/${id}`);
    expect([refused.status, refused.json]).to.deep.equal([
      409,
      {
        error: {
          code: "RESOURCE_CONFLICT",
          message: "Deployment is still being provisioned",
          operation_id: operationId,
        },
      },
    ]);
    emulator.control.settings.set({ deleteWhileProvisioning: "accept" });
    expect((await call(emulator, `DELETE /deployments/${id}`)).status).to.equal(202);
    const operation = await call(emulator, `GET /operations/${operationId}`);
    expect(at(operation.json, "data.status")).to.equal("canceled");
  });

  it("destroy a deployment in minutes, reject a second delete meanwhile, and return 404 afterwards", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    const { id } = await create(emulator, { app_type: "superset" });
    time.ms += 4 * 60_000;
    const accepted = await call(emulator, `DELETE /deployments/${id}`);
    expect(accepted.status).to.equal(202);
    const operationId = textAt(accepted.json, "data.operation_id");
    expect(accepted.json).to.deep.equal({
      data: {
        deployment_id: id,
        operation_id: operationId,
        links: { deployment: `/api/v1/deployments/${id}`, operation: `/api/v1/operations/${operationId}` },
      },
    });
    const again = await call(emulator, `DELETE /deployments/${id}`);
    expect([again.status, again.json]).to.deep.equal([
      409,
      {
        error: {
          code: "RESOURCE_CONFLICT",
          message: "Deployment is already being destroyed",
          operation_id: operationId,
        },
      },
    ]);
    time.ms += 211_000;
    expect(at((await call(emulator, `GET /deployments/${id}`)).json, "data.status")).to.equal("destroying");
    time.ms += 1_000;
    expect((await call(emulator, `GET /deployments/${id}`)).status).to.equal(404);
    expect((await call(emulator, `DELETE /deployments/${id}`)).status).to.equal(404);
    const operation = await call(emulator, `GET /operations/${operationId}`);
    expect(at(operation.json, "data.status")).to.equal("succeeded");
    expect(at((await call(emulator, "GET /deployments")).json, "data.pagination.total")).to.equal(0);
  });

  it("destroy a failed deployment", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    emulator.control.outcomes.add({ result: "fail" });
    const { id, operationId } = await create(emulator);
    const { json } = await call(emulator, `GET /deployments/${id}`);
    expect(at(json, "data.status")).to.equal("failed");
    expect(at(json, "data.links.operation")).to.equal(`/api/v1/operations/${operationId}`);
    expect((await call(emulator, `DELETE /deployments/${id}`)).status).to.equal(202);
    expect((await call(emulator, `GET /deployments/${id}`)).status).to.equal(404);
  });
});

describe("the emulator's lists", () => {
  const start = useEmulators();

  it("reject an invalid page or page size", async () => {
    const emulator = await start();
    for (const query of ["page=0", "page=-1", "page=x", "page=1.5", "page=", "page=1&page=2", "page=1e3"]) {
      const { status, json } = await call(emulator, `GET /deployments?${query}`);
      expect([status, json], query).to.deep.equal([
        400,
        { error: { code: "VALIDATION_ERROR", message: "Invalid page. Must be an integer of at least 1" } },
      ]);
    }
    for (const query of ["per_page=0", "per_page=101", "per_page=all"]) {
      const { status, json } = await call(emulator, `GET /operations?${query}`);
      expect([status, json], query).to.deep.equal([
        400,
        { error: { code: "VALIDATION_ERROR", message: "Invalid per_page. Must be an integer between 1 and 100" } },
      ]);
    }
  });

  it("list the newest first with fifty items per page, and nothing past the end", async () => {
    const emulator = await start();
    for (let n = 1; n <= 51; n++) await create(emulator, { app_type: "airflow", name: `d${n}` });
    const first = await call(emulator, "GET /deployments");
    expect(at(first.json, "data.pagination")).to.deep.equal({ page: 1, per_page: 50, total: 51, pages: 2 });
    expect(at(first.json, "data.items.0.name")).to.equal("d51");
    expect(at(first.json, "data.items.length")).to.equal(50);
    const second = await call(emulator, "GET /deployments?page=2");
    expect(at(second.json, "data.items.0.name")).to.equal("d1");
    const third = await call(emulator, "GET /deployments?page=3&per_page=50&unknown=1");
    expect(at(third.json, "data")).to.deep.equal({
      items: [],
      pagination: { page: 3, per_page: 50, total: 51, pages: 2 },
    });
  });

  it("return zero pages for an empty list", async () => {
    const { json } = await call(await start(), "GET /deployments");
    expect(at(json, "data.pagination")).to.deep.equal({ page: 1, per_page: 50, total: 0, pages: 0 });
  });

  it("filter operations by status, type and resource", async () => {
    const emulator = await start();
    await emulator.control.deployments.create({ appType: "airflow", name: "old" });
    const { id } = await create(emulator);
    const old = emulator.control.deployments.get("old");
    await call(emulator, `DELETE /deployments/${old.id}`);
    const idsFor = async (query: string) => {
      const { json } = await call(emulator, `GET /operations?${query}`);
      const items = at(json, "data.items") as unknown[];
      return items.map((item) => at(item, "resource.id"));
    };
    expect(await idsFor("")).to.deep.equal([old.id, id]);
    expect(await idsFor("type=deployment.create")).to.deep.equal([id]);
    expect(await idsFor(`resource_id=${old.id}`)).to.deep.equal([old.id]);
    expect(await idsFor("status=succeeded")).to.deep.equal([]);
    await emulator.control.clock.advance(5_000);
    expect(await idsFor("status=running&type=deployment.destroy")).to.deep.equal([old.id]);
    expect((await call(emulator, "GET /operations?status=done")).status).to.equal(400);
  });

  it("return the one environment of every organization", async () => {
    const { json } = await call(await start(), "GET /environments");
    expect(json).to.deep.equal({
      data: {
        items: [{ id: "env_default", name: "Default", slug: "default", created_at: "2025-01-15T09:00:00.000Z" }],
      },
    });
  });
});
