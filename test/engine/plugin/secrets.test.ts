import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { deployment, useYamlHarness, type YamlHarness } from "../../support/plugin-yaml";

const verbose = ["--logtostderr", "--logflow", "-v=9"];

describe("the API key", () => {
  const start = useYamlHarness();

  it("is nowhere at all where it comes from the environment, in the engine's own debug logs neither", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, emulator } = harness;
    await project.run(["config", "rm", "onvera:apiKey"]);
    await project.up({ flags: verbose, env: { ...debugLog(harness), ONVERA_API_KEY: emulator.apiKey } });
    const destroyed = await project.destroy({ flags: verbose, env: { ONVERA_API_KEY: emulator.apiKey } });
    expect(destroyed.stderr, "the log is on").to.contain("Delete(");
    expect(placesOf(emulator.apiKey, harness)).to.deep.equal([]);
    expect(destroyed.stdout + destroyed.stderr).not.to.contain(emulator.apiKey);
  });

  it("is encrypted in the state where it is configured, and only the engine's calls that configure log it", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, emulator } = harness;
    const up = await project.up({ env: debugLog(harness) });
    expect(up.stdout + up.stderr).not.to.contain(emulator.apiKey);
    expect(placesOf(emulator.apiKey, harness)).to.deep.equal(["project/grpc.json"]);
    const methods = readFileSync(join(project.folder, "grpc.json"), "utf8")
      .split("\n")
      .filter((line) => line.includes(emulator.apiKey))
      .map((line) => String((JSON.parse(line) as { method: string }).method));
    // The protocol has these carry it as it is; nothing that the provider says of itself does.
    expect([...new Set(methods)]).to.have.members([
      "/pulumirpc.LanguageRuntime/Run",
      "/pulumirpc.ResourceMonitor/GetDeploymentInfo",
      "/pulumirpc.ResourceProvider/CheckConfig",
      "/pulumirpc.ResourceProvider/Configure",
    ]);
  });
});

function debugLog({ project }: YamlHarness["harness"]) {
  return { PULUMI_DEBUG_GRPC: join(project.folder, "grpc.json") };
}

/** The files of a project (its state, logs and events) that hold a text. */
function placesOf(text: string, { project }: YamlHarness["harness"]): string[] {
  const files = readdirSync(project.root, { recursive: true, withFileTypes: true });
  expect(existsSync(join(project.folder, "grpc.json")), "the debug log is on").to.equal(true);
  return files.flatMap((file) => {
    if (!file.isFile()) return [];
    const path = join(file.parentPath, file.name);
    return readFileSync(path).includes(text) ? [path.slice(project.root.length + 1)] : [];
  });
}
