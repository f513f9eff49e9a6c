import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { pluginProject } from "../../support/doors";
import { countSteps, messages, repositoryRoot, stepsByResource } from "../../support/engine";
import { deployment, reference, useYamlWorlds } from "../../support/plugin-yaml";

const plugin = join(repositoryRoot, "bin", "pulumi-resource-onvera");

describe("a YAML program", () => {
  const start = useYamlWorlds();

  it("runs as the example says: resources with options, every function, config", async () => {
    const example = parse(readFileSync(join(repositoryRoot, "examples", "yaml", "Pulumi.yaml"), "utf8"));
    const { world } = await start({ ...example, ...pluginProject });
    const { project } = world;
    const up = await project.up();
    expect(stepsByResource(up.events)).to.deep.equal({ etl: ["create"], dashboards: ["create"] });
    expect(await outputsOf(project)).to.deep.include({
      environment: "Default",
      etlCreation: "succeeded",
      dashboardsCreation: "succeeded",
      airflow: (await project.resource("etl")).outputs?.["url"],
      superset: (await project.resource("dashboards")).outputs?.["url"],
    });
    await world.expectAgreement();
    expect(countSteps((await project.up({ flags: ["--expect-no-changes"] })).events)).to.deep.equal({ same: 2 });
    expect((await outputsOf(project))["organization"], "what there was before this run").to.have.length(2);

    await project.run(["config", "set", "dashboardsName", "boards"]);
    const renamed = await project.up();
    expect(stepsByResource(renamed.events)["dashboards"]).to.deep.equal([
      "delete-replaced",
      "replace",
      "create-replacement",
    ]);
    await world.expectAgreement();
    await project.destroy();
    expect(world.platformIds()).to.deep.equal([]);
  });

  it("fails in the preview where it is wrong, with the path", async () => {
    const { world, setYaml } = await start({ resources: { etl: deployment("airflow", { name: "" }) } });
    const said = async () => {
      const failed = await world.project.preview({ mayFail: true });
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
    expect(world.control.requests.list().total).to.equal(0);
  });

  it("creates a deployment with the application of another one", async () => {
    const { world } = await start({
      resources: { etl: deployment("airflow"), copy: deployment(reference("etl.appType")) },
    });
    await world.project.up();
    expect(world.control.state().deployments.map(({ app_type }) => app_type)).to.deep.equal(["airflow", "airflow"]);
  });

  it("gets a deployment that it does not manage", async () => {
    const { world, setYaml } = await start({});
    const { id } = await world.control.deployments.create({ appType: "superset", name: "theirs" });
    const get = (which: string) => ({
      resources: { theirs: { type: "onvera:Deployment", get: { id: which } } },
      outputs: { name: reference("theirs.name"), status: reference("theirs.status") },
    });
    setYaml(get(id));
    await world.project.up();
    expect(await outputsOf(world.project)).to.deep.equal({ name: "theirs", status: "ready" });
    setYaml(get("dep_00000000-0000-0000-0000-000000000000"));
    const missing = await world.project.up({ mayFail: true });
    expect(messages(missing.events).join()).to.contain("does not exist");
    await world.project.destroy();
    expect(world.platformIds(), "it is not ours to destroy").to.deep.equal([id]);
  });

  it("has its types from a schema that is right, and is served without any key", async () => {
    const { world } = await start({});
    const noKey = { ONVERA_API_KEY: "", ONVERA_BASE_URL: "" };
    await world.project.run(["schema", "check", join(repositoryRoot, "provider", "plugin", "schema.json")]);
    const { stdout } = await world.project.run(["package", "get-schema", plugin], { env: noKey });
    const served = JSON.parse(stdout);
    expect(served.version).to.match(/^\d+\.\d+\.\d+/);
    expect(served.resources["onvera:index:Deployment"].requiredInputs).to.deep.equal(["appType"]);
  });
});

async function outputsOf(project: { run(args: string[]): Promise<{ stdout: string }> }) {
  return JSON.parse((await project.run(["stack", "output", "--json"])).stdout) as Record<string, unknown>;
}
