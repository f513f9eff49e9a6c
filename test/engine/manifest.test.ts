import { join } from "node:path";
import { expect } from "chai";
import { countSteps, messages, type ResourceState, repositoryRoot, stepsByResource } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";

/** The program of the project at the root of the repository. */
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
  const startHarness = useHarness();
  const start = (text: string): Promise<Harness> => startHarness({ program, files: { "deployments.yaml": text } });
  /** The deployments in the state, by key. */
  const deploymentsOf = async (harness: Harness): Promise<Record<string, ResourceState>> => {
    const { resources } = await harness.project.state();
    const deployments = resources.filter(({ type }) => type === harness.host.type);
    return Object.fromEntries(deployments.map((each) => [each.urn.split("::").at(-1), each]));
  };

  it("reports every mistake, sends no request and changes nothing", async () => {
    const harness = await start(manifest);
    await harness.project.up();
    const before = await deploymentsOf(harness);
    harness.control.requests.clear();

    const wrong = "deployments:\n  etl: { appTyp: airflow }\n  dashboards: { appType: tableau }\n";
    harness.project.write("deployments.yaml", wrong);
    const failed = await harness.project.up({ mayFail: true });
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
    expect(harness.control.requests.list().total).to.equal(0);
    expect(await deploymentsOf(harness)).to.deep.equal(before);

    await harness.project.setConfig({ manifest: "" });
    const unset = await harness.project.preview({ mayFail: true });
    expect(messages(unset.events)).to.deep.equal([
      "the config engine-test:manifest is empty; set it to a file, or remove it to use deployments.yaml",
    ]);
    await harness.expectAgreement();
  });

  it("creates each entry once, with its timeouts and protection, and deletes exactly the entry that is removed", async () => {
    const harness = await start(manifest);
    const first = await harness.project.up();
    expect(countSteps(first.events)).to.deep.equal({ create: 2 });
    expect(Object.keys(stepsByResource(first.events))).to.deep.equal(["etl", "dashboards"]);
    await harness.expectAgreement();

    const { etl, dashboards } = await deploymentsOf(harness);
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
    // Dynamic providers get no timeouts from the engine, so they are part of the inputs.
    expect(etl.inputs).to.deep.include({ appType: "airflow", timeouts: { create: 5_400, delete: 1_500 } });
    expect(dashboards.inputs).to.deep.include({ name: "reports", timeouts: { create: 2_700 } });

    expect(countSteps((await harness.project.up()).events)).to.deep.equal({ same: 2 });

    harness.project.write("deployments.yaml", manifest.slice(0, manifest.indexOf("  dashboards:")));
    expect(stepsByResource((await harness.project.up()).events)).to.deep.equal({
      etl: ["same"],
      dashboards: ["delete"],
    });
    expect(harness.platformIds()).to.deep.equal([etl.id]);
    await harness.expectAgreement();
  });
});
