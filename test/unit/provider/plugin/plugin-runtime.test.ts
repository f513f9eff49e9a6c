import { expect } from "chai";
import { PluginRuntime } from "../../../../provider/plugin/plugin-runtime";

const urn = "urn:pulumi:dev::data::onvera:index:Deployment::etl";

describe("PluginRuntime", () => {
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
});
