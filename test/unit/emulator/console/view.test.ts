import { expect } from "chai";
import { call, create, fakeTime, useEmulators } from "../support";

describe("consoleView", () => {
  const start = useEmulators();

  it("contains each deployment with its current phase, and its URL once it is ready", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    const { id } = await create(emulator, { app_type: "superset", name: "bi" });
    time.ms += 12_000;
    const shown = () => emulator.control.view().deployments.items[0];
    expect(shown()).to.deep.equal({
      id,
      name: "bi",
      app_type: "superset",
      status: "provisioning",
      phase: "database_provisioning",
      url: null,
      environment_id: "env_default",
      created_at: "2026-05-01T12:00:00.000Z",
      gone_at: null,
    });
    time.ms += 600_000;
    expect(shown()).to.include({ status: "ready", phase: null });
    expect(shown()?.url).to.match(/^https:\/\/bi-\w{6}\.onvera\.io$/);
  });

  it("contains each operation with its outcome", async () => {
    const time = fakeTime();
    const emulator = await start({ now: time.now });
    emulator.control.outcomes.add({ match: { operation: "create" }, result: "fail", code: "E", message: "no luck" });
    await create(emulator, { app_type: "airflow", name: "etl" });
    time.ms += 600_000;
    const [operation] = emulator.control.view().operations.items;
    expect(operation).to.deep.include({
      type: "deployment.create",
      status: "failed",
      error: { code: "E", message: "no luck" },
      deployment_name: "etl",
      app_type: "airflow",
      vanished: false,
      requested_at: "2026-05-01T12:00:00.000Z",
    });
    await emulator.control.deployments.destroy("etl");
    await emulator.control.deployments.change("etl", { change: "vanishOperation" });
    expect(emulator.control.view().operations.items[0]).to.include({ type: "deployment.destroy", vanished: true });
  });

  it("contains a deleted deployment for ten more seconds", async () => {
    const time = fakeTime();
    const { control } = await start({ now: time.now });
    await control.deployments.create({ appType: "airflow", name: "older" });
    time.ms += 1_000;
    await control.deployments.create({ appType: "airflow", name: "lost" });
    time.ms += 1_000;
    await control.deployments.create({ appType: "airflow", name: "newer" });
    await control.deployments.vanish("lost");
    const shown = () => control.view().deployments.items.map(({ name, gone_at }) => [name, gone_at !== null]);
    const { found } = control.view().deployments;
    expect(found).to.equal(2);
    expect(shown()).to.deep.equal([
      ["newer", false],
      ["lost", true],
      ["older", false],
    ]);
    time.ms += 9_999;
    expect(shown()).to.have.length(3);
    time.ms += 1;
    expect(shown()).to.have.length(2);
  });

  it("contains the newest entries, with the number of all", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    for (let n = 1; n <= 5; n++) await create(emulator, { app_type: "airflow", name: `d-${n}` });
    const { deployments, operations, counts } = emulator.control.view({ deployments: 2, operations: 3 });
    expect(deployments.items.map(({ name }) => name)).to.deep.equal(["d-5", "d-4"]);
    expect(operations.items.map((each) => each.deployment_name)).to.deep.equal(["d-5", "d-4", "d-3"]);
    expect([deployments.found, operations.found]).to.deep.equal([5, 5]);
    expect([counts.deployments.ready, counts.operations.succeeded]).to.deep.equal([5, 5]);
  });

  it("searches by part of a name or ID, case-insensitively", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    const { id } = await create(emulator, { app_type: "airflow", name: "ETL-production" });
    await create(emulator, { app_type: "airflow", name: "other" });
    const found = (search: string) => {
      const { deployments, operations } = emulator.control.view({ search });
      expect(operations.items.map((each) => each.deployment_name)).to.deep.equal(
        deployments.items.map(({ name }) => name),
      );
      expect([deployments.found, operations.found]).to.deep.equal(Array(2).fill(deployments.items.length));
      return deployments.items.map(({ name }) => name);
    };
    expect(found(" etl-PROD ")).to.deep.equal(["ETL-production"]);
    expect(found(id.slice(4))).to.deep.equal(["ETL-production"]);
    expect(found("o")).to.deep.equal(["other", "ETL-production"]);
    expect(found("*")).to.deep.equal([]);
  });

  it("filters requests by part of the method and path, and by status", async () => {
    const emulator = await start({ apiKeys: [{ key: "onv_sk_live_secret" }] });
    await create(emulator);
    await call(emulator, "GET /api/v1/deployments", { key: "onv_sk_live_other" });
    const filtered = (filter: string) =>
      emulator.control.view({ requests: 10, filter }).requests.items.map(({ method, status }) => `${method} ${status}`);
    expect(filtered("")).to.deep.equal(["GET 401", "POST 202"]);
    expect(filtered("post /API")).to.deep.equal(["POST 202"]);
    expect(filtered("401")).to.deep.equal(["GET 401"]);
    expect(filtered("no such request")).to.deep.equal([]);
  });

  it("contains no API key, and no fingerprint without requests", async () => {
    const emulator = await start({ apiKeys: [{ key: "onv_sk_live_secret" }] });
    await create(emulator);
    const text = JSON.stringify(emulator.control.view());
    expect(text).not.to.include("secret").and.not.to.include(emulator.control.keys.list()[0]?.fingerprint);
  });
});
