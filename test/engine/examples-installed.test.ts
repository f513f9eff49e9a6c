import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { readSnippets } from "../../scripts/readme-snippets";
import { countSteps, type EngineEvent, messages, stepsByResource } from "../support/engine";
import { exampleFolder, useExamples } from "../support/examples";
import type { Harness } from "../support/harness";
import { runTool } from "../support/packing";

const typescript = ["manifest", "component", "automation-api"];

const isUrl = /^https:\/\/\S+$/;

describe("the examples, with the package as users install it", () => {
  const start = useExamples([...typescript, "stack-references", "import", "policy"]);

  for (const name of typescript) {
    it(`${name} compiles with the packages that it lists`, async () => {
      const { project } = await start(name);
      const tsc = join("node_modules", "typescript", "bin", "tsc");
      await runTool(process.execPath, [tsc, "--noEmit", "-p", "."], project.folder);
    });
  }

  describe("manifest", () => {
    it("creates what the list says, changes nothing the second time, and destroys", async () => {
      const harness = await start("manifest");
      await expectLife(harness, 3);
      expect((await outputs(harness))["catalog"]).to.have.keys("etl", "reports", "sandbox");
      const refused = await harness.project.run(["destroy", "--yes", "--skip-preview"], { mayFail: true });
      expect(refused.stdout + refused.stderr).to.include("protected");
      await harness.project.run(["state", "unprotect", "--all", "--yes"]);
      await destroy(harness);
    });

    it("reports a mistake with its line, and touches nothing", async () => {
      const harness = await start("manifest");
      harness.project.write("deployments.yaml", "deployments:\n  etl:\n    appType: tableau\n");
      const { code, events } = await harness.project.up({ mayFail: true });
      expect(code).to.not.equal(0);
      expect(errors(events)).to.include("deployments.yaml:3:14 deployments.etl.appType");
      expect(harness.countRequests("POST")).to.equal(0);
    });
  });

  describe("component", () => {
    it("creates both deployments below the component, changes nothing the second time, and destroys", async () => {
      const harness = await start("component");
      await expectLife(harness, 2, { components: 1 });
      const { airflowUrl, supersetUrl } = await outputs(harness);
      expect(airflowUrl).to.match(isUrl);
      expect(supersetUrl).to.match(isUrl);
      const component = await harness.project.resource("platform");
      expect(component.outputs).to.deep.include({ airflowUrl, supersetUrl });
      const superset = await harness.project.resource("platform-superset");
      expect(superset.urn).to.include("onvera-examples:index:DataPlatform$");
      expect(superset.inputs).to.deep.include({ name: "data-superset-dev" });
      await destroy(harness);
    });

    it("takes in deployments that were declared without it", async () => {
      const harness = await start("component");
      harness.project.write(
        "index.ts",
        `import * as onvera from "pulumi-onvera";
         const etl = new onvera.Deployment("etl", { appType: "airflow", name: "data-airflow-dev" });
         new onvera.Deployment("bi", { appType: "superset", name: "data-superset-dev" }, { dependsOn: etl });`,
      );
      await harness.project.up();
      const before = harness.platformIds();
      harness.project.write(
        "index.ts",
        `import { DataPlatform } from "./data-platform";
         new DataPlatform("platform", { team: "data", formerly: { airflow: "etl", superset: "bi" } });`,
      );
      const { events } = await harness.project.up();
      expect(stepsByResource(events), "an update of timeouts, which only the state has").to.deep.equal({
        platform: ["create"],
        "platform-airflow": ["update"],
        "platform-superset": ["update"],
      });
      expect(harness.platformIds()).to.deep.equal(before);
      await harness.expectAgreement();
      await destroy(harness);
    });

    it("names every wrong input at once, and registers nothing", async () => {
      const harness = await start("component");
      harness.project.write(
        "index.ts",
        `import { DataPlatform } from "./data-platform";
         new DataPlatform("platform", { team: "Data Team", createTimeout: "soon" });`,
      );
      const { code, events } = await harness.project.preview({ mayFail: true });
      expect(code).to.not.equal(0);
      expect(errors(events)).to.include(
        'DataPlatform "platform": team: expected up to 20 lower-case letters, digits and hyphens, a letter first, ' +
          'got "Data Team"; createTimeout: expected a duration such as "45m" or "1h30m", got "soon"',
      );
      expect(stepsByResource(events)).to.not.have.any.keys("platform", "platform-airflow");
    });
  });

  describe("automation-api", () => {
    it("requests one for each team, shows progress, lists and retires", async () => {
      const { control, selfService, ids } = await startSelfService();
      expect(await selfService("list")).to.include({ code: 0, stdout: "nothing was requested\n" });
      // So that each phase lasts long enough to be seen.
      await control.clock.setSpeed(100);
      const [first, second] = await Promise.all([
        selfService("request", "data", "airflow"),
        selfService("request", "sales", "superset"),
      ]);
      expect(first.stdout).to.match(/^ {2}infrastructure provisioning, .*$/m);
      expect(first.stdout).to.match(/^airflow of data is ready: https:/m);
      expect(second.stdout).to.match(/^superset of sales is ready: https:/m);
      expect(first.stdout, "what is for debugging").to.not.include("RegisterResource");
      await control.clock.setSpeed(1_000);
      const { code, stdout } = await selfService("list");
      expect(code).to.equal(0);
      expect(stdout).to.match(/^data-airflow\tready\thttps:\S+\nsales-superset\tready\thttps:\S+\n$/);

      expect((await selfService("request", "data", "airflow")).code).to.equal(0);
      expect(ids(), "asked for twice, made once").to.have.length(2);
      expect(await selfService("retire", "data", "airflow")).to.deep.include({ code: 0 });
      expect(control.state().deployments.map(({ name }) => name.replace(/-\w{7}$/, ""))).to.deep.equal([
        "sales-superset",
      ]);
      expect(await selfService("retire", "data", "airflow")).to.include({ code: 2, stderr: "data has no airflow\n" });
      await selfService("retire", "sales", "superset");
      expect(ids()).to.deep.equal([]);
    });

    it("says why a request failed, and goes on from there with the next one", async () => {
      const { control, selfService, ids } = await startSelfService();
      control.outcomes.add({ match: { times: 1 }, result: "fail", code: "QUOTA_EXCEEDED", message: "No room is left" });
      const failed = await selfService("request", "data", "airflow");
      expect(failed.code).to.equal(1);
      expect(failed.stderr).to.include("QUOTA_EXCEEDED").and.to.include("No room is left");
      expect(failed.stderr, "a stack trace").to.not.match(/^\s+at /m);
      expect((await selfService("list")).stdout).to.equal("data-airflow\tunfinished\n");
      expect((await selfService("request", "data", "airflow")).code).to.equal(0);
      await selfService("retire", "data", "airflow");
      expect(ids()).to.deep.equal([]);
    });

    it("refuses what it cannot understand, and says where there is no CLI", async () => {
      const { selfService, ids, project } = await startSelfService();
      const wrong = await selfService("request", "Data Team", "airflow");
      expect(wrong.code).to.equal(2);
      expect(wrong.stderr).to.include('a letter first, got "Data Team"');
      expect(await selfService("request", "data", "spark")).to.include({
        code: 2,
        stderr: 'expected airflow or superset, got "spark"\n',
      });
      const nowhere = project.exec(process.execPath, ["node_modules/.bin/tsx", "self-service.ts", "list"], {
        env: { PATH: project.folder },
      });
      expect(await nowhere.ended).to.deep.include({
        code: 1,
        stderr: "there is no pulumi on PATH: https://www.pulumi.com/docs/install/\n",
      });
      expect(ids()).to.deep.equal([]);
    });

    async function startSelfService() {
      const harness = await start("automation-api");
      const { project, control, emulator } = harness;
      // One that the project already has is no request of anybody's.
      await project.run(["stack", "rm", "--yes", "dev"]);
      const env = { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
      const selfService = (...args: string[]) =>
        project.exec(process.execPath, ["node_modules/.bin/tsx", "self-service.ts", ...args], { env }).ended;
      return { project, control, selfService, ids: () => harness.platformIds() };
    }
  });

  describe("stack-references", () => {
    it("reads the platform's outputs, follows a replacement, and needs the platform to be there", async () => {
      const harness = await start("stack-references");
      const { emulator, project } = harness;
      const env = { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
      const pulumi = async (folder: string, ...args: string[]) => {
        const { code, stdout, stderr } = await project.exec("pulumi", ["-C", folder, ...args], { env }).ended;
        return { code, said: stdout + stderr, json: () => JSON.parse(stdout) };
      };
      const up = (folder: string) => pulumi(folder, "up", "--yes", "--skip-preview");
      const outputsOf = async (folder: string) => (await pulumi(folder, "stack", "output", "--json")).json();
      await pulumi("consumer", "stack", "init", "dev");
      const tooEarly = await pulumi("consumer", "preview");
      expect(tooEarly.code).to.not.equal(0);
      expect(tooEarly.said).to.include("organization/onvera-platform/dev");
      await pulumi("platform", "stack", "init", "dev");

      expect(await up("platform")).to.include({ code: 0 });
      expect(await up("consumer")).to.include({ code: 0 });
      const { airflowId, airflowUrl } = await outputsOf("platform");
      const seen = await outputsOf("consumer");
      expect(seen).to.deep.include({ airflowUrl, airflowStatus: "ready" });
      expect(seen.reportsUrl).to.match(isUrl);

      await harness.control.deployments.markFailed(airflowId);
      expect(await up("platform")).to.include({ code: 0 });
      expect(await up("consumer")).to.include({ code: 0 });
      const replaced = await outputsOf("platform");
      expect(replaced.airflowUrl).to.not.equal(airflowUrl);
      expect(await outputsOf("consumer")).to.deep.include({ airflowUrl: replaced.airflowUrl, airflowStatus: "ready" });

      for (const folder of ["consumer", "platform"]) await pulumi(folder, "destroy", "--yes", "--skip-preview");
      expect(harness.platformIds()).to.deep.equal([]);
    });
  });

  describe("import", () => {
    it("takes over an organization by the commands of its README, and the next preview has nothing to do", async () => {
      const harness = await start("import");
      const { control, emulator, project } = harness;
      for (const name of ["etl", "our data"]) await control.deployments.create({ appType: "airflow", name });
      await control.deployments.create({ appType: "superset", name: "broken", status: "failed" });
      const commands = readSnippets(readFileSync(join(exampleFolder("import"), "README.md"), "utf8"))[1]?.code ?? "";
      const env = { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
      const { code, stdout, stderr } = await project.exec("bash", ["-ec", commands], { env }).ended;
      expect(code, stdout + stderr).to.equal(0);
      expect(stdout)
        .to.include("= 2 imported")
        .and.to.match(/3 unchanged\s*$/);
      expect(stderr).to.include('omitted: "broken"');
      expect((await project.resource("our-data")).protect).to.equal(true);
      expect(harness.countRequests("POST") + harness.countRequests("DELETE")).to.equal(0);

      await control.deployments.rename("etl", "renamed by hand");
      const changed = await project.preview({ mayFail: true });
      expect(changed.code, "what would replace something is refused").to.not.equal(0);
      expect(errors(changed.events)).to.match(/unable to replace resource ".*::etl"/);

      const refused = await project.destroy({ mayFail: true });
      expect(refused.code).to.not.equal(0);
      expect(harness.platformIds()).to.have.length(3);
      await project.run(["state", "unprotect", "--all", "--yes"]);
      await project.destroy();
      expect(control.state().deployments.map(({ name }) => name)).to.deep.equal(["broken"]);
    });
  });

  describe("policy", () => {
    it("refuses bad names and an unprotected production, and warns of many deployments", async () => {
      const harness = await start("manifest", { beside: "policy" });
      const { emulator, project } = harness;
      await project.run(["stack", "init", "production"]);
      await hostPolicyPacks(harness);
      project.write("rules.json", JSON.stringify({ "few-deployments": { maximum: 2 } }));
      const pulumi = async (command: string, stack: string) => {
        const flags = ["--policy-pack", "policy", "--policy-pack-config", "rules.json", "--stack", stack];
        const env = { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
        const { code, stdout } = await project.run([command, ...flags], { env, mayFail: true });
        return { code, stdout };
      };

      const list = join(project.folder, "deployments.yaml");
      writeFileSync(list, readFileSync(list, "utf8").replace("    protect: false\n", ""));
      const fine = await pulumi("preview", "production");
      expect(fine).to.include({ code: 0 });
      expect(fine.stdout).to.match(/\[advisory\] +few-deployments/);
      expect(fine.stdout).to.include("this stack has 3 deployments; 2 are planned for");
      expect(fine.stdout).to.not.include("[mandatory]");

      project.write("deployments.yaml", "deployments:\n  etl:\n    appType: airflow\n    protect: false\n");
      const unprotected = await pulumi("preview", "production");
      expect(unprotected.code).to.not.equal(0);
      expect(unprotected.stdout).to.match(/\[mandatory\] +production-is-protected .*: etl/);
      expect(unprotected.stdout).to.not.include("few-deployments");

      project.write("deployments.yaml", "deployments:\n  etl:\n    appType: airflow\n    name: Our Data\n");
      const misnamed = await project.up({ flags: ["--policy-pack", "policy"], mayFail: true });
      expect(misnamed.code).to.not.equal(0);
      expect(misnamed.stdout).to.match(/\[mandatory\] +names-are-for-urls .*: etl/);
      expect(harness.countRequests("POST")).to.equal(0);
    });

    /**
     * The Node.js host of a CLI that was built from public Go modules starts no policy packs. There the pack gets a runtime
     * that has no host: for such a one the engine has an analyzer plugin, and this one starts what the official host does.
     */
    async function hostPolicyPacks({ project }: Harness): Promise<void> {
      const { stdout, stderr } = await project.preview({ flags: ["--policy-pack", "policy"], mayFail: true });
      if (!/policy pack .* failed to start: .*not supported/.test(stdout + stderr)) return;
      const launcher = join("launcher", "pulumi-analyzer-policy-launched");
      const runner = "$(node -p 'require.resolve(\"@pulumi/pulumi/cmd/run-policy-pack\")')";
      project.write(launcher, `#!/bin/sh\nexec node "${runner}" "$@"\n`);
      chmodSync(join(project.folder, launcher), 0o755);
      const analyzers = [{ name: "policy-launched", path: "launcher" }];
      appendFileSync(join(project.folder, "Pulumi.yaml"), stringify({ plugins: { analyzers } }));
      const pack = join(project.folder, "policy", "PulumiPolicy.yaml");
      writeFileSync(pack, readFileSync(pack, "utf8").replace("runtime: nodejs", "runtime: launched"));
    }
  });
});

/** A preview, an `up` and one that has nothing to do. */
async function expectLife(harness: Harness, deployments: number, { components = 0 } = {}): Promise<void> {
  const { project } = harness;
  expect(countSteps((await project.preview()).events)).to.deep.equal({ create: deployments + components });
  expect(harness.platformIds()).to.deep.equal([]);
  await project.up();
  await harness.expectAgreement();
  expect(harness.platformIds()).to.have.length(deployments);
  await project.up({ flags: ["--expect-no-changes"] });
}

async function destroy(harness: Harness): Promise<void> {
  await harness.project.destroy();
  expect(harness.platformIds()).to.deep.equal([]);
}

async function outputs({ project }: Harness): Promise<Record<string, unknown>> {
  return JSON.parse((await project.run(["stack", "output", "--json"])).stdout);
}

function errors(events: readonly EngineEvent[]): string {
  return messages(events, { severities: ["error"] }).join("\n");
}
