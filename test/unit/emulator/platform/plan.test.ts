import { expect } from "chai";
import { type Outcome, phaseNames, plan } from "../../../../emulator/src/platform/plan";
import type { OperationType } from "../../../../emulator/src/platform/records";

const planned = (outcome?: Outcome, type: OperationType = "deployment.create") =>
  plan({ type, appType: "airflow", startsAt: 1_000, instant: false, outcome });

describe("plan", () => {
  it("takes an operation through the documented phases in the documented time", () => {
    expect(phaseNames("deployment.create", "airflow")).to.deep.equal([
      "initialization",
      "database_provisioning",
      "infrastructure_provisioning",
      "application_bootstrap",
      "migrations",
      "health_checks",
      "subdomain_configuration",
    ]);
    expect(phaseNames("deployment.create", "superset")).to.deep.equal([
      "initialization",
      "database_provisioning",
      "infrastructure_provisioning",
      "application_bootstrap",
      "subdomain_configuration",
    ]);
    expect(phaseNames("deployment.destroy", "superset")).to.deep.equal([
      "revoking_access",
      "removing_db_tenant",
      "tearing_down_infra",
    ]);
    const minutes = (endsAt: number | null) => (Number(endsAt) - 1_000) / 60_000;
    expect(minutes(planned().endsAt), "airflow").to.equal(6);
    expect(minutes(planned(undefined, "deployment.destroy").endsAt), "destroy").to.be.closeTo(3 + 32 / 60, 1e-9);
    const superset = plan({ type: "deployment.create", appType: "superset", startsAt: 1_000, instant: false });
    expect(minutes(superset.endsAt), "superset").to.equal(4);
  });

  it("takes no time on an instant clock", () => {
    const instant = plan({ type: "deployment.create", appType: "airflow", startsAt: 5, instant: true });
    expect(instant.queuedUntil).to.equal(5);
    expect(instant.endsAt).to.equal(5);
  });

  it("fails halfway through the given phase with the given error", () => {
    const failed = planned({
      result: "fail",
      phase: "database_provisioning",
      code: "DB_QUOTA",
      message: "No room left",
    });
    expect(failed).to.include({ end: "failed", after: "failed", endsAt: 1_000 + 2_000 + 8_000 + 37_500 });
    expect(failed.error).to.deep.equal({ code: "DB_QUOTA", message: "No room left" });
    expect(failed.endProgress.phase).to.equal("database_provisioning");
    expect(failed.steps.map((step) => step.phase)).to.deep.equal(["initialization", "database_provisioning"]);
  });

  it("fails in the middle phase if no phase of the operation is given", () => {
    expect(planned({ result: "fail" }).endProgress.phase).to.equal("application_bootstrap");
    const destroy = planned({ result: "fail", phase: "migrations" }, "deployment.destroy");
    expect(destroy.endProgress.phase).to.equal("removing_db_tenant");
    expect(destroy.error).to.deep.equal({
      code: "DESTROY_FAILED",
      message: "The destroy failed during removing db tenant",
    });
  });

  it("cancels a queued operation before it starts", () => {
    const canceled = planned({ result: "cancel", phase: "queued" });
    expect(canceled).to.include({ end: "canceled", after: "failed", endsAt: 2_000, queuedUntil: 2_000 });
    expect(canceled.steps).to.deep.equal([]);
    expect(canceled.error).to.equal(null);
  });

  it("restores the deployment's status when a destroy is canceled", () => {
    const options = { appType: "airflow", startsAt: 0, instant: false, outcome: { result: "cancel" } } as const;
    expect(plan({ ...options, type: "deployment.destroy", statusBefore: "ready" }).after).to.equal("ready");
    expect(plan({ ...options, type: "deployment.destroy", statusBefore: "failed" }).after).to.equal("failed");
  });

  it("hangs in a phase or in the queue", () => {
    const hanging = planned({ result: "hang", phase: "migrations" });
    expect(hanging.endsAt).to.equal(null);
    expect(hanging.steps.at(-1)).to.include({ phase: "migrations", until: null });
    expect(planned({ result: "hang", phase: "queued" }).queuedUntil).to.equal(null);
  });

  it("hides a vanished operation while its work continues", () => {
    const vanishing = planned({ result: "vanish", phase: "initialization" });
    expect(vanishing).to.include({ vanishesAt: 1_000 + 2_000 + 4_000, after: "ready", end: "succeeded" });
    expect(vanishing.endsAt).to.equal(361_000);
  });

  it("can succeed with a failed deployment, and last as long as given", () => {
    const planOfFailed = planned({ result: "succeed", deployment: "failed", durationMs: 36_000 });
    expect(planOfFailed).to.include({ end: "succeeded", after: "failed", endsAt: 37_000 });
  });
});
