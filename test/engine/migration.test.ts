import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { dynamicHost, type Host, pluginHost, pluginProject } from "../../scripts/engine/hosts";
import { countSteps, projectName, type ResourceState } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";
import { deployment, reference } from "../support/plugin-yaml";

const seedUrn = `urn:pulumi:dev::${projectName}::pulumi-nodejs:dynamic/onvera:Seed::onvera-seed`;

describe("moving from the dynamic resource to the plugin (docs/how-to-migrate.md)", () => {
  const start = useHarness();

  it("hands every deployment over to a YAML program, where the package of the dynamic one is not installed", async () => {
    const w = await start({
      program: `
        const etl = new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "45m" } });
        const opts = { dependsOn: etl, protect: true };
        new Deployment("bi", { appType: "superset", name: "dashboards" }, opts);`,
    });
    const { project } = w;
    await project.up();
    const before = await managed(w);
    w.control.requests.clear();

    rmSync(join(project.folder, "node_modules"), { recursive: true });
    const resources = {
      etl: deployment("airflow", {}, { customTimeouts: { create: "45m" } }),
      bi: deployment("superset", { name: "dashboards" }, { dependsOn: [reference("etl")], protect: true }),
    };
    project.write("Pulumi.yaml", stringify({ name: projectName, runtime: "yaml", resources, ...pluginProject }));
    const refused = await project.preview({ mayFail: true });
    expect(refused.stdout + refused.stderr, "the preview says that the seed's code is missing").to.contain(seedUrn);
    await project.run(["state", "delete", "--yes", seedUrn]);

    expect(countSteps((await project.preview()).events)).to.deep.equal({ update: 2 });
    expect(countSteps((await project.up()).events)).to.deep.equal({ update: 2 });
    expect(await managed(w)).to.deep.equal(asIf(before, { of: dynamicHost, by: pluginHost }));
    expect(await typesInState(w)).to.deep.equal(["onvera:index:Deployment", "pulumi:providers:onvera"]);
    await project.up({ flags: ["--expect-no-changes"] });
    expect(changesAtPlatform(w)).to.deep.equal([]);
  });

  it("moves a program by its import, and back, with the same results of its functions", async () => {
    const w = await start({ host: { ...dynamicHost, ...(pluginHost.project && { project: pluginHost.project }) } });
    const { project } = w;
    const writeWith = (module: "pulumi-onvera" | "pulumi-onvera/plugin", options: object = {}) =>
      project.setProgram(`const onvera = require("${module}");
        const options = ${JSON.stringify(options)};
        const etl = new onvera.Deployment("etl", { appType: "airflow" }, { ...options, customTimeouts: { create: "45m" } });
        const name = "dashboards";
        const bi = new onvera.Deployment("bi", { appType: "superset", name }, { ...options, dependsOn: etl, protect: true });
        const { id } = bi;
        exports.one = onvera.getDeploymentOutput({ id });
        exports.all = id.apply(() => onvera.getDeployments());
        exports.operation = onvera.getOperationOutput({ id: etl.operationId });
        exports.operations = id.apply((resourceId) => onvera.getOperations({ resourceId }));
        exports.environments = onvera.getEnvironmentsOutput();
        exports.missing = onvera
          .getDeployment({ id: "dep_00000000-0000-0000-0000-000000000000" })
          .catch(({ name, status, code }) => ({ name, status, code }));`);
    const outputs = async () => JSON.parse((await project.run(["stack", "output", "--json"])).stdout);

    writeWith("pulumi-onvera");
    await project.up();
    const [before, exported] = [await managed(w), await outputs()];
    expect(exported.missing).to.deep.equal({ name: "ApiError", status: 404, code: "DEPLOYMENT_NOT_FOUND" });
    w.control.requests.clear();

    writeWith("pulumi-onvera/plugin");
    expect(countSteps((await project.up()).events)).to.deep.equal({ update: 2 });
    expect(await managed(w)).to.deep.equal(asIf(before, { of: dynamicHost, by: pluginHost }));
    expect(await outputs()).to.deep.equal(exported);
    await project.up({ flags: ["--expect-no-changes"] });

    writeWith("pulumi-onvera", { aliases: [{ type: pluginHost.type }] });
    await project.up();
    writeWith("pulumi-onvera");
    await project.up({ flags: ["--expect-no-changes"] });
    expect(await managed(w)).to.deep.equal(before);
    expect(await outputs()).to.deep.equal(exported);
    expect(changesAtPlatform(w)).to.deep.equal([]);
  });

  it("loses nothing when it is killed half way with an unfinished create, goes on, and leads back", async () => {
    const w = await start({ host: { ...dynamicHost, ...(pluginHost.project && { project: pluginHost.project }) } });
    const { project, control } = w;
    write(w, dynamicHost, { biExists: false });
    await project.up();
    await control.clock.pause();
    write(w, dynamicHost, { biOptions: { customTimeouts: { create: "8s" } } });
    await project.up({ mayFail: true });
    const before = await managed(w);
    expect(before["bi"]?.outs).to.include({ status: "provisioning" });
    control.requests.clear();

    write(w, pluginHost);
    const killed = project.spawnUp();
    await killed.command.waitForOutput(/bi updating.*of 30 min/);
    killed.command.killAll();
    await project.finish(killed, { mayFail: true });
    await project.unlock();
    expect(Object.values(await managed(w)).map(({ type }) => type)).to.have.members([
      pluginHost.type,
      dynamicHost.type,
    ]);

    await control.clock.resume();
    expect(countSteps((await project.up()).events)).to.deep.equal({ same: 2, update: 1 });
    const moved = await managed(w);
    expect(moved["etl"]).to.deep.equal(asIf(before, { of: dynamicHost, by: pluginHost })["etl"]);
    expect(moved["bi"]?.outs).to.deep.include({ ...before["bi"]?.outs, status: "ready" });
    await project.up({ flags: ["--expect-no-changes"] });

    write(w, dynamicHost, { options: { aliases: [{ type: pluginHost.type }] } });
    expect(countSteps((await project.up()).events)).to.deep.equal({ same: 1, update: 2 });
    expect(await managed(w)).to.deep.equal(asIf(moved, { of: pluginHost, by: dynamicHost }));
    write(w, dynamicHost);
    await project.up({ flags: ["--expect-no-changes"] });
    expect(changesAtPlatform(w)).to.deep.equal([]);

    await project.destroy();
    expect(w.platformIds()).to.deep.equal([]);
  });
});

interface Variant {
  /** Options of both resources. */
  options?: object;
  biOptions?: object;
  biExists?: boolean;
}

/** The same program through either host: in a component, with a dependency, and one name that is made. */
function write(w: Harness, host: Host, { options = {}, biOptions = {}, biExists = true }: Variant = {}): void {
  w.project.setProgram(`${host.prelude}
    const { ComponentResource } = require("@pulumi/pulumi");
    const data = new ComponentResource("test:index:Data", "data");
    const common = { parent: data, ...${JSON.stringify(options)} };
    const etl = new Deployment("etl", { appType: "airflow" }, common);
    const biOptions = { ...common, dependsOn: etl, ...${JSON.stringify(biOptions)} };
    if (${biExists}) new Deployment("bi", { appType: "superset", name: "dashboards" }, biOptions);`);
}

type Managed = Record<string, ReturnType<typeof whatMatters>>;

/** What has to be the same before and after, by the resource's name. */
async function managed(w: Harness): Promise<Managed> {
  const { resources } = await w.project.state();
  const deployments = resources.filter(({ type }) => type === dynamicHost.type || type === pluginHost.type);
  return Object.fromEntries(
    deployments.map((state) => [state.urn.slice(state.urn.lastIndexOf("::") + 2), whatMatters(state)]),
  );
}

function whatMatters(state: ResourceState & { dependencies?: string[]; customTimeouts?: object }) {
  const { type, id, protect = false, outputs = {}, dependencies = [], customTimeouts = {} } = state;
  const { __provider, timeouts, ...outs } = outputs;
  return { type, id, protect, outs, dependencies, customTimeouts };
}

/** The same, with the one type in the place of the other. */
function asIf(states: Managed, { of, by }: { of: Host; by: Host }): Managed {
  return JSON.parse(JSON.stringify(states).replaceAll(of.type, by.type)) as Managed;
}

async function typesInState(w: Harness): Promise<string[]> {
  const { resources } = await w.project.state();
  const types = new Set(resources.map(({ type }) => type));
  types.delete("pulumi:pulumi:Stack");
  return [...types].sort();
}

/** What was asked of the platform but reading. */
function changesAtPlatform(w: Harness): string[] {
  const { requests } = w.control.requests.list();
  return requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
}
