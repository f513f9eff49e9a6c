import { dirname } from "node:path";
import { type InlineProgramArgs, LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { expect } from "chai";
import { type Emulator, startEmulator } from "../../../emulator/src/index";
import { engineCli } from "../../../scripts/engine/cli";
import { Deployment, getDeployments } from "../../../sdk";
import { EngineProject } from "../../support/engine";

describe("two stacks of one process, as inline programs of the Automation API", () => {
  const emulators: Emulator[] = [];
  let project: EngineProject | undefined;
  afterEach(async () => {
    await project?.dispose();
    for (const emulator of emulators.splice(0)) await emulator.close();
  });

  it("run in parallel, each with its own key, which only its own host receives", async () => {
    const dynamic = await EngineProject.create({});
    project = dynamic;
    const { binary } = await engineCli();
    const pulumiCommand = await PulumiCommand.get({ root: dirname(dirname(binary)), skipVersionCheck: true });

    /** Runs a stack: two deployments, and a function whose result is an output. */
    const prepare = async (stackName: string) => {
      const emulator = await startEmulator({ speed: 1_000, port: 0 });
      emulators.push(emulator);
      const program = async () => {
        const before = await getDeployments();
        new Deployment(`${stackName}-etl`, { appType: "airflow" });
        new Deployment("shared", { appType: "superset", name: "shared" });
        return { before: before.map(({ name }) => name) };
      };
      const args: InlineProgramArgs = { stackName, projectName: "inline", program };
      const stack = await LocalWorkspace.createOrSelectStack(args, {
        pulumiCommand,
        workDir: dynamic.folder,
        envVars: { ...definedIn(dynamic.env), ONVERA_POLL_INTERVAL_MS: "50" },
        projectSettings: { name: "inline", runtime: "nodejs" },
      });
      await stack.setAllConfig({
        "onvera:apiKey": { value: emulator.apiKey, secret: true },
        "onvera:baseUrl": { value: emulator.baseUrl },
      });
      return { emulator, stack, stackName };
    };
    const stacks = [await prepare("one"), await prepare("two")];
    expect(stacks[0]?.emulator.apiKey).not.to.equal(stacks[1]?.emulator.apiKey);

    const results = await Promise.all(stacks.map(({ stack }) => stack.up()));
    for (const [index, { emulator, stackName }] of stacks.entries()) {
      expect(results[index]?.outputs["before"]?.value).to.deep.equal([]);
      const { deployments } = emulator.control.state();
      expect(deployments.map(({ name }) => name.replace(/-\w{7}$/, ""))).to.have.members([
        `${stackName}-etl`,
        "shared",
      ]);
      const keys = new Set(emulator.control.requests.list().requests.map(({ key }) => key));
      expect([...keys]).to.deep.equal([emulator.control.keys.list()[0]?.fingerprint]);
    }
    await Promise.all(stacks.map(({ stack }) => stack.destroy()));
    expect(emulators.map(({ control }) => control.state().deployments)).to.deep.equal([[], []]);
  });
});

function definedIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
