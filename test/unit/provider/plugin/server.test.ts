import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { expect } from "chai";
import { originOf } from "../../../../provider/deployment/organization";
import { deploymentUrn, errorOf, failuresOf, PluginClient, proto } from "../../../support/plugin-client";

const { version } = JSON.parse(readFileSync(resolve(__dirname, "..", "..", "..", "..", "package.json"), "utf8"));
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const ready = { deploymentId: "dep_1", appType: "airflow", name: "etl", status: "ready" };

describe("the plugin server", () => {
  let plugin: PluginClient;
  beforeEach(async () => {
    plugin = await PluginClient.start();
  });
  afterEach(() => plugin.stop());

  describe("configured once", () => {
    const first = { apiKey: "onv_sk_live_1", baseUrl: "http://127.0.0.1:1" };

    it("accepts the same configuration again, and values that were not known before", async () => {
      await plugin.configure({ ...first, baseUrl: unknown });
      await plugin.configure(first);
      await plugin.configure(first);
    });

    for (const [what, second] of [
      ["another address", { ...first, baseUrl: "http://127.0.0.1:2" }],
      ["another key", { ...first, apiKey: "onv_sk_live_2" }],
      ["a new setting", { ...first, refreshBeforeUpdate: false }],
      ["fewer settings", { baseUrl: first.baseUrl }],
    ] as const) {
      it(`rejects ${what}, so that no local process can send the API key elsewhere`, async () => {
        await plugin.configure(first);
        expect(await errorOf(plugin.configure(second))).to.deep.equal({
          code: "INVALID_ARGUMENT",
          details: "the provider is already configured with other settings",
        });
      });
    }
  });

  describe("with invalid input", () => {
    it("lists the resource types if the type is unknown", async () => {
      const wrong = plugin.check({}, { urn: deploymentUrn("etl", "onvera:index:Database") });
      expect(await errorOf(wrong)).to.deep.equal({
        code: "INVALID_ARGUMENT",
        details: '"onvera:index:Database" is not a resource of the onvera provider; it has onvera:index:Deployment',
      });
      expect((await errorOf(plugin.list("onvera:index:Database"))).details).to.contain("is not a resource");
    });

    it("lists the functions if the function is unknown", async () => {
      const { code, details } = await errorOf(plugin.invoke("onvera:index:getDatabase", {}));
      expect(code).to.equal("INVALID_ARGUMENT");
      expect(details).to.contain('"onvera:index:getDatabase" is not a function').and.to.contain("getEnvironments");
      expect((await errorOf(plugin.invoke("constructor", {}))).code).to.equal("INVALID_ARGUMENT");
    });

    it("reports all errors in a function's arguments, without an API key", async () => {
      const response = await plugin.invoke("onvera:index:getDeployment", { id: 7, name: "x" });
      expect(failuresOf(response)).to.deep.equal([
        "name: is not an argument; expected id",
        "id: expected a non-empty string, got a number",
      ]);
      expect(failuresOf(await plugin.invoke("onvera:index:getOperation", {}))).to.deep.equal(["id: is required"]);
      expect(failuresOf(await plugin.invoke("onvera:index:getOperation", { id: unknown }))).to.deep.equal([
        "id: must be known, but is unknown in this preview",
      ]);
      expect(failuresOf(await plugin.invoke("onvera:index:getEnvironments", { id: "x" }))).to.deep.equal([
        "id: is not an argument; there are none",
      ]);
    });

    it("reports all errors in a deployment, with paths", async () => {
      const response = await plugin.check({ appType: ["airflow"], name: 3, status: "ready", timeouts: {} });
      expect(failuresOf(response)).to.deep.equal([
        "timeouts: is not a property of a deployment; use the option customTimeouts",
        "status: is not a property of a deployment; it has appType and name",
        'appType: must be "airflow" or "superset", got an array',
        "name: expected a string, got 3",
      ]);
    });

    it("creates nothing from unknown inputs", async () => {
      expect(await errorOf(plugin.create({ appType: unknown, name: "etl" }))).to.deep.equal({
        code: "INVALID_ARGUMENT",
        details: "appType of a deployment must be known before it is created",
      });
      expect((await errorOf(plugin.create({ appType: "spark", name: "etl" }))).details).to.match(/^appType: must be/);
    });

    it("rejects a change in place", async () => {
      const { code, details } = await errorOf(plugin.update(ready, { appType: "superset", name: "bi" }));
      expect(code).to.equal("INVALID_ARGUMENT");
      expect(details).to.match(/^appType and name of deployment dep_1 cannot change in place/);
    });

    it("serves only schema version 0", async () => {
      expect((await errorOf(plugin.getSchema(1))).details).to.equal(
        "schema version 1 is not supported, only version 0; update the provider",
      );
      expect((await errorOf(plugin.getSchema(0, "sub"))).details).to.contain('no subpackage "sub"');
    });

    it("cannot be parameterized", async () => {
      expect(await errorOf(plugin.parameterize())).to.deep.equal({
        code: "UNIMPLEMENTED",
        details: "Parameterize is not implemented by the onvera provider",
      });
    });

    it("reports errors in the configuration only if the platform is needed", async () => {
      await plugin.configure({ apiKey: "a key", baseUrl: "https://api.onvera.io" });
      expect(failuresOf(await plugin.check({ appType: "airflow" }))).to.deep.equal([]);
      const { code, details } = await errorOf(plugin.invoke("onvera:index:getDeployments", {}));
      expect(code).to.equal("FAILED_PRECONDITION");
      expect(details).to.contain("contains white space").and.not.to.contain("a key");
    });
  });

  describe("its schema", () => {
    it("has the version, and needs no configuration", async () => {
      const schema = JSON.parse((await plugin.getSchema(0)).getSchema());
      expect(schema).to.include({ name: "onvera" });
      expect(schema.version).to.equal(version);
    });

    it("has the version of package.json, as the plugin does", async () => {
      expect((await plugin.getPluginInfo()).getVersion()).to.equal(version);
    });
  });

  describe("configured", () => {
    it("makes the key secret", async () => {
      const response = await plugin.checkConfig({ apiKey: "onv_sk_live_x", baseUrl: "https://api.onvera.io" });
      expect(failuresOf(response)).to.deep.equal([]);
      expect(response.getInputs()?.toJavaScript()).to.deep.equal({
        apiKey: secret("onv_sk_live_x"),
        baseUrl: "https://api.onvera.io",
        __origins: originOf({ apiKey: "onv_sk_live_x", baseUrl: "https://api.onvera.io/api/v1" }),
      });
    });

    it("is never replaced if its configuration changes", async () => {
      const difference = await plugin.diffConfig({ apiKey: "a", baseUrl: "b" }, { apiKey: "c", baseUrl: unknown });
      expect(difference.getDiffsList()).to.deep.equal(["apiKey", "baseUrl"]);
      expect(difference.getReplacesList()).to.deep.equal([]);
      const { DIFF_NONE } = proto.DiffResponse.DiffChanges;
      expect((await plugin.diffConfig({ apiKey: "a" }, { apiKey: "a" })).getChanges()).to.equal(DIFF_NONE);
    });
  });

  describe("checking a deployment", () => {
    const nameOf = (response: proto.CheckResponse) => response.getInputs()?.toJavaScript()["name"];
    const airflow = { appType: "airflow" };

    it("keeps the previous name", async () => {
      expect(nameOf(await plugin.check(airflow, { olds: { ...airflow, name: "etl-1" }, seed: "x" }))).to.equal("etl-1");
    });

    it("uses the name that the engine proposes", async () => {
      for (const mode of ["PROPOSE", "ENFORCE"] as const) {
        const autonaming = { mode, proposedName: "dev-etl" };
        expect(nameOf(await plugin.check(airflow, { autonaming }))).to.equal("dev-etl");
        expect(nameOf(await plugin.check({ ...airflow, name: "mine" }, { autonaming }))).to.equal("mine");
        expect(nameOf(await plugin.check(airflow, { autonaming, olds: { name: "etl-1" } }))).to.equal("etl-1");
      }
    });

    it("requires a name if the engine's options disable automatic names", async () => {
      const autonaming = { mode: "DISABLE" } as const;
      expect(failuresOf(await plugin.check(airflow, { autonaming }))).to.deep.equal([
        "name: is required: the project's pulumi:autonaming disables automatic names",
      ]);
      expect(failuresOf(await plugin.check({ ...airflow, name: "etl" }, { autonaming }))).to.deep.equal([]);
    });

    it("keeps secret and unknown values", async () => {
      const response = await plugin.check({ appType: unknown, name: secret("etl") });
      expect(response.getInputs()?.toJavaScript()).to.deep.equal({ appType: unknown, name: secret("etl") });
    });
  });

  describe("comparing", () => {
    const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
    const { UPDATE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
    const kindsOf = (difference: proto.DiffResponse) =>
      Object.fromEntries(
        [...difference.getDetaileddiffMap().entries()].map(([key, property]: [string, proto.PropertyDiff]) => [
          key,
          property.getKind(),
        ]),
      );

    it("ignores timeouts in the state of an earlier version", async () => {
      const recorded = { ...ready, timeouts: { create: 60 } };
      expect((await plugin.diff(recorded, { appType: "airflow", name: "etl" })).getChanges()).to.equal(DIFF_NONE);
    });

    it("migrates the state of a dynamic resource in place", async () => {
      const recorded = { ...ready, __provider: "exports.handler=…" };
      const difference = await plugin.diff(recorded, { appType: "airflow", name: "etl" });
      expect(difference.getReplacesList()).to.deep.equal([]);
      expect(kindsOf(difference)).to.deep.equal({ __provider: proto.PropertyDiff.Kind.DELETE });
    });

    it("returns the kind of each difference", async () => {
      const changed = await plugin.diff({ ...ready, status: "failed" }, { appType: "superset", name: unknown });
      expect(changed.getChanges()).to.equal(DIFF_SOME);
      expect(changed.getReplacesList()).to.deep.equal(["appType", "name", "status"]);
      expect(kindsOf(changed)).to.deep.equal({
        appType: UPDATE_REPLACE,
        name: UPDATE_REPLACE,
        status: UPDATE_REPLACE,
      });
      const unfinished = await plugin.diff({ ...ready, status: "provisioning" }, { appType: "airflow", name: "etl" });
      expect(unfinished.getReplacesList()).to.deep.equal([]);
      expect(kindsOf(unfinished)).to.deep.equal({ status: UPDATE });
    });

    it("ignores an automatic name that differs on the platform, and replaces for one that the program chose", async () => {
      const renamed = { ...ready, name: "renamed" };
      const inputs = { appType: "airflow", name: "etl" };
      await plugin.check({ appType: "airflow" }, { olds: inputs });
      expect((await plugin.diff(renamed, inputs)).getChanges()).to.equal(DIFF_NONE);
      expect((await errorOf(plugin.update(renamed, inputs))).details, "not rejected for the name").to.contain("apiKey");
      await plugin.check(inputs, { olds: inputs });
      expect((await plugin.diff(renamed, inputs)).getReplacesList()).to.deep.equal(["name"]);
    });

    it("omits ignored changes", async () => {
      const difference = await plugin.diff(ready, { appType: "airflow", name: "other" }, { ignoreChanges: ["name"] });
      expect(difference.getChanges()).to.equal(DIFF_NONE);
    });
  });

  describe("previewing", () => {
    it("returns the known properties of a create, and unknown ones", async () => {
      const response = await plugin.create({ appType: "airflow", name: secret("etl") }, { preview: true });
      expect(response.getId()).to.equal("");
      expect(response.getProperties()?.toJavaScript()).to.deep.equal({
        appType: "airflow",
        name: secret("etl"),
        deploymentId: unknown,
        status: unknown,
        url: unknown,
        environmentId: unknown,
        createdAt: unknown,
        operationId: unknown,
      });
    });

    it("returns the stable properties of an unfinished create", async () => {
      const outs = { ...ready, status: "provisioning", operationId: "op_1" };
      const response = await plugin.update(outs, { appType: "airflow", name: "etl" }, { preview: true });
      expect(response.getProperties()?.toJavaScript()).to.deep.equal({
        ...outs,
        status: unknown,
        url: unknown,
        environmentId: unknown,
        createdAt: unknown,
      });
    });
  });

  describe("with a platform", () => {
    let platform: Server;
    let baseUrl: string;
    beforeEach(async () => {
      const body = String.raw`{"error": {"code": "INVALID_REQUEST", "message": "half \ud83d"}}`;
      platform = createServer((_, response) => response.writeHead(400).end(body)).listen(0, "127.0.0.1");
      await once(platform, "listening");
      baseUrl = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
    });
    afterEach(() => platform.close());

    it("responds with an error that contains half a surrogate pair, which gRPC cannot encode", async () => {
      await plugin.configure({ apiKey: "onv_sk_live_x", baseUrl });
      const { details } = await errorOf(plugin.invoke("onvera:index:getDeployments", {}));
      expect(details).to.match(/INVALID_REQUEST: half \ufffd$/);
    });

    it("serves another run after a cancellation if it serves several", async () => {
      await plugin.stop();
      plugin = await PluginClient.start(undefined, { servesSeveralRuns: true });
      // A run that ends before it configures the provider.
      await plugin.checkConfig({ apiKey: "onv_sk_live_0", baseUrl: "ftp://x" });
      await plugin.cancel();
      for (const apiKey of ["onv_sk_live_1", "onv_sk_live_2"]) {
        await plugin.checkConfig({ apiKey, baseUrl });
        await plugin.configure({ apiKey, baseUrl });
        const { details } = await errorOf(plugin.invoke("onvera:index:getDeployments", {}));
        expect(details).to.contain("failed with 400");
        await plugin.cancel();
      }
    });
  });

  it("starts nothing after a cancellation", async () => {
    await plugin.configure({ apiKey: "onv_sk_live_x", baseUrl: "http://127.0.0.1:9/api/v1" });
    await plugin.cancel();
    expect((await errorOf(plugin.create({ appType: "airflow", name: "etl" }))).details).to.contain("canceled");
  });
});
