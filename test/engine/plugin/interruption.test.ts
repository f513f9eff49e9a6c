import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { pluginHost } from "../../../scripts/engine/hosts";
import { Deployment } from "../../../sdk/plugin/deployment";
import { messages, stepsByResource } from "../../support/engine";
import { useHarness } from "../../support/harness";
import { serveProgram } from "../../support/inline-program";
import { deployment, useYamlHarness, type YamlHarness } from "../../support/plugin-yaml";

describe("an interrupted run", () => {
  const start = useYamlHarness();

  it("ends on Ctrl-C during a create, keeps the id, and the next up resumes", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } }, { speed: 20 });
    const { project, control } = harness;
    const { code, said } = await interrupted(harness, project.spawnUp());
    expect(code).not.to.equal(0);
    expect(said)
      .to.contain("was canceled here")
      .and.to.contain("the create continues on Onvera")
      .and.to.contain("the next `pulumi up` continues to wait for it");
    const kept = await project.resource("etl");
    expect(said).to.contain(kept.id).and.to.contain(String(kept.outputs?.["operationId"]));
    expect(kept.outputs?.["status"]).to.equal("provisioning");
    await harness.expectAgreement();

    // The deployment is still being created, so the next run must wait for it.
    const next = project.spawnUp();
    await next.command.waitForOutput(/etl updating/);
    await control.clock.setSpeed(10_000);
    await control.clock.resume();
    const { events } = await project.finish(next);
    expect(stepsByResource(events)["etl"]).to.deep.equal(["update"]);
    const ready = await project.resource("etl");
    expect(ready).to.include({ id: kept.id });
    expect(ready.outputs).to.include({ status: "ready", operationId: kept.outputs?.["operationId"] });
    expect(ready.initErrors ?? []).to.deep.equal([]);
    expect(harness.countRequests("POST")).to.equal(1);
  });

  it("loses no id on Ctrl-C while the create is being sent", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, control } = harness;
    control.faults.add({ match: { method: "POST", path: "/deployments" }, when: "after", delayMs: 700 });
    await control.clock.pause();
    const run = project.spawnUp();
    await control.requests.next({ method: "POST" });
    run.command.interrupt();
    const { events } = await project.finish(run, { mayFail: true });
    expect(messages(events).join("\n")).to.contain("the create continues on Onvera");
    await harness.expectAgreement();
    await control.clock.resume();
    await project.up();
    expect((await project.resource("etl")).outputs?.["status"]).to.equal("ready");
    expect(harness.countRequests("POST")).to.equal(1);
  });

  it("ends on Ctrl-C during a delete, or at its timeout, and the next destroy resumes", async () => {
    const resources = { etl: deployment("airflow", {}, { customTimeouts: { delete: "5s" } }) };
    const { harness } = await start({ resources });
    const { project, control } = harness;
    await project.up();
    await control.clock.setSpeed(10);
    const { code, said } = await interrupted(harness, project.spawnDestroy());
    expect(code).not.to.equal(0);
    expect(said).to.contain("the delete continues on Onvera");
    await harness.expectAgreement();

    const late = await project.destroy({ mayFail: true });
    expect(messages(late.events).join("\n"))
      .to.contain("is not finished after 5 s")
      .and.to.contain("customTimeouts.delete");
    await control.clock.setSpeed(10_000);
    await control.clock.resume();
    await project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
    expect((await project.state()).resources).to.deep.equal([]);
  });
});

describe("a run that is interrupted before it sends a create", () => {
  const start = useYamlHarness();

  it("ends while a response is outstanding, with nothing created", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, control } = harness;
    control.faults.add({ match: { method: "GET", path: "/deployments", times: "always" }, action: { type: "hang" } });
    const run = project.spawnUp();
    await control.requests.next({ method: "GET", path: "/deployments" });
    const sent = harness.countRequests("GET");
    run.command.interrupt();
    await project.finish(run, { mayFail: true });
    // A request that gets no response within its own timeout would be sent again.
    expect(harness.countRequests("GET")).to.equal(sent);
    expect(harness.countRequests("POST")).to.equal(0);
  });
});

describe("an error hook that repeats a create after Ctrl-C", () => {
  const start = useHarness();

  it("gets the same deployment, and its id is kept", async () => {
    let calls = 0;
    const inline = await serveProgram(async () => {
      const repeatTwice = new pulumi.ErrorHook("repeatTwice", () => ++calls < 3);
      new Deployment("etl", { appType: "airflow" }, { hooks: { onError: [repeatTwice] } });
    });
    try {
      const harness = await start({ host: pluginHost });
      const { project, control } = harness;
      await control.clock.pause();
      const run = project.spawnUp({ flags: inline.flags });
      await control.requests.next({ method: "GET", path: "/operations" });
      run.command.interrupt();
      const { events } = await project.finish(run, { mayFail: true });
      expect(calls).to.equal(3);
      expect(messages(events).join("\n")).to.contain("the create continues on Onvera");
      expect(harness.countRequests("POST")).to.equal(1);
      await harness.expectAgreement();
    } finally {
      inline.stop();
    }
  });
});

type Run = ReturnType<YamlHarness["harness"]["project"]["spawnUp"]>;

/** Sends Ctrl-C when the operation has begun. The platform's clock stands still, so only this can end the run. */
async function interrupted({ project, control }: YamlHarness["harness"], run: Run) {
  await run.command.waitForOutput(/initialization|revoking access/);
  await control.clock.pause();
  run.command.interrupt();
  const { code, events } = await project.finish(run, { mayFail: true });
  return { code, said: messages(events).join("\n") };
}
