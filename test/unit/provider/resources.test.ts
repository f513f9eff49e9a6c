import { expect } from "chai";
import { createDynamicProvider } from "../../../provider/dynamic/dynamic-provider";
import { DynamicRuntime } from "../../../provider/dynamic/dynamic-runtime";
import { ProviderCalls } from "../../../provider/plugin/calls";
import { resources } from "../../../provider/resources";
import { JobPlatform, jobHandler } from "../../fixtures/job/handler";
import { errorOf, failuresOf, PluginClient } from "../../support/plugin-client";

const type = "onvera:index:Job";
const urn = `urn:pulumi:dev::project::${type}::nightly`;
const settings = { apiKey: "onv_sk_live_job", baseUrl: "http://127.0.0.1:9/api/v1" };

describe("a second resource type", () => {
  before(() => {
    process.env["ONVERA_POLL_INTERVAL_MS"] = "1";
  });
  after(() => {
    delete process.env["ONVERA_POLL_INTERVAL_MS"];
  });
  const state = { jobId: "job_1", name: "nightly", status: "succeeded" };

  it("is served by the provider plugin with one more entry in the table", async () => {
    const platform = new JobPlatform();
    const types = { ...resources, [type]: jobHandler(platform) };
    const plugin = await PluginClient.start(() => new ProviderCalls(undefined, types));
    try {
      await plugin.configure(settings);
      expect(failuresOf(await plugin.check({ name: "nightly", retries: 3 }, { urn }))).to.deep.equal([
        "retries: is not a property of a job",
      ]);
      const created = await plugin.create({ name: "nightly" }, { urn });
      expect(created.getId()).to.equal("job_1");
      expect(created.getProperties()?.toJavaScript()).to.deep.equal(state);
      const difference = await plugin.diff(state, { name: "weekly" }, { urn });
      expect(difference.getReplacesList()).to.deep.equal(["name"]);
      expect((await plugin.read("job_1", state, { urn })).getProperties()?.toJavaScript()).to.deep.equal(state);
      await plugin.delete("job_1", state, { urn });
      expect((await plugin.read("job_1", state, { urn })).getId()).to.equal("");

      platform.fails = true;
      const { details } = await errorOf(plugin.create({ name: "nightly" }, { urn }));
      expect(details).to.equal("job job_1 failed");
      expect(failuresOf(await plugin.check({ appType: "spark" }))[0]).to.match(/^appType: must be "airflow"/);
    } finally {
      await plugin.stop();
    }
  });

  it("imports for a second resource what was not found for the first one, but nothing twice", async () => {
    const platform = new JobPlatform();
    const plugin = await PluginClient.start(() => new ProviderCalls(undefined, { [type]: jobHandler(platform) }));
    const importAs = (importer: string) => plugin.read("job_1", {}, { urn: importer });
    const otherUrn = urn.replace("nightly", "weekly");
    try {
      await plugin.configure(settings);
      expect((await importAs(urn)).getId()).to.equal("");
      platform.jobs.set("job_1", { name: "nightly", status: "succeeded" });
      expect((await importAs(otherUrn)).getId()).to.equal("job_1");
      const { details } = await errorOf(importAs(urn));
      expect(details).to.contain(`job job_1 cannot be imported: ${otherUrn} imports it as well`);
    } finally {
      await plugin.stop();
    }
  });

  it("is served by the dynamic provider in the same way", async () => {
    const platform = new JobPlatform();
    const provider = createDynamicProvider(jobHandler(platform), new DynamicRuntime(""));
    await provider.configure({ config: { get: (key) => ({ ...settings })[key.replace("onvera:", "") as "apiKey"] } });
    const __provider = "code";
    const checked = await provider.check({}, { __provider, __resource: { name: "nightly", urn }, name: "nightly" });
    expect(checked.failures).to.deep.equal([]);
    const created = await provider.create({ ...checked.inputs, __provider });
    expect(created).to.deep.equal({ id: "job_1", outs: state });
    expect(await provider.diff("job_1", { ...state, __provider }, { name: "weekly", __provider })).to.deep.equal({
      changes: true,
      replaces: ["name"],
    });
    expect(await provider.read("job_1", state)).to.deep.equal({
      id: "job_1",
      props: state,
      inputs: { name: "nightly" },
    });
    await provider.delete("job_1", state);
    expect(await provider.read("job_1", state)).to.deep.equal({ id: "", props: {} });

    platform.fails = true;
    const error = await provider.create({ ...checked.inputs, __provider }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({ id: "job_1" });
    expect(error).to.have.deep.property("properties", { ...state, status: "failed", __provider });
    platform.fails = false;
    platform.jobs.set("job_1", { name: "nightly", status: "running" });
    const outs = { jobId: "job_1", name: "nightly", status: "running" };
    expect(await provider.update("job_1", outs, { name: "nightly" })).to.deep.equal({ outs: state });
  });
});
