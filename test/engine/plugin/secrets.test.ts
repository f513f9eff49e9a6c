import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { deployment, useYamlHarness, type YamlHarness } from "../../support/plugin-yaml";

const verbose = ["--logtostderr", "--logflow", "-v=9"];

describe("the API key", () => {
  const start = useYamlHarness();

  it("from the environment is nowhere, not even in the engine's debug logs", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, emulator } = harness;
    await project.run(["config", "rm", "onvera:apiKey"]);
    await project.up({ flags: verbose, env: { ...debugLog(harness), ONVERA_API_KEY: emulator.apiKey } });
    const destroyed = await project.destroy({ flags: verbose, env: { ONVERA_API_KEY: emulator.apiKey } });
    expect(destroyed.stderr, "the log is on").to.contain("Delete(");
    expect(placesOf(emulator.apiKey, harness)).to.deep.equal([]);
    expect(destroyed.stdout + destroyed.stderr).not.to.contain(emulator.apiKey);
  });

  it("from the configuration is encrypted in the state, and only the engine's configuration calls log it", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, emulator } = harness;
    const up = await project.up({ env: debugLog(harness) });
    expect(up.stdout + up.stderr).not.to.contain(emulator.apiKey);
    expect(placesOf(emulator.apiKey, harness)).to.deep.equal(["project/grpc.json"]);
    const methods = readFileSync(join(project.folder, "grpc.json"), "utf8")
      .split("\n")
      .filter((line) => line.includes(emulator.apiKey))
      .map((line) => String((JSON.parse(line) as { method: string }).method));
    // The protocol requires the key in these calls. No message of the provider holds it.
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

/** The files of a project, including its state, logs and events, that hold a text. */
function placesOf(text: string, { project }: YamlHarness["harness"]): string[] {
  const files = readdirSync(project.root, { recursive: true, withFileTypes: true });
  expect(existsSync(join(project.folder, "grpc.json")), "the debug log is on").to.equal(true);
  return files.flatMap((file) => {
    if (!file.isFile()) return [];
    const path = join(file.parentPath, file.name);
    return readFileSync(path).includes(text) ? [path.slice(project.root.length + 1)] : [];
  });
}
