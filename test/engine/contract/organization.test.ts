import { expect } from "chai";
import { type Emulator, startEmulator } from "../../../emulator/src/index";
import { hosts, pluginHost } from "../../../scripts/engine/hosts";
import { messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";

const deployments = (...names: string[]) =>
  names.map((name) => `new Deployment("${name}", { appType: "airflow" });`).join("\n");

describe("an API key of another organization", () => {
  const start = useHarness();
  let other: Emulator;
  beforeEach(async () => {
    other = await startEmulator({ speed: 1_000 });
  });
  afterEach(() => other.close());

  const creates = (emulator: Emulator) =>
    emulator.control.requests.list().requests.filter(({ method }) => method === "POST");

  for (const host of hosts) {
    it(`changes nothing, and a rotated key works like the old one, with ${host.name}`, async () => {
      const harness = await start({ host, program: deployments("one", "two") });
      const { project, control, emulator } = harness;
      await project.up();
      const ids = harness.platformIds();

      await project.setConfig({ "onvera:apiKey": { secret: other.apiKey }, "onvera:baseUrl": other.baseUrl });
      for (const command of ["preview", "up"] as const) {
        harness.setProgram(command === "preview" ? deployments("three", "one", "two") : deployments("one", "two"));
        const stopped = await project[command]({ mayFail: true });
        expect(stopped.code, command).not.to.equal(0);
        expect(messages(stopped.events).join("\n"), command).to.contain("is not visible with this API key");
      }
      const replaced = await project.up({ flags: ["--replace", "**::one"], mayFail: true });
      expect(replaced.code, "a forced replacement").not.to.equal(0);
      expect(messages(replaced.events).join("\n")).to.contain("is not visible with this API key");
      const destroy = await project.destroy({ mayFail: true });
      expect(destroy.code, "the destroy").not.to.equal(0);
      expect(messages(destroy.events).join("\n")).to.match(
        /first run `pulumi up` without --refresh.*pulumi state delete/,
      );
      expect(await harness.stateIds(), "the state").to.deep.equal(ids);
      expect(harness.platformIds()).to.deep.equal(ids);
      expect(creates(other), "requests to the other organization").to.deep.equal([]);

      const { key } = await control.keys.add({ key: "onv_sk_live_rotated" });
      await project.setConfig({ "onvera:apiKey": { secret: key }, "onvera:baseUrl": emulator.baseUrl });
      const refreshed = await project.up({ flags: ["--refresh"], mayFail: true });
      // The engine refreshes with the mistaken key, which is in the state now.
      if (host !== pluginHost)
        expect(messages(refreshed.events).join("\n")).to.contain("first run `pulumi up` without --refresh");
      expect(await harness.stateIds(), "the state after a refresh").to.deep.equal(ids);
      expect(stepsByResource((await project.up()).events)).to.deep.equal({ one: ["same"], two: ["same"] });
      for (const id of ids) await control.deployments.vanish(id);
      await project.up();
      await harness.expectAgreement();
      expect(harness.platformIds(), "after both were deleted outside Pulumi").to.have.length(2);

      // A destroy uses the key in the state. If that key was revoked, it fails and keeps the seed of the automatic names.
      const { key: last } = await control.keys.add({ key: "onv_sk_live_last" });
      await control.keys.revoke(key);
      await project.setConfig({ "onvera:apiKey": { secret: last } });
      const before = (await project.state()).resources.map(({ urn }) => urn);
      const refused = await project.destroy({ mayFail: true });
      expect(refused.code).not.to.equal(0);
      expect(messages(refused.events).join("\n")).to.contain(
        "add --run-program, or first run `pulumi up` without --refresh",
      );
      expect((await project.state()).resources.map(({ urn }) => urn)).to.have.members(before);
      await project.destroy({ flags: ["--run-program"] });
      expect(harness.platformIds()).to.deep.equal([]);
      for (const secret of [key, last, emulator.apiKey, other.apiKey])
        expect(project.stateText()).not.to.contain(secret);
    });
  }

  it("creates nothing before it has read the state, with the provider plugin and without a preview", async () => {
    const harness = await start({ host: pluginHost, program: deployments("one") });
    await harness.project.up();
    await harness.project.setConfig({ "onvera:apiKey": { secret: other.apiKey }, "onvera:baseUrl": other.baseUrl });
    harness.setProgram(deployments("new", "one"));
    for (const run of ["first", "second"]) {
      const stopped = await harness.project.up({ mayFail: true });
      expect(stopped.code, run).not.to.equal(0);
      expect(messages(stopped.events).join("\n"), run).to.contain("is not visible with this API key");
      expect(creates(other), run).to.deep.equal([]);
    }
  });

  it("changes nothing if a new version of the plugin gets the key of another organization", async () => {
    // The default provider of another version is another resource.
    const program = (version: string) => `new Deployment("one", { appType: "airflow" }, { version: "${version}" });`;
    const harness = await start({ host: pluginHost, program: program("0.1.0") });
    await harness.project.up();
    const ids = harness.platformIds();
    await harness.project.setConfig({ "onvera:apiKey": { secret: other.apiKey }, "onvera:baseUrl": other.baseUrl });
    harness.setProgram(program("0.2.0"));
    const stopped = await harness.project.up({ mayFail: true });
    expect(stopped.code).not.to.equal(0);
    expect(messages(stopped.events).join("\n")).to.contain("is not visible with this API key");
    expect(harness.platformIds()).to.deep.equal(ids);
    expect(creates(other)).to.deep.equal([]);
  });

  it("replaces a deployment that moves from one explicit provider to another", async () => {
    const harness = await start({ host: pluginHost });
    const program = (provider: string) => `
      const { ProviderResource, secret } = require("@pulumi/pulumi");
      const provider = (name, apiKey, baseUrl) => new ProviderResource("onvera", name, { apiKey: secret(apiKey), baseUrl });
      const first = provider("first", "${harness.emulator.apiKey}", "${harness.emulator.baseUrl}");
      const second = provider("second", "${other.apiKey}", "${other.baseUrl}");
      new Deployment("etl", { appType: "airflow" }, { provider: ${provider} });
    `;
    harness.setProgram(program("first"));
    await harness.project.up();
    harness.setProgram(program("second"));
    const { events } = await harness.project.up();
    expect(stepsByResource(events)["etl"]).to.deep.equal(["create-replacement", "replace", "delete-replaced"]);
    expect(harness.platformIds()).to.deep.equal([]);
    expect(other.control.state().deployments.map(({ id }) => id)).to.deep.equal(await harness.stateIds());
  });

  it("names the command that replaces a deployment if it moves from an explicit provider to the default one", async () => {
    const harness = await start({ host: pluginHost });
    const program = (options: string) => `
      const { ProviderResource, secret } = require("@pulumi/pulumi");
      const inputs = { apiKey: secret("${other.apiKey}"), baseUrl: "${other.baseUrl}" };
      const provider = new ProviderResource("onvera", "other", inputs);
      new Deployment("bi", { appType: "superset" });
      new Deployment("etl", { appType: "airflow" }, ${options});
    `;
    harness.setProgram(program("{ provider }"));
    await harness.project.up();
    const [bi] = harness.platformIds();
    harness.setProgram(program("{}"));
    const stopped = await harness.project.up({ mayFail: true });
    const [, urn] = /replace it with `pulumi up --replace '([^']+)'`/.exec(messages(stopped.events).join("\n")) ?? [];
    expect(urn).to.match(/::etl$/);
    expect([bi]).to.deep.equal(harness.platformIds());
    const { events } = await harness.project.up({ flags: ["--replace", String(urn)] });
    expect(stepsByResource(events)["etl"]).to.deep.equal(["create-replacement", "replace", "delete-replaced"]);
    expect(harness.platformIds()).to.have.members(await harness.stateIds());
    expect(other.control.state().deployments).to.deep.equal([]);
  });
});
