import { expect } from "chai";
import { hosts } from "../../../scripts/engine/hosts";
import { messages } from "../../support/engine";
import { type Harness, useHarness } from "../../support/harness";

for (const host of hosts) {
  describe(`with ${host.name}, after a kill during a create`, () => {
    const start = useHarness();

    it("adopts the deployment that a killed run created, and creates no second one", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      const { id } = await harness.control.deployments.create({ appType: "airflow", name: "etl-0000000" });
      await killInCreate(harness);
      expect(await harness.stateIds(), "the engine does not know its id").to.deep.equal([]);
      expect(harness.platformIds()).to.have.length(2);

      const up = await harness.project.up();
      expect(up.stdout).to.contain("was created by an earlier run of this stack that did not end");
      expect(harness.countRequests("POST")).to.equal(1);
      const [adopted] = await harness.stateIds();
      expect([adopted, id].sort(), "the deployment of others is left alone").to.deep.equal(harness.platformIds());
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([id]);
    });

    it("adopts the replacement that a killed run created, and deletes the old deployment", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      await harness.project.up();
      harness.setProgram(`new Deployment("etl", { appType: "superset" });`);
      await killInCreate(harness);
      expect(harness.platformIds()).to.have.length(2);
      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.have.length(1);
      expect(harness.countRequests("POST")).to.equal(2);
    });

    it("adopts the replacement that a killed run created after it deleted the old deployment", async () => {
      const options = "{ deleteBeforeReplace: true }";
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" }, ${options});` });
      await harness.project.up();
      harness.setProgram(`new Deployment("etl", { appType: "superset" }, ${options});`);
      const posted = harness.countRequests("POST");
      const run = harness.project.spawnUp();
      await harness.control.requests.next({ method: "POST" });
      await harness.control.clock.pause();
      run.command.killAll();
      await harness.project.finish(run, { mayFail: true });
      await harness.project.unlock();
      await harness.control.clock.resume();
      expect(harness.countRequests("POST")).to.equal(posted + 1);
      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.have.length(1);
      expect(harness.countRequests("POST")).to.equal(posted + 1);
    });

    it("adopts the replacement that a killed run created after everything else was destroyed", async () => {
      const etl = (appType: string) => `new Deployment("etl", { appType: "${appType}" });`;
      const harness = await start({
        host,
        program: `${etl("airflow")} new Deployment("bi", { appType: "superset" });`,
      });
      await harness.project.up();
      // The dynamic provider's seed is destroyed as well.
      await harness.project.destroy({ flags: ["--exclude", "**::etl"] });
      expect(harness.platformIds()).to.have.length(1);
      harness.setProgram(etl("superset"));
      await killInCreate(harness);
      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.have.length(1);
      expect(harness.countRequests("POST")).to.equal(3);
    });

    it("adopts what a killed run created after its refresh had found the deployment of the state gone", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      await harness.project.up();
      await harness.control.deployments.destroyNow("etl-*");
      await killInCreate(harness, ["--refresh"]);
      expect(await harness.stateIds()).to.deep.equal([]);

      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.have.length(1);
      expect(harness.countRequests("POST")).to.equal(2);
    });

    it("replaces the deployment that a killed run created if it failed in the meantime", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      harness.control.outcomes.add({ result: "fail" });
      await killInCreate(harness);
      const failed = await harness.project.up({ mayFail: true });
      expect(failed.code).not.to.equal(0);
      await harness.expectAgreement();
      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.countRequests("POST")).to.equal(2);
    });

    it("stops if the user chose the name, which does not prove the owner, until the configuration adopts it", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
      await killInCreate(harness);
      const [id] = harness.platformIds();
      const stopped = await harness.project.up({ mayFail: true });
      const printed = messages(stopped.events).join("\n");
      expect(printed)
        .to.contain(`a deployment "etl" already exists: ${id}`)
        .and.to.contain(`pulumi config set --path 'onvera:adopt.etl' ${id}`);
      expect(harness.countRequests("POST")).to.equal(1);

      await harness.project.run(["config", "set", "--path", "onvera:adopt.etl", id ?? ""]);
      await harness.project.up();
      expect(await harness.stateIds()).to.deep.equal([id]);
      expect(harness.countRequests("POST")).to.equal(1);
    });
  });
}

/** Runs `up` until Onvera has accepted a create, then kills the CLI and all its processes. */
async function killInCreate(harness: Harness, flags: readonly string[] = []): Promise<void> {
  await harness.control.clock.pause();
  const posted = harness.countRequests("POST");
  const run = harness.project.spawnUp({ flags });
  await harness.control.requests.next({ method: "GET", path: "/operations/*" });
  run.command.killAll();
  await harness.project.finish(run, { mayFail: true });
  expect(harness.countRequests("POST")).to.equal(posted + 1);
  await harness.project.unlock();
  await harness.control.clock.resume();
}
