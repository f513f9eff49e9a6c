import { expect } from "chai";
import { createDynamicProvider } from "../../../../provider/dynamic/dynamic-provider";
import { DynamicRuntime } from "../../../../provider/dynamic/dynamic-runtime";
import { JobPlatform, jobHandler } from "../../../fixtures/job/handler";

const urn = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/onvera:Job::nightly";
const config: Readonly<Record<string, string>> = {
  "onvera:apiKey": "onv_sk_live_job",
  "onvera:baseUrl": "http://127.0.0.1:9/api/v1",
};
const inputs = { name: "nightly", __provider: "code" };
const state = { jobId: "job_1", name: "nightly", status: "succeeded", __provider: "code" };
const __resource = { name: "nightly", urn };

describe("the dynamic provider", () => {
  const start = async () => {
    const platform = new JobPlatform();
    platform.jobs.set("job_1", { name: "nightly", status: "succeeded" });
    const provider = createDynamicProvider(jobHandler(platform), new DynamicRuntime(""));
    const configure = () => provider.configure({ config: { get: (key) => config[key] } });
    await configure();
    const keep = async () => {
      await provider.check(inputs, { ...inputs, __resource });
      const { changes } = await provider.diff("job_1", state, { ...inputs, __resource: undefined });
      expect(changes).to.equal(false);
    };
    return { platform, provider, configure, keep };
  };

  it("does not destroy for one entry of the state what another entry keeps", async () => {
    const { platform, provider, keep } = await start();
    await keep();
    const error = await provider.delete("job_1", state).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).to.match(
      /^job job_1 is not destroyed: the stack holds it also as urn:.*::nightly, which stays; remove/,
    );
    expect(error?.stack, "the host prints it after the message").to.equal("");
    expect([...platform.jobs.keys()]).to.deep.equal(["job_1"]);
  });

  it("destroys it before a replacement, for which the engine checks the inputs once more without the old ones", async () => {
    const { platform, provider, keep } = await start();
    await keep();
    await provider.check({}, { ...inputs, __resource });
    await provider.delete("job_1", state);
    expect([...platform.jobs.keys()]).to.deep.equal([]);
  });

  it("gives a resource a token by which its calls are told from those of others with the same name", async () => {
    const { provider } = await start();
    const tokenOf = async (olds: object, news: object) =>
      (await provider.check({ ...olds }, { ...inputs, ...news })).inputs["__resource"];
    const token = await tokenOf({}, { __resource });
    expect(token).to.match(/^[0-9a-f]{8}$/);
    expect(await tokenOf({ ...inputs, __resource: token }, { __resource: token }), "ignoreChanges: *").to.equal(token);
    expect(await tokenOf(inputs, { __resource }), "a state without a token").to.equal(undefined);
    const other = { name: "other", urn: urn.replace("nightly", "other") };
    expect(await tokenOf(inputs, {}), "ignoreChanges: * without a token, and another resource has the name").to.equal(
      undefined,
    );
    expect(await tokenOf(inputs, { __resource: other }), "another resource has the name").to.match(/^[0-9a-f]{8}$/);
  });

  it("destroys it in the next run of the same process", async () => {
    const { platform, provider, configure, keep } = await start();
    await keep();
    await configure();
    await provider.delete("job_1", state);
    expect([...platform.jobs.keys()]).to.deep.equal([]);
  });
});
