import { expect } from "chai";
import { doors, dynamicDoor, pluginDoor } from "../../support/doors";
import { countSteps, messages } from "../../support/engine";
import { useWorlds } from "../../support/world";

for (const door of doors) {
  describe(`through ${door.name}, what the state holds`, () => {
    const world = useWorlds();

    it("is replaced by a new deployment when the engine is told to replace it", async () => {
      const w = await world({
        door,
        program: `
          new Deployment("etl", { appType: "airflow" });
          new Deployment("web", { appType: "superset", name: "web" });
        `,
      });
      await w.project.up();
      const created = await w.stateIds();
      const { urn } = await w.project.resource("etl");
      const web = (await w.project.resource("web")).urn;

      await w.project.up({ flags: ["--replace", urn, "--replace", web] });
      const replaced = await w.stateIds();
      await w.expectAgreement();
      expect(replaced.filter((id) => created.includes(id))).to.deep.equal([]);

      // A setting that an earlier recovery has left behind names the very deployment that is replaced now.
      await w.project.run(["config", "set", "--path", "onvera:adopt.etl", (await w.project.resource("etl")).id ?? ""]);
      await w.project.up();
      await w.project.run(["state", "taint", urn, "--yes"]);
      await w.project.up();
      await w.expectAgreement();
      expect(await w.stateIds()).to.have.length(2);
      expect((await w.stateIds()).filter((id) => replaced.includes(id))).to.have.length(1);
      expect(countSteps((await w.project.up()).events)).to.not.have.any.keys("create", "replace", "delete", "update");
      expect(w.countRequests("POST")).to.equal(5);
    });
  });
}

describe(`through ${pluginDoor.name}, if the provider cannot know what the state holds`, () => {
  const world = useWorlds();

  it("stops a forced replacement in the run that changes the provider's configuration", async () => {
    const w = await world({ door: pluginDoor, program: `new Deployment("etl", { appType: "airflow" });` });
    await w.project.up();
    const { id, urn } = await w.project.resource("etl");
    await w.project.run(["config", "set", "--path", "onvera:adopt.other", "not:dep_1"]);
    const stopped = await w.project.up({ flags: ["--replace", urn], mayFail: true });
    expect(messages(stopped.events).join("\n")).to.contain("the provider's configuration changes in this run");
    expect(w.platformIds()).to.deep.equal([id]);
    await w.project.up({ flags: ["--replace", urn] });
    await w.expectAgreement();
    expect(w.platformIds()).to.not.include(id);
  });

  it("stops a forced replacement with refreshBeforeUpdate off, now or when the state was written", async () => {
    const w = await world({
      door: pluginDoor,
      config: { "onvera:refreshBeforeUpdate": "false" },
      program: `new Deployment("etl", { appType: "airflow" });`,
    });
    await w.project.up();
    const [id] = await w.stateIds();
    const { urn } = await w.project.resource("etl");
    const stopped = await w.project.up({ flags: ["--replace", urn], mayFail: true });
    expect(messages(stopped.events).join("\n"))
      .to.contain("refreshBeforeUpdate is off")
      .and.to.contain(`pulumi config set --path 'onvera:adopt.etl' not:${id}`);
    expect(w.platformIds()).to.deep.equal([id]);

    // Turned on now, but the state was written without the engine's flag.
    await w.project.setConfig({ "onvera:refreshBeforeUpdate": "true" });
    expect((await w.project.up({ flags: ["--replace", urn], mayFail: true })).code).to.not.equal(0);
    expect(w.platformIds()).to.deep.equal([id]);

    await w.project.run(["config", "set", "--path", "onvera:adopt.etl", `not:${id}`]);
    await w.project.up({ flags: ["--replace", urn] });
    await w.expectAgreement();
    expect(w.platformIds()).to.not.include(id);
  });
});

describe(`through ${dynamicDoor.name}`, () => {
  const world = useWorlds();

  it("renames a resource, and swaps two names, although the state holds deployments of those names", async () => {
    const w = await world({ program: `new Deployment("a", { appType: "airflow", name: "one" });` });
    await w.project.up();
    w.setProgram(`new Deployment("b", { appType: "airflow", name: "one" });`);
    await w.project.up();
    await w.expectAgreement();
    w.setProgram(`
      const b = new Deployment("b", { appType: "airflow", name: "one" });
      new Deployment("c", { appType: "airflow", name: "two" }, { dependsOn: b });
    `);
    await w.project.up();
    w.setProgram(`
      const b = new Deployment("b", { appType: "airflow", name: "two" });
      new Deployment("c", { appType: "airflow", name: "one" }, { dependsOn: b });
    `);
    await w.project.up();
    await w.expectAgreement();
    const names = w.control.state().deployments.map(({ name }) => name);
    expect(names.sort()).to.deep.equal(["one", "two"]);

    const held = await w.project.resource("b");
    w.setProgram(`
      new Deployment("b", { appType: "airflow", name: "two" });
      new Deployment("d", { appType: "airflow", name: "two" });
    `);
    await w.project.run(["config", "set", "--path", "onvera:adopt.d", held.id ?? ""]);
    const refused = await w.project.up({ mayFail: true });
    expect(messages(refused.events).join("\n"))
      .to.contain(`the state already holds it for ${held.urn}`)
      .and.to.contain("pulumi config rm --path 'onvera:adopt.d'");
    expect(w.platformIds()).to.include(held.id);
  });

  it("keeps a deployment that was renamed on the platform if its name is not chosen, or its changes are ignored", async () => {
    const program = `
      const pulumi = require("@pulumi/pulumi");
      new Deployment("etl", { appType: "airflow", name: pulumi.output({}).apply((settings) => settings.name) });
      new Deployment("web", { appType: "superset", name: "web" }, { ignoreChanges: ["name"] });
    `;
    const w = await world({ program });
    await w.project.up();
    expect((await w.project.resource("etl")).inputs)
      .to.have.property("name")
      .that.matches(/^etl-[a-z0-9]{7}$/);
    const ids = w.platformIds();
    for (const id of ids) await w.control.deployments.rename(id, `${id}-renamed`);
    await w.project.up();
    expect(w.platformIds()).to.deep.equal(ids);
    await w.expectAgreement();
  });

  it("creates a deployment whose name is not given in a first run that targets it alone", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "airflow" });` });
    await w.project.up({
      flags: ["--target", "urn:pulumi:dev::engine-test::pulumi-nodejs:dynamic/onvera:Deployment::etl"],
    });
    await w.expectAgreement();
    expect(w.platformIds()).to.have.length(1);
    await w.project.up();
    await w.expectAgreement();
    expect(w.countRequests("POST")).to.equal(1);
  });

  it("sees the name and the timeouts that transformations of the stack set", async () => {
    const w = await world({
      program: `
        const pulumi = require("@pulumi/pulumi");
        pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
          type.endsWith("onvera:Deployment")
            ? { props: { ...props, name: "transformed" }, opts: { ...opts, customTimeouts: { create: "77m" } } }
            : undefined,
        );
        new Deployment("etl", { appType: "airflow" });
      `,
    });
    await w.project.up();
    expect((await w.project.resource("etl")).inputs).to.deep.include({
      name: "transformed",
      timeouts: { create: 4_620 },
    });
  });

  it("converges if two resources share a chosen name and the response to one create is lost", async () => {
    const w = await world({
      program: `
        new Deployment("a", { appType: "airflow", name: "shared" });
        new Deployment("b", { appType: "airflow", name: "shared" });
      `,
    });
    w.control.faults.add({ match: { method: "POST" }, when: "after", action: { type: "reset" } });
    const first = await w.project.up({ mayFail: true });
    expect(first.code).to.not.equal(0);
    const said = messages(first.events).join("\n");
    const [, setting = "", id = ""] = /config set --path '([^']+)' (dep_\S+?|[\w-]+)`/.exec(said) ?? [];
    await w.project.run(["config", "set", "--path", setting, id]);
    await w.project.up();
    await w.expectAgreement();
    expect(w.platformIds()).to.have.length(2);
    await w.project.destroy();
    expect(w.platformIds()).to.deep.equal([]);
  });
});
