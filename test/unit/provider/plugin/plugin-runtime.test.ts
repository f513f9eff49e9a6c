import { expect } from "chai";
import { DynamicRuntime } from "../../../../provider/dynamic/dynamic-runtime";
import { PluginRuntime } from "../../../../provider/plugin/plugin-runtime";

const urn = "urn:pulumi:dev::data::onvera:index:Deployment::etl";

describe("PluginRuntime", () => {
  it("lets any number of waits listen to Ctrl-C without a warning of Node.js", async () => {
    const warnings: Error[] = [];
    const record = (warning: Error) => warnings.push(warning);
    process.on("warning", record);
    for (const { signal } of [new PluginRuntime(undefined), new DynamicRuntime("")]) {
      for (const _ of Array.from({ length: 20 })) signal.addEventListener("abort", () => undefined);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", record);
    expect(warnings).to.deep.equal([]);
  });

  it("knows every deployment that the state holds for a resource, also one that is still to be deleted", () => {
    const runtime = new PluginRuntime(undefined);
    runtime.recordHeld(urn, "dep_old", "etl-1");
    runtime.recordHeld(urn, "dep_new", "etl-2");
    const state = runtime.stateFor(urn, "dep_old");
    expect(state)
      .to.deep.include({ ownIds: ["dep_old", "dep_new"] })
      .and.not.to.have.property("adoptHeldBy");
    expect(runtime.holderOf("dep_old", `${urn}2`)).to.equal(urn);
  });

  it("warns, once, if the state has one deployment for two resources", () => {
    const logged: string[] = [];
    class LoggedRuntime extends PluginRuntime {
      protected override log = {
        write: ({ message }: { message: string }) => logged.push(message),
        flush: async () => undefined,
      };
    }
    const runtime = new LoggedRuntime(undefined);
    for (const each of [urn, urn, `${urn}2`, `${urn}2`]) runtime.recordRead(each, "dep_1");
    runtime.recordRead(`${urn}2`, "dep_2");
    expect(logged).to.have.length(1);
    expect(logged[0]).to.contain(`dep_1 for ${urn} and for ${urn}2`).and.to.contain("with `pulumi state delete <urn>`");
  });
});
