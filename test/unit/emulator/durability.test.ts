import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import type { Emulator } from "../../../emulator/src/index";
import { at, call, create, fakeTime, textAt, useEmulators } from "./support";

const main = join(__dirname, "../../../emulator/src/main.ts");

describe("the emulator's data file", () => {
  const start = useEmulators();
  let folder: string;
  let data: string;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "onvera-data-"));
    data = join(folder, "platform");
  });
  afterEach(async () => {
    child?.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });

  const spawned = async (...args: string[]): Promise<Pick<Emulator, "url" | "baseUrl" | "apiKey">> => {
    child = spawn(process.execPath, ["--import", "tsx", main, "--port", "0", "--json", "--data", data, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (child.stdout === null) throw new Error("the child has no output");
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return JSON.parse(line) as Emulator;
  };

  it("contains everything that was acknowledged before a SIGKILL, once", async function () {
    this.timeout(60_000);
    const emulator = await spawned();
    const acknowledged: { id: string; operationId: string }[] = [];
    const killed = child === undefined ? Promise.resolve([]) : once(child, "exit");
    const work = Array.from({ length: 20 }, async () => {
      try {
        for (;;) {
          const { status, json } = await call(emulator, "POST /deployments", { body: { app_type: "airflow" } });
          expect(status).to.equal(202);
          acknowledged.push({ id: textAt(json, "data.deployment_id"), operationId: textAt(json, "data.operation_id") });
          // While the other requests are in progress.
          if (acknowledged.length === 150) child?.kill("SIGKILL");
        }
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    });
    await Promise.all(work);
    await killed;

    const again = await spawned();
    expect(again.apiKey).to.equal(emulator.apiKey);
    const { json } = await call(again, "GET /_emulator/state");
    const ids = (list: string): string[] => (at(json, list) as { id: string }[]).map(({ id }) => id);
    expect(ids("deployments")).to.include.members(acknowledged.map(({ id }) => id));
    expect(ids("operations")).to.include.members(acknowledged.map(({ operationId }) => operationId));
    expect(new Set(ids("deployments")).size).to.equal(ids("deployments").length);
    // Requests in progress may have been stored without a response, as on any platform.
    expect(ids("deployments").length).to.be.within(acknowledged.length, acknowledged.length + 20);
  });

  it("continues operations after a restart, at the same speed", async () => {
    const time = fakeTime();
    const first = await start({ data, now: time.now, speed: 2 });
    const { id, operationId } = await create(first, { app_type: "superset" });
    time.ms += 60_000;
    await first.close();
    time.ms += 30_000;
    const second = await start({ data, now: time.now });
    const { json } = await call(second, `GET /operations/${operationId}`);
    expect([at(json, "data.status"), at(json, "data.progress.phase")]).to.deep.equal([
      "running",
      "application_bootstrap",
    ]);
    expect(at(json, "data.started_at")).to.equal("2026-05-01T12:00:01.000Z");
    time.ms += 30_000;
    expect(second.control.deployments.get(id).status).to.equal("ready");
    expect(second.control.state().operations[0]?.ended_at).to.equal("2026-05-01T12:02:00.000Z");
  });

  it("completes operations in progress when it is opened on an instant clock", async () => {
    const first = await start({ data });
    const { id } = await create(first);
    await first.close();
    const second = await start({ data, speed: Number.POSITIVE_INFINITY });
    expect(second.control.deployments.get(id).status).to.equal("ready");
  });

  it("keeps changes, deleted deployments and keys, but no faults, outcomes or requests", async () => {
    const first = await start({ data, speed: Number.POSITIVE_INFINITY, apiKeys: [{ key: "one" }, { key: "two" }] });
    const kept = await create(first, { app_type: "airflow", name: "kept" });
    const gone = await create(first, { app_type: "airflow", name: "gone" });
    await call(first, `DELETE /deployments/${gone.id}`);
    await first.control.deployments.rename("kept", "renamed");
    await first.control.deployments.markFailed("renamed");
    await first.control.keys.revoke("two");
    first.control.faults.add({ action: { type: "reset" } });
    first.control.outcomes.add({ result: "fail" });
    const before = first.control.state();
    await first.close();

    for (let restarts = 0; restarts < 2; restarts++) {
      const again = await start({ data, apiKeys: [{ key: "one" }, { key: "two" }] });
      const { clock: _, ...state } = again.control.state();
      const { clock: __, ...expected } = before;
      expect(state).to.deep.equal(expected);
      expect((await call(again, `GET /deployments/${kept.id}`)).status).to.equal(200);
      expect((await call(again, `GET /deployments/${gone.id}`)).status).to.equal(404);
      expect(at((await call(again, "GET /deployments", { key: "two" })).json, "error.code")).to.equal(
        "API_KEY_REVOKED",
      );
      expect(again.control.outcomes.list()).to.deep.equal([]);
      expect(again.control.requests.list().total).to.equal(3);
      await again.close();
    }
  });

  it("is not changed if it is in use or not an emulator's", async () => {
    const first = await start({ data });
    const second = await start({ data }).catch((error: Error) => error.message);
    expect(second).to.match(/is locked by process \d+, which is running$/);
    await first.close();
    await writeFile(data, "precious\n");
    const third = await start({ data }).catch((error: Error) => error.message);
    expect(third).to.equal(`"${data}" is not an emulator data file; choose another one`);
  });

  it("is released if the port is in use", async () => {
    const holder = await start();
    const port = Number(new URL(holder.url).port);
    const error = await start({ data, port }).catch((error: Error) => error.message);
    expect(error).to.equal(`port ${port} is in use; choose another one, or 0 for any that is free`);
    expect((await start({ data })).url).not.to.equal(holder.url);
  });
});
