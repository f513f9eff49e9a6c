import { expect } from "chai";
import { hosts } from "../../../scripts/engine/hosts";
import { countSteps, messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";

const oneAirflow = `new Deployment("etl", { appType: "airflow" });`;

for (const host of hosts) {
  describe(`with ${host.name}`, () => {
    const startHarness = useHarness();
    const start = (program: string) => startHarness({ host, program });

    it("creates a deployment, leaves it unchanged, replaces it after a change, and deletes it", async () => {
      const harness = await start(oneAirflow);
      const { project, control } = harness;
      const preview = await project.preview();
      expect(countSteps(preview.events)).to.deep.equal({ create: 1 });
      expect(harness.platformIds(), "a preview creates nothing").to.deep.equal([]);

      await project.up();
      await harness.expectAgreement();
      const created = await project.resource("etl");
      expect(created.id).to.be.a("string").and.not.equal("");
      expect(created.outputs).to.include({ deploymentId: created.id, appType: "airflow", status: "ready" });
      expect(created.outputs?.["name"]).to.match(/^etl-[a-z0-9]{7}$/);
      expect(created.outputs?.["url"]).to.match(/^https:\/\//);
      expect(created.outputs?.["environmentId"]).to.equal("env_default");
      expect(Date.parse(String(created.outputs?.["createdAt"]))).to.be.a("number").and.not.NaN;
      expect(created.outputs?.["operationId"]).to.match(/^op_/);

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
      expect(replaced.id).not.to.equal(created.id);
      expect(replaced.outputs?.["name"], "a replacement gets a new name").not.to.equal(created.outputs?.["name"]);

      await project.destroy();
      await harness.expectAgreement();
      expect(harness.platformIds()).to.deep.equal([]);
      expect(control.state().gone).to.have.length(2);
    });

    it("deletes before it creates with deleteBeforeReplace", async () => {
      const program = (name: string) =>
        `new Deployment("etl", { appType: "airflow", name: "${name}" }, { deleteBeforeReplace: true });`;
      const harness = await start(program("etl"));
      await harness.project.up();
      harness.setProgram(program("etl-2"));
      harness.control.requests.clear();
      const { events } = await harness.project.up();
      expect(stepsByResource(events)["etl"]).to.deep.equal(["delete-replaced", "replace", "create-replacement"]);
      const changes = harness.control.requests.list().requests.filter(({ method }) => method !== "GET");
      expect(changes.map(({ method }) => method)).to.deep.equal(["DELETE", "POST"]);
      await harness.expectAgreement();
    });

    it("shows each kind of drift in a refresh, and repairs it in the next up", async () => {
      const harness = await start(
        ["renamed", "broken", "gone", "going"]
          .map((name) => `new Deployment("${name}", { appType: "superset" });`)
          .join("\n"),
      );
      await harness.project.up();
      await harness.control.deployments.rename("renamed-*", "renamed-outside");
      await harness.control.deployments.markFailed("broken-*");
      await harness.control.deployments.destroyNow("gone-*");
      await harness.control.clock.pause();
      await harness.control.deployments.destroy("going-*");

      const drift = await harness.project.refresh({ flags: ["--preview-only", "--expect-no-changes"], mayFail: true });
      expect(drift.code, "--expect-no-changes fails").not.to.equal(0);
      await harness.project.refresh();
      expect((await harness.project.resource("renamed")).outputs?.["name"]).to.equal("renamed-outside");
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
      // It is gone by now. A host that refreshes first creates it; one that relies on the state replaces it.
      expect(steps["going"]?.[0]).to.be.oneOf(["create", "create-replacement"]);
      await harness.expectAgreement();
      expect(countSteps((await harness.project.up()).events)).to.deep.equal({ same: 4 });
      await harness.project.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
    });

    it("sends no request while an input is wrong, and reports every mistake", async () => {
      const harness = await start(`new Deployment("etl", { appType: "spark", name: "" });`);
      const failed = await harness.project.preview({ mayFail: true });
      const printed = messages(failed.events).join("\n");
      expect(printed).to.contain('must be "airflow" or "superset", got "spark"').and.to.contain("must not be empty");
      expect(harness.control.requests.list().total).to.equal(0);
    });
  });
}
