import { expect } from "chai";
import { hosts } from "../../../scripts/engine/hosts";
import { countSteps, messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";

for (const host of hosts) {
  describe(`with ${host.name}, when a request or an operation fails`, () => {
    const startHarness = useHarness();
    const start = (program: string) => startHarness({ host, program });

    it("keeps creates that failed or were canceled, reports why, and replaces them in the next up", async () => {
      const names = ["failed", "canceled"];
      const harness = await start(names.map((name) => `new Deployment("${name}", { appType: "airflow" });`).join("\n"));
      const message = `The database is locked${"\nline of a long log".repeat(10_000)}`;
      const error = { phase: "migrations", code: "MIGRATION_FAILED", message } as const;
      harness.control.outcomes.add({ match: { name: "failed-*" }, result: "fail", ...error });
      harness.control.outcomes.add({ match: { name: "canceled-*" }, result: "cancel", ...error });
      const failed = await harness.upTogether(2, { mayFail: true });
      expect(failed.code).not.to.equal(0);
      const errors = messages(failed.events);
      for (const [name, reason] of [
        ["failed", "MIGRATION_FAILED: The database is locked"],
        ["canceled", "was canceled"],
      ] as const) {
        const printed = errors.filter((text) => text.includes(`deployment "${name}-`)).join("\n");
        expect(printed).to.contain("op_").and.to.contain("the next `pulumi up` replaces it").and.to.contain(reason);
        expect(printed).to.have.length.below(2_000);
        expect((await harness.project.resource(name)).initErrors).to.have.length(1);
      }
      const kept = await harness.stateIds();
      await harness.expectAgreement();

      harness.control.outcomes.clear();
      const { events } = await harness.project.up();
      await harness.expectAgreement();
      expect((await harness.stateIds()).filter((id) => kept.includes(id))).to.deep.equal([]);
      for (const name of names) {
        expect(stepsByResource(events)[name]).to.include("create-replacement").and.to.include("delete-replaced");
        const repaired = await harness.project.resource(name);
        expect(repaired.outputs?.["status"]).to.equal("ready");
        expect(repaired.initErrors ?? []).to.deep.equal([]);
      }
      expect(harness.countRequests("POST")).to.equal(4);
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
    });

    it("says what to do next also if the only create is rejected at once", async () => {
      const harness = await start('new Deployment("etl", { appType: "airflow" });');
      const rejection = { type: "answer", status: 422, code: "VALIDATION_ERROR", message: "no" } as const;
      harness.control.faults.add({
        match: { method: "POST", path: "/deployments", times: "always" },
        action: rejection,
      });
      for (let run = 0; run < 3; run += 1) {
        const { events } = await harness.project.up({ mayFail: true });
        expect(messages(events).join("\n")).to.contain(
          '1 deployment is not as declared: "etl" not created (not on Onvera). Nothing was lost. Next, run `pulumi up`',
        );
      }
    });

    it("resumes the same operation after a timeout, and creates nothing again", async () => {
      const program = `new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "8s", update: "8s" } });`;
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
      expect(still.code, "the operation is still running").not.to.equal(0);
      expect((await harness.project.resource("etl")).outputs?.["operationId"]).to.equal(kept.outputs?.["operationId"]);

      await harness.control.clock.resume();
      const { events } = await harness.project.up();
      // An update waits for the operation, unless a refresh has already read that the deployment is ready.
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

    it("waits for a create that timed out before it deletes the deployment", async () => {
      const harness = await start(
        `new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "8s" } });`,
      );
      await harness.control.clock.pause();
      await harness.project.up({ mayFail: true });
      harness.control.requests.clear();
      await harness.control.clock.resume();
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
      expect(harness.countRequests("DELETE"), "no delete is sent during the create").to.equal(1);
    });

    it("deletes what is gone or being deleted already, and keeps what fails for the next destroy", async () => {
      const harness = await start(
        ["gone", "going", "stuck"].map((name) => `new Deployment("${name}", { appType: "airflow" });`).join("\n"),
      );
      await harness.project.up();
      await harness.control.deployments.destroyNow("gone-*");
      await harness.control.deployments.destroy("going-*");
      harness.control.outcomes.add({
        result: "fail",
        match: { operation: "destroy", name: "stuck-*" },
        code: "TEARDOWN_FAILED",
        message: "Stuck",
      });
      const failed = await harness.project.destroy({ mayFail: true });
      expect(failed.code).not.to.equal(0);
      expect(messages(failed.events).join("\n")).to.contain("TEARDOWN_FAILED: Stuck");
      expect(harness.platformIds()).to.have.length(1);
      await harness.expectAgreement();
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
      expect(await harness.stateIds()).to.deep.equal([]);
    });

    it("adopts the deployment of a create whose response was lost, and creates no second one", async () => {
      const harness = await start(`new Deployment("etl", { appType: "airflow" });`);
      harness.control.faults.add({
        match: { method: "POST", path: "/deployments" },
        when: "after",
        action: { type: "reset" },
      });
      await harness.project.up();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.have.length(1);
      expect(harness.countRequests("POST", /\/deployments$/)).to.equal(1);
    });

    it("ends a create at its timeout while the list of deployments hangs, and sends no POST", async () => {
      const options = `{ customTimeouts: { create: "2s" } }`;
      const harness = await start(`new Deployment("etl", { appType: "airflow" }, ${options});`);
      harness.control.faults.add({ match: { method: "GET", times: "always" }, action: { type: "hang" } });
      const failed = await harness.project.up({ mayFail: true });
      expect(messages(failed.events).join("\n")).to.match(/did not start within its timeout, .*customTimeouts\.create/);
      expect(harness.countRequests("POST")).to.equal(0);
      expect(await harness.stateIds()).to.deep.equal([]);
    });
  });
}
