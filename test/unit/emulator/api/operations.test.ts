import { expect } from "chai";
import { at, call, create, fakeTime, textAt, useEmulators } from "../support";

describe("the emulator's operations", () => {
  const start = useEmulators();

  it("are not found if they do not exist", async () => {
    const { status, json } = await call(await start(), "GET /operations/op_1");
    expect([status, json]).to.deep.equal([
      404,
      { error: { code: "OPERATION_NOT_FOUND", message: "Operation not found" } },
    ]);
  });

  it("fail in the given phase with the given code and message, and can still be read", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    emulator.control.outcomes.add({ result: "fail", phase: "migrations", code: "MIGRATION", message: "No such table" });
    const { id, operationId } = await create(emulator);
    time.ms += 60 * 60_000;
    const { json } = await call(emulator, `GET /operations/${operationId}`);
    expect(json).to.deep.equal({
      data: {
        id: operationId,
        type: "deployment.create",
        status: "failed",
        progress: { phase: "migrations", message: "Migrating the metadata database" },
        resource: { type: "deployment", id },
        error: { code: "MIGRATION", message: "No such table" },
        requested_at: "2026-05-01T12:00:00.000Z",
        started_at: "2026-05-01T12:00:02.000Z",
        ended_at: "2026-05-01T12:04:52.500Z",
        links: { self: `/api/v1/operations/${operationId}`, resource: `/api/v1/deployments/${id}` },
      },
    });
  });

  it("are canceled without an error", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    emulator.control.outcomes.add({ result: "cancel", phase: "queued" });
    const { id, operationId } = await create(emulator);
    const { json } = await call(emulator, `GET /operations/${operationId}`);
    expect(at(json, "data.status")).to.equal("canceled");
    expect([at(json, "data.error"), at(json, "data.started_at")]).to.deep.equal([null, null]);
    expect(emulator.control.deployments.get(id).status).to.equal("failed");
  });

  it("never end if they hang, however far the clock advances", async () => {
    const emulator = await start();
    emulator.control.outcomes.add({ result: "hang", phase: "health_checks" });
    const { operationId } = await create(emulator);
    await emulator.control.clock.advance(1e9);
    const { json } = await call(emulator, `GET /operations/${operationId}`);
    expect([at(json, "data.status"), at(json, "data.progress.phase")]).to.deep.equal(["running", "health_checks"]);
  });

  it("return 404 after they vanish, while their work continues", async () => {
    const emulator = await start();
    emulator.control.outcomes.add({ result: "vanish", phase: "initialization" });
    const { id, operationId } = await create(emulator);
    expect((await call(emulator, `GET /operations/${operationId}`)).status).to.equal(200);
    await emulator.control.clock.advance(10_000);
    expect((await call(emulator, `GET /operations/${operationId}`)).status).to.equal(404);
    expect(at((await call(emulator, "GET /operations")).json, "data.pagination.total")).to.equal(0);
    await emulator.control.clock.finishAll();
    expect(emulator.control.deployments.get(id).status).to.equal("ready");
  });

  it("can succeed although the deployment has failed", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    emulator.control.outcomes.add({ result: "succeed", deployment: "failed" });
    const { id, operationId } = await create(emulator);
    expect(at((await call(emulator, `GET /operations/${operationId}`)).json, "data.status")).to.equal("succeeded");
    expect(emulator.control.deployments.get(id).status).to.equal("failed");
  });

  it("report each phase with a message, from queued to succeeded", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    const { operationId } = await create(emulator, { app_type: "superset" });
    const seen: string[] = [];
    for (let second = 0; second <= 240; second++) {
      const { json } = await call(emulator, `GET /operations/${operationId}`);
      const line = ["status", "progress.phase", "progress.message"].map((path) => at(json, `data.${path}`)).join(" | ");
      if (line !== seen.at(-1)) seen.push(line);
      time.ms += 1_000;
    }
    expect(seen).to.deep.equal([
      "queued | queued | Waiting for a free worker",
      "running | initialization | Validating the request and reserving capacity",
      "running | database_provisioning | Creating the metadata database",
      "running | infrastructure_provisioning | Starting the web server, the workers and the cache",
      "running | application_bootstrap | Installing Apache Superset and its roles",
      "running | subdomain_configuration | Setting up the subdomain and its certificate",
      "succeeded | ready | Superset is ready",
    ]);
  });

  it("complete at once on an instant clock", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    const { operationId } = await create(emulator);
    const { json } = await call(emulator, `GET /operations/${operationId}`);
    expect(at(json, "data.status")).to.equal("succeeded");
    expect(Date.parse(textAt(json, "data.ended_at"))).to.be.at.least(Date.parse(textAt(json, "data.requested_at")));
  });
});
