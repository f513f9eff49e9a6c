import { expect } from "chai";
import { type RunResult, stepsByResource } from "../../support/engine";
import { deployment, useYamlHarness } from "../../support/plugin-yaml";

describe("drift with the provider plugin", () => {
  const start = useYamlHarness();

  it("is shown by a preview and repaired by an up, unless refreshBeforeUpdate is off", async () => {
    const { harness } = await start({
      resources: {
        gone: deployment("airflow"),
        broken: deployment("superset"),
        renamed: deployment("airflow", { name: "ours" }),
        same: deployment("superset"),
      },
    });
    const { project, control } = harness;
    await project.up();
    await control.deployments.destroyNow("gone-*");
    await control.deployments.markFailed("broken-*");
    await control.deployments.rename("ours", "theirs");

    const preview = await project.preview();
    expect(stepsByResource(preview.events)).to.deep.equal({
      gone: ["create"],
      broken: ["create-replacement", "replace", "delete-replaced"],
      renamed: ["create-replacement", "replace", "delete-replaced"],
      same: ["same"],
    });
    expect(refreshed(preview)["renamed"]?.["name"]).to.equal("theirs");
    expect(
      harness.countRequests("DELETE", /\/dep_/) + harness.countRequests("POST"),
      "a preview changes nothing",
    ).to.equal(4);

    await project.up();
    await harness.expectAgreement();
    expect((await project.resource("renamed")).outputs?.["name"]).to.equal("ours");

    // The engine refreshes with the provider in the state: the first up stores the new setting, the second uses it.
    await project.setConfig({ "onvera:refreshBeforeUpdate": "false" });
    await project.up();
    await project.up();
    await control.deployments.markFailed("broken-*");
    control.requests.clear();
    const blind = await project.preview();
    expect(stepsByResource(blind.events)["broken"]).to.deep.equal(["same"]);
    expect(control.requests.list().total).to.equal(0);
    await project.refresh();
    expect(stepsByResource((await project.preview()).events)["broken"]).to.include("create-replacement");
  });
});

/** The outputs that each refresh has read, by the name of the resource. */
function refreshed({ events }: RunResult): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    events.flatMap(({ resOutputsEvent }) => {
      const { op, urn, new: found } = resOutputsEvent?.metadata ?? {};
      return op === "refresh" && urn !== undefined ? [[urn.split("::").at(-1) ?? "", found?.outputs ?? {}]] : [];
    }),
  );
}
