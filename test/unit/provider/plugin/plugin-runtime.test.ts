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

  const logged: string[] = [];
  class LoggedRuntime extends PluginRuntime {
    protected override log = {
      write: ({ message }: { message: string }) => logged.push(message),
      flush: async () => undefined,
    };
  }
  beforeEach(() => {
    logged.length = 0;
  });

  it("warns, once, if the state has one deployment for two resources", () => {
    const runtime = new LoggedRuntime(undefined);
    for (const each of [urn, urn, `${urn}2`, `${urn}2`]) runtime.recordRead(each, "dep_1");
    runtime.recordRead(`${urn}2`, "dep_2");
    expect(logged).to.have.length(1);
    expect(logged[0]).to.contain(`dep_1 for ${urn} and for ${urn}2`).and.to.contain("with `pulumi state delete <urn>`");
  });

  it("warns, once, if the state has for another resource what this run has imported", async () => {
    const runtime = new LoggedRuntime(undefined);
    await runtime.import({ kind: "deployment", urn, id: "dep_1" }, async () => "found");
    runtime.recordHeld(urn, "dep_1", "etl");
    expect(logged).to.deep.equal([]);
    for (const each of [`${urn}2`, `${urn}2`]) runtime.recordHeld(each, "dep_1", "etl");
    expect(logged).to.have.length(1);
    expect(logged[0]).to.contain(`dep_1 for ${urn} and for ${urn}2`).and.to.contain("with `pulumi state delete <urn>`");
  });

  it("refuses an import if another resource turns out to hold the deployment", async () => {
    const runtime = new LoggedRuntime(undefined);
    const importing = runtime.import({ kind: "deployment", urn, id: "dep_1" }, async () => {
      runtime.recordHeld(`${urn}2`, "dep_1", "etl");
      return "found";
    });
    const error = await importing.catch(String);
    expect(error).to.contain(`deployment dep_1 cannot be imported: the stack already holds it as ${urn}2`);
    expect(logged).to.deep.equal([]);
  });

  it("refuses a delete before a replacement if another resource also has the deployment, unless that one is replaced as well", () => {
    const refusal = (planned: readonly string[], keptId?: string) => {
      const runtime = new LoggedRuntime(undefined);
      if (keptId !== undefined) runtime.recordKept(`${urn}2`, keptId);
      for (const each of [urn, `${urn}2`]) runtime.recordRead(each, "dep_1");
      for (const each of planned) runtime.plan(each);
      try {
        runtime.assertNotKept({ kind: "deployment", id: "dep_1", urn });
        return "";
      } catch (error) {
        return String(error);
      }
    };
    expect(refusal([urn])).to.contain(`deployment dep_1 is not destroyed: the stack holds it also as ${urn}2;`);
    expect(refusal([urn, `${urn}2`]), "both are replaced").to.equal("");
    expect(
      refusal([urn], "dep_2"),
      "the other one has been replaced, and its old deployment is to be deleted",
    ).to.equal("");
    expect(refusal([]), "pulumi destroy").to.equal("");
    const runtime = new LoggedRuntime(undefined);
    for (const each of [urn, `${urn}2`]) runtime.recordRead(each, "dep_1");
    const destroy = () => runtime.assertNotKept({ kind: "deployment", id: "dep_1", urn });
    runtime.recordReplaced("dep_1");
    expect(destroy, "the program has it under another URN, with an alias").to.throw(`holds it also as ${urn}2;`);
  });

  it("refuses a delete before a replacement if the run imports the deployment for another resource", async () => {
    const runtime = new LoggedRuntime(undefined);
    runtime.plan(urn);
    await runtime.import({ kind: "deployment", urn: `${urn}2`, id: "dep_1" }, async () => {
      expect(() => runtime.assertNotKept({ kind: "deployment", id: "dep_1", urn })).to.throw(
        `deployment dep_1 is not destroyed: the stack holds it also as ${urn}2;`,
      );
      return undefined;
    });
    runtime.assertNotKept({ kind: "deployment", id: "dep_1", urn });
  });
});
