import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../support/engine";
import { useYamlHarness } from "../../support/plugin-yaml";

const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };

describe("pulumi do", () => {
  const start = useYamlHarness();

  it("lists, reads, creates and deletes deployments, and calls functions, without a program", async () => {
    const { harness } = await start({}, { speed: 5_000 });
    const { control, emulator, project } = harness;
    const plugin = join(repositoryRoot, "bin", "pulumi-resource-onvera");
    // Installed, because the converter for input files finds no plugin by its path.
    project.write("installed/pulumi-resource-onvera", `#!/usr/bin/env node\nrequire(${JSON.stringify(plugin)});\n`);
    chmodSync(join(project.folder, "installed", "pulumi-resource-onvera"), 0o755);
    const folder = join(project.folder, "installed");
    await project.run(["plugin", "install", "resource", "onvera", version, "--file", folder]);
    const env = { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
    const run = (args: string[], mayFail = false) =>
      project.run(["do", ...args, "--stateless", "--output", "json"], { env, mayFail });
    const resource = (args: string[], mayFail = false) => run(["onvera:index:Deployment", ...args], mayFail);

    for (let index = 0; index < 120; index += 1) {
      await control.deployments.create({ appType: index < 60 ? "airflow" : "superset", name: `d${index}` });
    }
    expect(JSON.parse((await resource(["list"])).stdout), "one page").to.have.length(50);
    expect(JSON.parse((await resource(["list", "--all"])).stdout)).to.have.length(120);
    expect(JSON.parse((await resource(["list", "--count", "70"])).stdout)).to.have.length(70);

    project.write("input.yaml", "appType: superset\nname: created-by-hand\n");
    const created = await resource(["create", "--input-file", "input.yaml", "--yes"]);
    expect(created.stdout).to.contain("created-by-hand");
    const { id } = control.deployments.get("created-by-hand");
    expect((await resource(["read", id])).stdout)
      .to.contain("created-by-hand")
      .and.to.contain("ready");
    const all = await run(["onvera:index:getDeployments"]);
    expect(JSON.parse(all.stdout).deployments).to.have.length(121);

    project.write("patch.yaml", "appType: airflow\n");
    const patched = await resource(["patch", id, "--input-file", "patch.yaml", "--yes"], true);
    expect(patched.stdout + patched.stderr).to.contain("cannot change in place");
    await resource(["delete", id, "--yes"]);
    expect(harness.platformIds()).not.to.include(id);
    control.outcomes.add({ result: "fail" });
    const failed = await resource(["create", "--input-file", "input.yaml", "--yes"], true);
    const { id: failedId } = control.deployments.get("created-by-hand");
    const printed = failed.stdout + failed.stderr;
    expect(printed).to.contain(`\`pulumi do 'onvera:index:Deployment' delete '${failedId}' --stateless\``);
    expect(printed).to.not.contain("state keeps").and.to.not.contain("in the stack's state");
    await resource(["delete", failedId, "--yes"]);

    const gone = await resource(["read", id], true);
    expect(gone.stdout + gone.stderr).to.contain("was not found");
  });
});
