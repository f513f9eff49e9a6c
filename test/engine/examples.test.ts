import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { serializedProvider } from "../../sdk/serialized-provider";
import { countSteps, repositoryRoot } from "../support/engine";
import { exampleFolder, sourcesIn } from "../support/examples";
import { type Harness, useHarness } from "../support/harness";

describe("what this repository shows to readers", () => {
  const start = useHarness();

  it("the TypeScript example creates, changes nothing the second time, and destroys", async () => {
    const harness = await start({ files: sourcesIn(exampleFolder("typescript")) });
    rmSync(join(harness.project.folder, "index.js"));
    for (const name of ["typescript", "@types"]) linkModule(harness, name);

    expect(await livesThrough(harness)).to.deep.equal({
      airflowUrl: "a URL",
      supersetUrl: "a URL",
      supersetName: "data-dashboards-dev",
      supersetCreation: "succeeded",
    });
  });

  it("the project at the root creates what its manifest lists, changes nothing the second time, and destroys", async () => {
    const files = ["Pulumi.yaml", "deployments.yaml", "package.json"];
    const harness = await start({
      files: Object.fromEntries(files.map((name) => [name, read(repositoryRoot, name)])),
    });
    const { folder } = harness.project;
    // As in a clone: the package is the project, not one of its dependencies.
    rmSync(join(folder, "node_modules"), { recursive: true });
    symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"), "dir");
    cpSync(join(repositoryRoot, "dist"), join(folder, "dist"), { recursive: true });

    const outputs = await livesThrough(harness);
    expect(Object.keys(outputs).sort()).to.deep.equal(["dashboards", "etl"]);
  });

  /** Two deployments from the first `up` to the `destroy`; answers with the stack's outputs, URLs as just "a URL". */
  async function livesThrough(harness: Harness): Promise<Record<string, unknown>> {
    const { project } = harness;
    expect(countSteps((await project.preview()).events)).to.deep.equal({ create: 2 });
    await project.up();
    await harness.expectAgreement();
    expect(harness.platformIds()).to.have.length(2);
    expect(countSteps((await project.up()).events)).to.deep.equal({ same: 2 });
    const { inputs } = await project.resource("etl");
    // An installation from a tarball has the same (packaging.test.ts): a state can go from one to the other.
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
