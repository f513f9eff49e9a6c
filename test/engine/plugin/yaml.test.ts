import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { pluginProject } from "../../../scripts/engine/hosts";
import { countSteps, messages, repositoryRoot, stepsByResource } from "../../support/engine";
import { deployment, reference, useYamlHarness } from "../../support/plugin-yaml";

const plugin = join(repositoryRoot, "bin", "pulumi-resource-onvera");

describe("a YAML program", () => {
  const start = useYamlHarness();

  it("runs the example: resources with options, every function, configuration", async () => {
    const example = parse(readFileSync(join(repositoryRoot, "examples", "yaml", "Pulumi.yaml"), "utf8"));
    const { harness } = await start({ ...example, ...pluginProject });
    const { project } = harness;
    const up = await project.up();
    expect(stepsByResource(up.events)).to.deep.equal({ etl: ["create"], dashboards: ["create"] });
    expect(await outputsOf(project)).to.deep.include({
      environment: "Default",
      etlCreation: "succeeded",
      dashboardsCreation: "succeeded",
      airflow: (await project.resource("etl")).outputs?.["url"],
      superset: (await project.resource("dashboards")).outputs?.["url"],
    });
    await harness.expectAgreement();
    expect(countSteps((await project.up({ flags: ["--expect-no-changes"] })).events)).to.deep.equal({ same: 2 });
    expect((await outputsOf(project))["organization"], "the deployments before this run").to.have.length(2);

    await project.run(["config", "set", "dashboardsName", "boards"]);
    const renamed = await project.up();
    expect(stepsByResource(renamed.events)["dashboards"]).to.deep.equal([
      "delete-replaced",
      "replace",
      "create-replacement",
    ]);
    await harness.expectAgreement();
    await project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
  });

  it("fails in the preview with the path of each mistake", async () => {
    const { harness, setYaml } = await start({ resources: { etl: deployment("airflow", { name: "" }) } });
    const said = async () => {
      const failed = await harness.project.preview({ mayFail: true });
      expect(failed.code).not.to.equal(0);
      return messages(failed.events, { severities: ["error"] }).join("\n") + failed.stdout + failed.stderr;
    };
    expect(await said()).to.match(/property name value .* has a problem: must not be empty/);
    setYaml({ resources: { etl: deployment("airflow", { size: "xxl" }) } });
    expect(await said())
      .to.contain("size")
      .and.to.contain("appType");
    setYaml({ resources: { etl: { type: "onvera:Database" } } });
    expect(await said()).to.contain("onvera:Database");
    expect(harness.control.requests.list().total).to.equal(0);
  });

  it("creates a deployment with the application type of another one", async () => {
    const { harness } = await start({
      resources: { etl: deployment("airflow"), copy: deployment(reference("etl.appType")) },
    });
    await harness.project.up();
    expect(harness.control.state().deployments.map(({ app_type }) => app_type)).to.deep.equal(["airflow", "airflow"]);
  });

  it("reads a deployment that it does not manage", async () => {
    const { harness, setYaml } = await start({});
    const { id } = await harness.control.deployments.create({ appType: "superset", name: "theirs" });
    const get = (which: string) => ({
      resources: { theirs: { type: "onvera:Deployment", get: { id: which } } },
      outputs: { name: reference("theirs.name"), status: reference("theirs.status") },
    });
    setYaml(get(id));
    await harness.project.up();
    expect(await outputsOf(harness.project)).to.deep.equal({ name: "theirs", status: "ready" });
    setYaml(get("dep_00000000-0000-0000-0000-000000000000"));
    const missing = await harness.project.up({ mayFail: true });
    expect(messages(missing.events).join()).to.contain("does not exist");
    await harness.project.destroy();
    expect(harness.platformIds(), "the stack does not manage it").to.deep.equal([id]);
  });

  it("has its types from a valid schema, which needs no API key", async () => {
    const { harness } = await start({});
    const noKey = { ONVERA_API_KEY: "", ONVERA_BASE_URL: "" };
    await harness.project.run(["schema", "check", join(repositoryRoot, "provider", "plugin", "schema.json")]);
    const { stdout } = await harness.project.run(["package", "get-schema", plugin], { env: noKey });
    const served = JSON.parse(stdout);
    expect(served.version).to.match(/^\d+\.\d+\.\d+/);
    expect(served.resources["onvera:index:Deployment"].requiredInputs).to.deep.equal(["appType"]);
  });
});

async function outputsOf(project: { run(args: string[]): Promise<{ stdout: string }> }) {
  return JSON.parse((await project.run(["stack", "output", "--json"])).stdout) as Record<string, unknown>;
}
