import { expect } from "chai";
import { hosts } from "../../../scripts/engine/hosts";
import { countSteps, messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";

const oneAirflow = `new Deployment("etl", { appType: "airflow" });`;
const isPost = /\/deployments$/;

for (const host of hosts) {
  describe(`through ${host.name}`, () => {
    const startHarness = useHarness();
    const start = (program: string) => startHarness({ host, program });

    it("creates, leaves alone what is as declared, replaces what changed, and destroys", async () => {
      const harness = await start(oneAirflow);
      const { project, control } = harness;
      const preview = await project.preview();
      expect(countSteps(preview.events)).to.deep.equal({ create: 1 });
      expect(harness.platformIds(), "a preview makes nothing").to.deep.equal([]);

      await project.up();
      await harness.expectAgreement();
      const made = await project.resource("etl");
      expect(made.id).to.be.a("string").and.not.equal("");
      expect(made.outputs).to.include({ deploymentId: made.id, appType: "airflow", status: "ready" });
      expect(made.outputs?.["name"]).to.match(/^etl-[a-z0-9]{7}$/);
      expect(made.outputs?.["url"]).to.match(/^https:\/\//);
      expect(made.outputs?.["environmentId"]).to.equal("env_default");
      expect(Date.parse(String(made.outputs?.["createdAt"]))).to.be.a("number").and.not.NaN;
      expect(made.outputs?.["operationId"]).to.match(/^op_/);

      const again = await project.up();
      expect(countSteps(again.events)).to.deep.equal({ same: 1 });
      expect(harness.countRequests("POST")).to.equal(1);

      harness.setProgram(`new Deployment("etl", { appType: "superset" });`);
      const changed = await project.up();
      expect(stepsByResource(changed.events)["etl"]).to.deep.equal([
        "create-replacement",
        "replace",
        "delete-replaced",
      ]);
      await harness.expectAgreement();
      const replaced = await project.resource("etl");
      expect(replaced.id).not.to.equal(made.id);
      expect(replaced.outputs?.["name"], "a new deployment has a name of its own").not.to.equal(made.outputs?.["name"]);

      await project.destroy();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.deep.equal([]);
      expect(control.state().gone).to.have.length(2);
    });

    it("deletes first where the program says so", async () => {
      const harness = await start(
        `new Deployment("etl", { appType: "airflow", name: "etl" }, { deleteBeforeReplace: true });`,
      );
      await harness.project.up();
      harness.setProgram(
        `new Deployment("etl", { appType: "airflow", name: "etl-2" }, { deleteBeforeReplace: true });`,
      );
      harness.control.requests.clear();
      const { events } = await harness.project.up();
      expect(stepsByResource(events)["etl"]).to.deep.equal(["delete-replaced", "replace", "create-replacement"]);
      const changes = harness.control.requests.list().requests.filter(({ method }) => method !== "GET");
      expect(changes.map(({ method }) => method)).to.deep.equal(["DELETE", "POST"]);
      await harness.expectAgreement();
    });

    for (const result of ["fail", "cancel"] as const) {
      it(`keeps a create that the platform ${result}s, says why, and replaces it on the next up`, async () => {
        const harness = await start(oneAirflow);
        harness.control.outcomes.add({
          result,
          phase: "migrations",
          code: "MIGRATION_FAILED",
          message: "The database is locked",
        });
        const failed = await harness.project.up({ mayFail: true });
        expect(failed.code).not.to.equal(0);
        const said = messages(failed.events).join("\n");
        expect(said).to.contain("op_").and.to.contain("the next `pulumi up` replaces it");
        expect(said).to.contain(result === "fail" ? "MIGRATION_FAILED: The database is locked" : "was canceled");
        const kept = await harness.project.resource("etl");
        expect(kept.initErrors).to.have.length(1);
        await harness.expectAgreement();

        const { events } = await harness.project.up();
        expect(stepsByResource(events)["etl"]).to.include("create-replacement").and.to.include("delete-replaced");
        await harness.expectAgreement();
        const healed = await harness.project.resource("etl");
        expect(healed.id).not.to.equal(kept.id);
        expect(healed.outputs?.["status"]).to.equal("ready");
        expect(healed.initErrors ?? []).to.deep.equal([]);
        expect(harness.countRequests("POST")).to.equal(2);
        await harness.project.destroy();
        expect(harness.platformIds()).to.deep.equal([]);
      });
    }

    it("goes on with the same operation after a timeout, and creates nothing again", async () => {
      const program = `new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "1s", update: "1s" } });`;
      const harness = await start(program);
      await harness.control.clock.pause();
      const failed = await harness.project.up({ mayFail: true });
      expect(messages(failed.events).join("\n"))
        .to.contain("is not finished after")
        .and.to.contain("customTimeouts.create");
      const kept = await harness.project.resource("etl");
      expect(kept.outputs).to.include({ status: "provisioning", deploymentId: kept.id });
      await harness.expectAgreement();

      const still = await harness.project.up({ mayFail: true });
      expect(still.code, "it is still not finished").not.to.equal(0);
      expect((await harness.project.resource("etl")).outputs?.["operationId"]).to.equal(kept.outputs?.["operationId"]);

      await harness.control.clock.resume();
      const { events } = await harness.project.up();
      // An update waits for it, unless who looks first sees that it has become ready meanwhile.
      expect(Object.keys(countSteps(events))).to.have.members(
        events.some(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "refresh") ? ["same"] : ["update"],
      );
      const ready = await harness.project.resource("etl");
      expect(ready.id).to.equal(kept.id);
      expect(ready.outputs).to.include({ status: "ready", operationId: kept.outputs?.["operationId"] });
      expect(harness.countRequests("POST")).to.equal(1);
      expect(countSteps((await harness.project.up()).events)).to.deep.equal({ same: 1 });
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
    });

    it("waits a create out before it destroys what a timeout left", async () => {
      const harness = await start(
        `new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "1s" } });`,
      );
      await harness.control.clock.pause();
      await harness.project.up({ mayFail: true });
      harness.control.requests.clear();
      await harness.control.clock.resume();
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
      expect(harness.countRequests("DELETE"), "no destroy is sent into a running create").to.equal(1);
    });

    it("shows each kind of drift on a refresh, and mends it on the next up", async () => {
      const harness = await start(
        ["renamed", "broken", "gone", "going"]
          .map((name) => `new Deployment("${name}", { appType: "superset" });`)
          .join("\n"),
      );
      await harness.project.up();
      await harness.control.deployments.rename("renamed-*", "somebody-elses-idea");
      await harness.control.deployments.markFailed("broken-*");
      await harness.control.deployments.destroyNow("gone-*");
      await harness.control.clock.pause();
      await harness.control.deployments.destroy("going-*");

      const drift = await harness.project.refresh({ flags: ["--preview-only", "--expect-no-changes"], mayFail: true });
      expect(drift.code, "--expect-no-changes must notice").not.to.equal(0);
      await harness.project.refresh();
      expect((await harness.project.resource("renamed")).outputs?.["name"]).to.equal("somebody-elses-idea");
      expect((await harness.project.resource("broken")).outputs?.["status"]).to.equal("failed");
      expect((await harness.project.resource("going")).outputs?.["status"]).to.equal("destroying");
      const { resources } = await harness.project.state();
      expect(resources.some(({ urn }) => urn.endsWith("::gone"))).to.equal(false);

      await harness.control.clock.resume();
      const { events } = await harness.project.up();
      const steps = stepsByResource(events);
      expect(steps["renamed"]).to.deep.equal(["same"]);
      expect(steps["broken"]).to.include("create-replacement");
      expect(steps["gone"]).to.deep.equal(["create"]);
      // It is gone by now: who looks first makes a new one, who goes by the state replaces it.
      expect(steps["going"]?.[0]).to.be.oneOf(["create", "create-replacement"]);
      await harness.expectAgreement();
      expect(countSteps((await harness.project.up()).events)).to.deep.equal({ same: 4 });
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
    });

    it("takes for destroyed what is gone, and joins a destroy that is running", async () => {
      const harness = await start(
        `new Deployment("a", { appType: "airflow" }); new Deployment("b", { appType: "airflow" });`,
      );
      await harness.project.up();
      await harness.control.deployments.destroyNow("a-*");
      await harness.control.deployments.destroy("b-*");
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
      expect(await harness.stateIds()).to.deep.equal([]);
    });

    it("keeps what could not be destroyed, and destroys it the next time", async () => {
      const harness = await start(oneAirflow);
      await harness.project.up();
      harness.control.outcomes.add({
        result: "fail",
        match: { operation: "destroy" },
        code: "TEARDOWN_FAILED",
        message: "Stuck",
      });
      const failed = await harness.project.destroy({ mayFail: true });
      expect(failed.code).not.to.equal(0);
      expect(messages(failed.events).join("\n")).to.contain("TEARDOWN_FAILED: Stuck");
      await harness.expectAgreement();
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
    });

    it("finds what a create has made whose answer was lost, and makes no second one", async () => {
      const harness = await start(oneAirflow);
      harness.control.faults.add({
        match: { method: "POST", path: "/deployments" },
        when: "after",
        action: { type: "reset" },
      });
      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.have.length(1);
      expect(harness.countRequests("POST", isPost)).to.equal(1);
    });

    it("ends a create at its timeout while the list of deployments hangs, and sends no POST", async () => {
      const options = `{ customTimeouts: { create: "2s" } }`;
      const harness = await start(`new Deployment("etl", { appType: "airflow" }, ${options});`);
      harness.control.faults.add({ match: { method: "GET", times: "always" }, action: { type: "hang" } });
      const startedAt = performance.now();
      const failed = await harness.project.up({ mayFail: true });
      expect(performance.now() - startedAt).to.be.below(25_000);
      expect(messages(failed.events).join("\n")).to.match(/did not start within its timeout, .*customTimeouts\.create/);
      expect(harness.countRequests("POST")).to.equal(0);
      expect(await harness.stateIds()).to.deep.equal([]);
    });

    it("touches nothing while the input is wrong, and says all that is", async () => {
      const harness = await start(`new Deployment("etl", { appType: "spark", name: "" });`);
      const failed = await harness.project.preview({ mayFail: true });
      const said = messages(failed.events).join("\n");
      expect(said).to.contain('must be "airflow" or "superset", got "spark"').and.to.contain("must not be empty");
      expect(harness.control.requests.list().total).to.equal(0);
    });
  });
}
