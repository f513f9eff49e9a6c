import { expect } from "chai";
import type { EngineEvent } from "../../support/engine";
import { messages } from "../../support/engine";
import { deployment, useYamlHarness } from "../../support/plugin-yaml";

describe("names and differences", () => {
  const start = useYamlHarness();

  it("follow the engine's options for automatic names, and show the kind of each difference", async () => {
    const { harness, setYaml } = await start({ resources: { etl: deployment("airflow") } });
    const { project } = harness;
    const nameOf = async (resource: string) => (await project.resource(resource)).outputs?.["name"];
    await project.up();
    const kept = await nameOf("etl");
    expect(kept).to.match(/^etl-[a-z0-9]{7}$/);

    setYaml({ resources: { etl: deployment("airflow"), more: deployment("airflow") } });
    const shown = nameShown((await project.preview()).events, "more");
    await project.up();
    expect(await nameOf("more"), "the name in the preview").to.equal(shown);

    await project.run(["config", "set", "--path", "pulumi:autonaming.pattern", `\${stack}-\${name}`]);
    setYaml({ resources: { etl: deployment("airflow"), bi: deployment("superset") } });
    await project.up();
    expect(await nameOf("bi")).to.equal("dev-bi");
    expect(await nameOf("etl"), "an existing name does not change").to.equal(kept);

    await project.run(["config", "rm", "--path", "pulumi:autonaming.pattern"]);
    await project.run(["config", "set", "--path", "pulumi:autonaming.mode", "disabled"]);
    setYaml({
      resources: {
        etl: deployment("superset", { name: "etl" }),
        bi: deployment("superset"),
        other: deployment("airflow"),
      },
    });
    const failed = await project.preview({ mayFail: true });
    expect(messages(failed.events, { severities: ["error"] }).join()).to.contain("disables automatic names");

    setYaml({ resources: { etl: deployment("superset", { name: "etl" }), bi: deployment("superset") } });
    const { events } = await project.preview();
    expect(detailedDiffOf(events, "etl")).to.deep.equal({ appType: "update-replace", name: "update-replace" });
  });

  it("can be those of JavaScript's built-in properties", async () => {
    const { harness } = await start({ resources: { constructor: deployment("airflow") } });
    await harness.project.up();
    await harness.expectAgreement();
    expect(harness.platformIds()).to.have.length(1);
  });
});

function nameShown(events: readonly EngineEvent[], name: string): unknown {
  const steps = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  return steps.find(({ urn }) => urn.endsWith(`::${name}`))?.new?.inputs["name"];
}

/** The kind of the difference of each property, as the engine shows it. */
function detailedDiffOf(events: readonly EngineEvent[], name: string): Record<string, string> {
  for (const { resourcePreEvent } of events) {
    const metadata = resourcePreEvent?.metadata as
      | { urn: string; op: string; detailedDiff?: Record<string, { diffKind: string }> | null }
      | undefined;
    if (metadata?.urn.endsWith(`::${name}`) && metadata.op === "replace" && metadata.detailedDiff) {
      return Object.fromEntries(Object.entries(metadata.detailedDiff).map(([key, { diffKind }]) => [key, diffKind]));
    }
  }
  return {};
}
