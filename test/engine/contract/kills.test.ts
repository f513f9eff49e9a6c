import { expect } from "chai";
import { hosts } from "../../../scripts/engine/hosts";
import { messages } from "../../support/engine";
import { type Harness, useHarness } from "../../support/harness";

for (const host of hosts) {
  describe(`through ${host.name}, after a kill in the middle of a create`, () => {
    const start = useHarness();

    it("finds what the killed run has made, and makes nothing again", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      const { id } = await harness.control.deployments.create({ appType: "airflow", name: "etl-0000000" });
      await killInCreate(harness);
      expect(await harness.stateIds(), "the engine has no id of it").to.deep.equal([]);
      expect(harness.platformIds()).to.have.length(2);

      const up = await harness.project.up();
      expect(up.stdout).to.contain("was created by an earlier run of this stack that did not end");
      expect(harness.countRequests("POST")).to.equal(1);
      const [adopted] = await harness.stateIds();
      expect([adopted, id].sort(), "somebody else's is left alone").to.deep.equal(harness.platformIds());
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([id]);
    });

    it("finds what a killed replacement has made, and removes what was replaced", async () => {
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

    it("adopts what a killed replacement created after the old deployment was deleted", async () => {
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

    it("replaces what the killed run has made where that has failed meanwhile", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      harness.control.outcomes.add({ result: "fail" });
      await killInCreate(harness);
      const told = await harness.project.up({ mayFail: true });
      expect(told.code).not.to.equal(0);
      await harness.expectAgreement();
      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.countRequests("POST")).to.equal(2);
    });

    it("stops where the user has chosen the name, because nothing proves whose it is, until told", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
      await killInCreate(harness);
      const [id] = harness.platformIds();
      const stopped = await harness.project.up({ mayFail: true });
      const said = messages(stopped.events).join("\n");
      expect(said)
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

/** Runs `up` until the platform has accepted a create, and kills everything that belongs to it at that moment. */
async function killInCreate(harness: Harness): Promise<void> {
  await harness.control.clock.pause();
  const posted = harness.countRequests("POST");
  const run = harness.project.spawnUp();
  await harness.control.requests.next({ method: "GET", path: "/operations/*" });
  run.command.killAll();
  await harness.project.finish(run, { mayFail: true });
  expect(harness.countRequests("POST")).to.equal(posted + 1);
  await harness.project.unlock();
  await harness.control.clock.resume();
}
