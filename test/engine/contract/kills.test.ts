import { expect } from "chai";
import { doors } from "../../support/doors";
import { messages } from "../../support/engine";
import { useWorlds, type World } from "../../support/world";

for (const door of doors) {
  describe(`through ${door.name}, after a kill in the middle of a create`, () => {
    const world = useWorlds();

    it("finds what the killed run has made, and makes nothing again", async () => {
      const w = await world({ door, program: `new Deployment("etl", { appType: "airflow" });` });
      const { id } = await w.control.deployments.create({ appType: "airflow", name: "etl-0000000" });
      await killInCreate(w);
      expect(await w.stateIds(), "the engine has no id of it").to.deep.equal([]);
      expect(w.platformIds()).to.have.length(2);

      const up = await w.project.up();
      expect(up.stdout).to.contain("was created by an earlier run of this stack that did not end");
      expect(w.countRequests("POST")).to.equal(1);
      const [adopted] = await w.stateIds();
      expect([adopted, id].sort(), "somebody else's is left alone").to.deep.equal(w.platformIds());
      await w.project.destroy();
      expect(w.platformIds()).to.deep.equal([id]);
    });

    it("finds what a killed replacement has made, and removes what was replaced", async () => {
      const w = await world({ door, program: `new Deployment("etl", { appType: "airflow" });` });
      await w.project.up();
      w.setProgram(`new Deployment("etl", { appType: "superset" });`);
      await killInCreate(w);
      expect(w.platformIds()).to.have.length(2);
      await w.project.up();
      await w.expectAgreement();
      expect(w.platformIds()).to.have.length(1);
      expect(w.countRequests("POST")).to.equal(2);
    });

    it("adopts what a killed replacement created after the old deployment was deleted", async () => {
      const options = "{ deleteBeforeReplace: true }";
      const w = await world({ door, program: `new Deployment("etl", { appType: "airflow" }, ${options});` });
      await w.project.up();
      w.setProgram(`new Deployment("etl", { appType: "superset" }, ${options});`);
      const posted = w.countRequests("POST");
      const run = w.project.spawnUp();
      await w.control.requests.next({ method: "POST" });
      await w.control.clock.pause();
      run.command.killAll();
      await w.project.finish(run, { mayFail: true });
      await w.project.unlock();
      await w.control.clock.resume();
      expect(w.countRequests("POST")).to.equal(posted + 1);
      await w.project.up();
      await w.expectAgreement();
      expect(w.platformIds()).to.have.length(1);
      expect(w.countRequests("POST")).to.equal(posted + 1);
    });

    it("replaces what the killed run has made where that has failed meanwhile", async () => {
      const w = await world({ door, program: `new Deployment("etl", { appType: "airflow" });` });
      w.control.outcomes.add({ result: "fail" });
      await killInCreate(w);
      const told = await w.project.up({ mayFail: true });
      expect(told.code).not.to.equal(0);
      await w.expectAgreement();
      await w.project.up();
      await w.expectAgreement();
      expect(w.countRequests("POST")).to.equal(2);
    });

    it("stops where the user has chosen the name, because nothing proves whose it is, until told", async () => {
      const w = await world({ door, program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
      await killInCreate(w);
      const [id] = w.platformIds();
      const stopped = await w.project.up({ mayFail: true });
      const said = messages(stopped.events).join("\n");
      expect(said)
        .to.contain(`a deployment "etl" already exists: ${id}`)
        .and.to.contain(`pulumi config set --path 'onvera:adopt.etl' ${id}`);
      expect(w.countRequests("POST")).to.equal(1);

      await w.project.run(["config", "set", "--path", "onvera:adopt.etl", id ?? ""]);
      await w.project.up();
      expect(await w.stateIds()).to.deep.equal([id]);
      expect(w.countRequests("POST")).to.equal(1);
    });
  });
}

/** Runs `up` until the platform has accepted a create, and kills everything that belongs to it at that moment. */
async function killInCreate(w: World): Promise<void> {
  await w.control.clock.pause();
  const posted = w.countRequests("POST");
  const run = w.project.spawnUp();
  await w.control.requests.next({ method: "GET", path: "/operations/*" });
  run.command.killAll();
  await w.project.finish(run, { mayFail: true });
  expect(w.countRequests("POST")).to.equal(posted + 1);
  await w.project.unlock();
  await w.control.clock.resume();
}
