import { expect } from "chai";
import { dynamicHost, hosts, pluginHost } from "../../../scripts/engine/hosts";
import { countSteps, messages } from "../../support/engine";
import { useHarness } from "../../support/harness";

for (const host of hosts) {
  describe(`with ${host.name}, a deployment in the state`, () => {
    const start = useHarness();

    it("is replaced by a new one if the engine is forced to replace it", async () => {
      const harness = await start({
        host,
        program: `
          new Deployment("etl", { appType: "airflow" });
          new Deployment("web", { appType: "superset", name: "web" });
        `,
      });
      await harness.project.up();
      const created = await harness.stateIds();
      const { urn } = await harness.project.resource("etl");
      const web = (await harness.project.resource("web")).urn;

      await harness.project.up({ flags: ["--replace", urn, "--replace", web] });
      const replaced = await harness.stateIds();
      await harness.expectAgreement();
      expect(replaced.filter((id) => created.includes(id))).to.deep.equal([]);

      // A setting that remains from an earlier recovery names the deployment that is replaced now.
      await harness.project.run([
        "config",
        "set",
        "--path",
        "onvera:adopt.etl",
        (await harness.project.resource("etl")).id ?? "",
      ]);
      await harness.project.up();
      await harness.project.run(["state", "taint", urn, "--yes"]);
      await harness.project.up();
      await harness.expectAgreement();
      expect(await harness.stateIds()).to.have.length(2);
      expect((await harness.stateIds()).filter((id) => replaced.includes(id))).to.have.length(1);
      expect(countSteps((await harness.project.up()).events)).to.not.have.any.keys(
        "create",
        "replace",
        "delete",
        "update",
      );
      expect(harness.countRequests("POST")).to.equal(5);
    });

    it("is not adopted by a new resource that gets the name which its own had before", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      await harness.project.up();
      await harness.project.up({ flags: ["--replace", (await harness.project.resource("etl")).urn] });
      harness.setProgram(`new Deployment("moved", { appType: "airflow" }, { aliases: [{ name: "etl" }] });`);
      await harness.project.up();
      harness.setProgram(`
        const etl = new Deployment("etl", { appType: "airflow" });
        new Deployment("moved", { appType: "airflow" }, { dependsOn: [etl] });
      `);
      await harness.project.up();
      await harness.expectAgreement();
      expect(new Set(await harness.stateIds()).size).to.equal(2);
      expect(harness.countRequests("POST")).to.equal(3);
    });
  });
}

describe(`with ${pluginHost.name}, if the provider cannot know which deployments the state holds`, () => {
  const start = useHarness();

  it("stops a forced replacement in the run that changes the provider's configuration", async () => {
    const harness = await start({ host: pluginHost, program: `new Deployment("etl", { appType: "airflow" });` });
    await harness.project.up();
    const { id, urn } = await harness.project.resource("etl");
    await harness.project.run(["config", "set", "--path", "onvera:adopt.other", "not:dep_1"]);
    const stopped = await harness.project.up({ flags: ["--replace", urn], mayFail: true });
    expect(messages(stopped.events).join("\n")).to.contain("the provider's configuration changes in this run");
    expect(harness.platformIds()).to.deep.equal([id]);
    await harness.project.up({ flags: ["--replace", urn] });
    await harness.expectAgreement();
    expect(harness.platformIds()).to.not.include(id);
  });

  it("stops a forced replacement if refreshBeforeUpdate is off, or was off when the state was written", async () => {
    const harness = await start({
      host: pluginHost,
      config: { "onvera:refreshBeforeUpdate": "false" },
      program: `new Deployment("etl", { appType: "airflow" });`,
    });
    await harness.project.up();
    const [id] = await harness.stateIds();
    const { urn } = await harness.project.resource("etl");
    const stopped = await harness.project.up({ flags: ["--replace", urn], mayFail: true });
    expect(messages(stopped.events).join("\n"))
      .to.contain("refreshBeforeUpdate is off")
      .and.to.contain(`pulumi config set --path 'onvera:adopt.etl' not:${id}`);
    expect(harness.platformIds()).to.deep.equal([id]);

    // It is on now, but the state was written without the engine's flag.
    await harness.project.setConfig({ "onvera:refreshBeforeUpdate": "true" });
    expect((await harness.project.up({ flags: ["--replace", urn], mayFail: true })).code).to.not.equal(0);
    expect(harness.platformIds()).to.deep.equal([id]);

    await harness.project.run(["config", "set", "--path", "onvera:adopt.etl", `not:${id}`]);
    await harness.project.up({ flags: ["--replace", urn] });
    await harness.expectAgreement();
    expect(harness.platformIds()).to.not.include(id);
  });
});

describe(`with ${dynamicHost.name}`, () => {
  const start = useHarness();

  it("renames a resource and swaps two names although the state holds deployments with those names", async () => {
    const harness = await start({ program: `new Deployment("a", { appType: "airflow", name: "one" });` });
    await harness.project.up();
    harness.setProgram(`new Deployment("b", { appType: "airflow", name: "one" });`);
    await harness.project.up();
    await harness.expectAgreement();
    harness.setProgram(`
      const b = new Deployment("b", { appType: "airflow", name: "one" });
      new Deployment("c", { appType: "airflow", name: "two" }, { dependsOn: b });
    `);
    await harness.project.up();
    harness.setProgram(`
      const b = new Deployment("b", { appType: "airflow", name: "two" });
      new Deployment("c", { appType: "airflow", name: "one" }, { dependsOn: b });
    `);
    await harness.project.up();
    await harness.expectAgreement();
    const names = harness.control.state().deployments.map(({ name }) => name);
    expect(names.sort()).to.deep.equal(["one", "two"]);

    const held = await harness.project.resource("b");
    harness.setProgram(`
      new Deployment("b", { appType: "airflow", name: "two" });
      new Deployment("d", { appType: "airflow", name: "two" });
    `);
    await harness.project.run(["config", "set", "--path", "onvera:adopt.d", held.id ?? ""]);
    const refused = await harness.project.up({ mayFail: true });
    expect(messages(refused.events).join("\n"))
      .to.contain(`the state already holds it for ${held.urn}`)
      .and.to.contain("pulumi config rm --path 'onvera:adopt.d'");
    expect(harness.platformIds()).to.include(held.id);
  });

  it("never destroys a deployment that it adopted although another entry of the state was to delete it", async () => {
    const harness = await start({ host: dynamicHost, program: `new Deployment("etl", { appType: "airflow" });` });
    const { project, control } = harness;
    await project.up();
    const [id] = harness.platformIds();
    const { urn } = await project.resource("etl");
    control.outcomes.add({ result: "fail" });
    await project.up({ flags: ["--replace", urn], mayFail: true });
    const replacement = (await project.resource("etl")).id ?? "";
    expect(replacement).not.to.equal(id);
    await control.deployments.vanish(replacement);
    await project.refresh();
    for (const run of ["the run that adopts", "the next run"]) {
      const stopped = await project.up({ mayFail: true });
      expect(messages(stopped.events).join("\n"), run).to.contain(`${id}`).and.to.contain("is not destroyed");
      expect(harness.platformIds(), run).to.deep.equal([id]);
    }
    await project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
  });

  it("keeps a deployment that was renamed outside Pulumi if its name is automatic or ignored", async () => {
    const program = `
      const pulumi = require("@pulumi/pulumi");
      new Deployment("etl", { appType: "airflow", name: pulumi.output({}).apply((settings) => settings.name) });
      new Deployment("web", { appType: "superset", name: "web" }, { ignoreChanges: ["name"] });
    `;
    const harness = await start({ program });
    await harness.project.up();
    expect((await harness.project.resource("etl")).inputs)
      .to.have.property("name")
      .that.matches(/^etl-[a-z0-9]{7}$/);
    const ids = harness.platformIds();
    for (const id of ids) await harness.control.deployments.rename(id, `${id}-renamed`);
    await harness.project.up();
    expect(harness.platformIds()).to.deep.equal(ids);
    await harness.expectAgreement();
  });

  it("creates a deployment with an automatic name in a first run that targets only it", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow" });` });
    await harness.project.up({
      flags: ["--target", "urn:pulumi:dev::engine-test::pulumi-nodejs:dynamic/onvera:Deployment::etl"],
    });
    await harness.expectAgreement();
    expect(harness.platformIds()).to.have.length(1);
    await harness.project.up();
    await harness.expectAgreement();
    expect(harness.countRequests("POST")).to.equal(1);
  });

  it("uses the name and the timeouts that stack transformations set", async () => {
    const harness = await start({
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
    await harness.project.up();
    expect((await harness.project.resource("etl")).inputs).to.deep.include({
      name: "transformed",
      timeouts: { create: 4_620 },
    });
  });

  it("reaches the declared state if two resources have the same name and the response to one create is lost", async () => {
    const harness = await start({
      program: `
        new Deployment("a", { appType: "airflow", name: "shared" });
        new Deployment("b", { appType: "airflow", name: "shared" });
      `,
    });
    harness.control.faults.add({ match: { method: "POST" }, when: "after", action: { type: "reset" } });
    const first = await harness.project.up({ mayFail: true });
    expect(first.code).to.not.equal(0);
    const printed = messages(first.events).join("\n");
    const [, setting = "", id = ""] = /config set --path '([^']+)' (dep_\S+?|[\w-]+)`/.exec(printed) ?? [];
    await harness.project.run(["config", "set", "--path", setting, id]);
    await harness.project.up();
    await harness.expectAgreement();
    expect(harness.platformIds()).to.have.length(2);
    await harness.project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
  });
});
