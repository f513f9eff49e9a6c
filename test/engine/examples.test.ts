import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { serializedProvider } from "../../sdk/serialized-provider";
import { countSteps, repositoryRoot } from "../support/engine";
import { exampleFolder, sourcesIn } from "../support/examples";
import { type Harness, useHarness } from "../support/harness";

describe("the examples of this repository", () => {
  const start = useHarness();

  it("the TypeScript example creates deployments, changes nothing in a second up, and deletes them", async () => {
    const harness = await start({ files: sourcesIn(exampleFolder("typescript")) });
    rmSync(join(harness.project.folder, "index.js"));
    for (const name of ["typescript", "@types"]) linkModule(harness, name);

    expect(await lifecycleOf(harness)).to.deep.equal({
      airflowUrl: "a URL",
      supersetUrl: "a URL",
      supersetName: "data-dashboards-dev",
      supersetCreation: "succeeded",
    });
  });

  it("the project at the root creates the deployments of its manifest, changes nothing in a second up, and deletes them", async () => {
    const files = ["Pulumi.yaml", "deployments.yaml", "package.json"];
    const harness = await start({
      files: Object.fromEntries(files.map((name) => [name, read(repositoryRoot, name)])),
    });
    const { folder } = harness.project;
    // Like a clone: the package is the project, not a dependency.
    rmSync(join(folder, "node_modules"), { recursive: true });
    symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"), "dir");
    cpSync(join(repositoryRoot, "dist"), join(folder, "dist"), { recursive: true });

    const outputs = await lifecycleOf(harness);
    expect(Object.keys(outputs).sort()).to.deep.equal(["dashboards", "etl"]);
  });

  /** Creates and deletes two deployments. Returns the outputs of the stack, with each URL as "a URL". */
  async function lifecycleOf(harness: Harness): Promise<Record<string, unknown>> {
    const { project } = harness;
    expect(countSteps((await project.preview()).events)).to.deep.equal({ create: 2 });
    await project.up();
    await harness.expectAgreement();
    expect(harness.platformIds()).to.have.length(2);
    expect(countSteps((await project.up()).events)).to.deep.equal({ same: 2 });
    const { inputs } = await project.resource("etl");
    // An installation from a tarball has the same text (packaging.test.ts), so a state can move between them.
    expect(inputs?.["__provider"]).to.equal(serializedProvider);
    const { stdout } = await project.run(["stack", "output", "--json"]);
    await project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
    return JSON.parse(stdout, (_, value) => (/^https:/.test(String(value)) ? "a URL" : value));
  }
});

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

function linkModule({ project }: Harness, name: string): void {
  const link = join(project.folder, "node_modules", name);
  if (!existsSync(link)) symlinkSync(join(repositoryRoot, "node_modules", name), link, "dir");
}
