import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Emulator, startEmulator } from "../../../emulator/src/index";
import { OnveraClient } from "../../../provider/api/client";
import { ApiError } from "../../../provider/api/errors";

interface Document {
  paths: Record<
    string,
    Record<string, { parameters?: { in: string; name: string }[]; responses: Record<string, unknown> }>
  >;
}

/** Checks the client with the emulator and its OpenAPI document: every request is declared there, and every field exists. */
describe("the client and the emulator's OpenAPI document", () => {
  let emulator: Emulator;
  let client: OnveraClient;
  let document: Document;

  beforeEach(async () => {
    emulator = await startEmulator({ speed: 1 });
    client = new OnveraClient({ settings: emulator });
    document = (await (await fetch(`${emulator.baseUrl}/openapi.json`)).json()) as Document;
  });
  afterEach(() => emulator.close());

  it("agree on every call and each field that the client reads", async () => {
    const accepted = await client.createDeployment({ appType: "airflow", name: "etl" });
    expect(accepted).to.have.all.keys("deploymentId", "operationId");
    const { deploymentId, operationId = "" } = accepted;
    await emulator.control.clock.advance(60_000);
    expect(await client.getOperation(operationId)).to.include({ status: "running", resourceId: deploymentId });
    expect(await client.getOperation(operationId)).to.include.keys(
      "type",
      "phase",
      "message",
      "requestedAt",
      "startedAt",
    );
    await emulator.control.clock.advance(600_000);

    const deployment = await client.getDeployment(deploymentId);
    expect(deployment).to.include({ id: deploymentId, name: "etl", appType: "airflow", status: "ready" });
    expect(deployment).to.include.keys("url", "environmentId", "createdAt");
    expect(await client.getOperation(operationId)).to.include.keys("endedAt");
    expect(await client.allDeployments()).to.deep.equal([deployment]);
    expect((await client.listDeployments({ page: 1, perPage: 7 })).perPage).to.equal(7);
    const operations = await client.allOperations({
      resourceId: deploymentId,
      status: "succeeded",
      type: "deployment.create",
    });
    expect(operations.map(({ id }) => id)).to.deep.equal([operationId]);
    expect((await client.listEnvironments())[0]).to.have.all.keys("id", "name", "slug", "createdAt");

    const destroying = await client.deleteDeployment(deploymentId);
    expect(destroying.operationId).to.be.a("string");
    const conflict = await client.deleteDeployment(deploymentId).catch((error: unknown) => error);
    expect(conflict).to.be.instanceOf(ApiError).and.to.include({
      status: 409,
      code: "RESOURCE_CONFLICT",
      operationId: destroying.operationId,
    });

    const { requests } = emulator.control.requests.list();
    expect(requests.length).to.be.above(10);
    for (const { method, path, query, status } of requests.filter(
      ({ path: called }) => !called.endsWith("openapi.json"),
    )) {
      const declared = operationOf(method, path);
      const parameters = (declared?.parameters ?? []).flatMap(({ in: place, name }) =>
        place === "query" ? [name] : [],
      );
      expect(declared, `${method} ${path}`).not.to.equal(undefined);
      expect(Object.keys(declared?.responses ?? {}), `${method} ${path}`).to.include(String(status));
      expect(parameters, `query of ${method} ${path}`).to.include.members(Object.keys(query));
    }
  });

  it("agree on the errors that callers distinguish", async () => {
    const failures: [() => Promise<unknown>, number, string][] = [
      [() => client.getDeployment("dep_none"), 404, "DEPLOYMENT_NOT_FOUND"],
      [() => client.deleteDeployment("dep_none"), 404, "DEPLOYMENT_NOT_FOUND"],
      [() => client.getOperation("op_none"), 404, "OPERATION_NOT_FOUND"],
      [() => client.createDeployment({ appType: "spark" }), 400, "VALIDATION_ERROR"],
    ];
    for (const [call, status, code] of failures) {
      expect(await call().catch((error: unknown) => error)).to.include({ status, code });
    }
    await emulator.control.keys.setScopes(emulator.apiKey, ["deployments:read"]);
    const refused = await client.createDeployment({ appType: "airflow" }).catch((error: unknown) => error);
    expect(refused).to.include({ status: 403, code: "INSUFFICIENT_SCOPE" });
    expect((refused as Error).message).to.contain("deployments:write");
    await emulator.control.keys.revoke(emulator.apiKey);
    expect(await client.allDeployments().catch((error: unknown) => error)).to.include({ code: "API_KEY_REVOKED" });
  });

  it("share no code, so that an error cannot be on both sides", () => {
    for (const name of ["api/schemas.ts", "api/wire.ts", "api/routes.ts", "emulator.ts"]) {
      const source = readFileSync(join(__dirname, "../../../emulator/src", name), "utf8");
      expect(source, name).not.to.match(/from "(\.\.\/)+(provider|sdk)\//);
    }
  });

  function operationOf(method: string, path: string) {
    for (const [template, operations] of Object.entries(document.paths)) {
      const pattern = new RegExp(`^(/api/v1)?${template.replace(/\{[^}]+\}/g, "[^/]+")}$`);
      if (pattern.test(path)) return operations[method.toLowerCase()];
    }
    return undefined;
  }
});
