import { join } from "node:path";
import { expect } from "chai";
import { countSteps, messages, type ResourceState, repositoryRoot, stepsByResource } from "../support/engine";
import { useWorlds, type World } from "../support/world";

/** The program of the project at the repository's root, in a project of its own. */
const program = `module.exports = require(${JSON.stringify(join(repositoryRoot, "dist", "sdk", "manifest", "main.js"))});`;

const manifest = `
defaults:
  timeouts: { create: 45m }
deployments:
  etl:
    appType: airflow
    protect: true
    timeouts: { create: 1h30m, delete: 25m }
  dashboards:
    appType: superset
    name: reports
    dependsOn: [etl]
`;

describe("a manifest, on the engine", () => {
  const startWorld = useWorlds();
  const start = (text: string): Promise<World> => startWorld({ program, files: { "deployments.yaml": text } });
  /** What the state holds of each, by its key. */
  const deploymentsOf = async (world: World): Promise<Record<string, ResourceState>> => {
    const { resources } = await world.project.state();
    const deployments = resources.filter(({ type }) => type === world.door.type);
    return Object.fromEntries(deployments.map((each) => [each.urn.split("::").at(-1), each]));
  };

  it("reports every mistake as it is, asks the platform nothing and leaves what is there", async () => {
    const world = await start(manifest);
    await world.project.up();
    const before = await deploymentsOf(world);
    world.control.requests.clear();

    const wrong = "deployments:\n  etl: { appTyp: airflow }\n  dashboards: { appType: tableau }\n";
    world.project.write("deployments.yaml", wrong);
    const failed = await world.project.up({ mayFail: true });
    expect(failed.code).to.be.greaterThan(0);
    expect(messages(failed.events)).to.deep.equal([
      [
        'deployments.yaml:2:3 deployments.etl.appType: is missing, here and in defaults; set it to "airflow" or "superset"',
        "      etl: { appTyp: airflow }",
        "      ^",
        'deployments.yaml:2:10 deployments.etl.appTyp: unknown key; did you mean "appType"?',
        "      etl: { appTyp: airflow }",
        "             ^",
        'deployments.yaml:3:26 deployments.dashboards.appType: expected "airflow" or "superset", got "tableau"',
        "      dashboards: { appType: tableau }",
        "                             ^",
      ].join("\n"),
    ]);
    expect(world.control.requests.list().total).to.equal(0);
    expect(await deploymentsOf(world)).to.deep.equal(before);

    await world.project.setConfig({ manifest: "" });
    const unset = await world.project.preview({ mayFail: true });
    expect(messages(unset.events)).to.deep.equal([
      "the config engine-test:manifest is empty; set it to a file, or remove it to use deployments.yaml",
    ]);
    await world.expectAgreement();
  });

  it("is brought up once, with its timeouts and protection, and loses exactly the entry that is taken out", async () => {
    const world = await start(manifest);
    const first = await world.project.up();
    expect(countSteps(first.events)).to.deep.equal({ create: 2 });
    expect(Object.keys(stepsByResource(first.events))).to.deep.equal(["etl", "dashboards"]);
    await world.expectAgreement();

    const { etl, dashboards } = await deploymentsOf(world);
    const [table = "", ...others] = messages(first.events);
    expect(others).to.deep.equal([]);
    expect(table.split("\n").map((line) => line.trimEnd().split(/ {2,}/))).to.deep.equal([
      ["deployments:"],
      ["DEPLOYMENT", "APPLICATION", "STATUS", "URL", "TOOK"],
      ["etl", "airflow", "ready", etl?.outputs?.["url"], table.match(/^etl .* {2}(.*)$/m)?.[1]],
      ["dashboards", "superset", "ready", dashboards?.outputs?.["url"], table.match(/^dash.* {2}(.*)$/m)?.[1]],
    ]);
    if (etl === undefined || dashboards === undefined) throw new Error("the state lacks a deployment");
    expect(etl).to.deep.include({ protect: true, customTimeouts: { create: 5_400, delete: 1_500 } });
    expect(dashboards).to.deep.include({ customTimeouts: { create: 2_700 }, dependencies: [etl.urn] });
    expect(dashboards).to.not.have.property("protect");
    // The host of dynamic resources passes no timeouts on, so the resource carries them itself.
    expect(etl.inputs).to.deep.include({ appType: "airflow", timeouts: { create: 5_400, delete: 1_500 } });
    expect(dashboards.inputs).to.deep.include({ name: "reports", timeouts: { create: 2_700 } });

    expect(countSteps((await world.project.up()).events)).to.deep.equal({ same: 2 });

    world.project.write("deployments.yaml", manifest.slice(0, manifest.indexOf("  dashboards:")));
    expect(stepsByResource((await world.project.up()).events)).to.deep.equal({ etl: ["same"], dashboards: ["delete"] });
    expect(world.platformIds()).to.deep.equal([etl.id]);
    await world.expectAgreement();
  });
});
