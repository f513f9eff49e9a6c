import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { Distribution, templateNames } from "../../scripts/distribution";
import { RunningCommand } from "../../scripts/engine/command";
import { findPulumi } from "../../scripts/pulumi/find";
import { createReporter } from "../../scripts/pulumi/progress";
import { readSnippets } from "../../scripts/readme-snippets";
import { readDocument } from "../support/documents";
import { repositoryRoot } from "../support/engine";
import { npmSettings } from "../support/gitops/repository";
import { missingPython } from "../support/python";

const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };
const reporter = createReporter({ stream: process.stderr });

describe("the templates, with the packages as users install them", function () {
  this.timeout(600_000);
  let distribution: Distribution;
  let emulator: Emulator;
  let root: string;
  let path: string;

  before(async () => {
    distribution = await Distribution.build();
    await distribution.servePlugin();
    emulator = await startEmulator({ speed: 1_000 });
    root = mkdtempSync(join(tmpdir(), "templates-"));
    for (const folder of ["home", "pulumi-home", "state"]) mkdirSync(join(root, folder));
    const languages = (await missingPython()) === undefined ? (["nodejs", "python"] as const) : (["nodejs"] as const);
    const { directory } = await findPulumi({ languages, reporter });
    // The Python host that builds from public Go modules ignores the option `virtualenv`: it installs into the project's folder.
    const virtualenv = join(root, "onvera-python", "bin");
    path = [directory, virtualenv, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
    await pulumi("plugin", "install", "resource", "onvera", version, "--server", distribution.pluginServer);
  });

  after(async () => {
    distribution?.dispose();
    rmSync(root ?? "", { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    await emulator?.close();
  });

  it("are those that templates/README.md lists, and those that the tutorial or this file tests", () => {
    const names = templateNames().sort();
    const listed = readFileSync(join(repositoryRoot, "templates", "README.md"), "utf8").matchAll(
      /^\| \[`([\w-]+)`\]/gm,
    );
    expect([...listed].map(([, name]) => name).sort()).to.deep.equal(names);
    // readme.test.ts follows the tutorial.
    const inTutorial = readDocument("docs/tutorial.md").matchAll(/^pulumi new \S+\/templates\/(\S+)/gm);
    expect(["onvera-python", ...[...inTutorial].map(([, name]) => name)].sort()).to.deep.equal(names);
  });

  it("go from `pulumi new` to deployments and back to none: onvera-python", async function () {
    const missing = await missingPython();
    if (missing !== undefined) {
      reporter.say(`SKIPPED in templates.test.ts: ${missing}`);
      this.skip();
    }
    await distribution.addPythonSdk();
    const project = join(root, "onvera-python");
    const template = distribution.templateFolder("onvera-python");
    await pulumi("new", template, "--dir", project, "--name", "onvera-python", "--stack", "dev", "--yes");
    await pulumi("-C", project, "up", "--yes");
    expect(statuses()).to.deep.equal(["airflow: ready", "superset: ready"]);
    await pulumi("-C", project, "up", "--yes", "--expect-no-changes");
    const { stdout } = await pulumi("-C", project, "stack", "output", "--json");
    expect(stdout.match(/https:\/\//g)).to.have.length(2);
    await pulumi("-C", project, "destroy", "--yes");
    expect(statuses()).to.deep.equal([]);
  });

  it("can be tested as docs/testing.md shows", async () => {
    const project = join(root, "tested");
    const page = readSnippets(readDocument("docs/testing.md"));
    const template = distribution.templateFolder("onvera-typescript");
    await pulumi("new", template, "--dir", project, "--name", "tested", "--stack", "dev", "--yes");
    for (const { title, code } of page) if (title !== undefined) writeFileSync(join(project, title), code);
    const shell = page.flatMap(({ language, code }) => (language === "sh" ? [distribution.localize(code)] : []));
    const { stdout } = await run("bash", ["-e", "-c", shell.join("\n")], project);
    expect(stdout).to.match(/^# pass 3$/m);
  });

  const statuses = () =>
    emulator.control
      .state()
      .deployments.map(({ app_type: appType, status }) => `${appType}: ${status}`)
      .sort();

  const pulumi = (...args: readonly string[]) => run("pulumi", args, root);

  async function run(command: string, args: readonly string[], cwd: string) {
    const ended = await new RunningCommand(command, args, {
      cwd,
      env: {
        ...process.env,
        ...npmSettings(),
        PATH: path,
        HOME: join(root, "home"),
        PIP_CACHE_DIR: join(homedir(), ".cache", "pip"),
        PULUMI_HOME: join(root, "pulumi-home"),
        PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "templates",
        PULUMI_SKIP_UPDATE_CHECK: "1",
        ONVERA_BASE_URL: emulator.baseUrl,
        ONVERA_API_KEY: emulator.apiKey,
        ONVERA_POLL_INTERVAL_MS: "50",
      },
      timeoutMs: 300_000,
    }).ended;
    if (ended.code !== 0) throw new Error(`${command} ${args.join(" ")}\n${ended.stdout}${ended.stderr}`);
    return ended;
  }
});
