import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { Distribution } from "../../scripts/distribution";
import { RunningCommand } from "../../scripts/engine/command";
import { freePort } from "../../scripts/engine/free-port";
import { readSnippets, type Snippet } from "../../scripts/readme-snippets";
import { readDocument, sectionOf } from "../support/documents";
import { engineCli } from "../support/engine-cli";
import { npmSettings } from "../support/gitops/repository";

const readme = readDocument("README.md");
const tutorial = readDocument("docs/tutorial.md");

describe("followed to the letter in an empty folder, with the packages as users install them", function () {
  this.timeout(1_800_000);
  let distribution: Distribution;
  let reader: Reader | undefined;
  before(async () => {
    distribution = await Distribution.build();
    await distribution.servePlugin();
  });
  beforeEach(async () => {
    reader = await Reader.start(distribution);
  });
  afterEach(() => reader?.stop());
  after(() => distribution?.dispose());

  it("the README goes from nothing to two deployments, and back to none", async () => {
    const on = reader as Reader;
    expect(shellOf(readme)).to.deep.equal(["## Install", "## Try it without an account"].flatMap(shellIn(readme)));
    const [forNpm, ...others] = readSnippets(sectionOf(readme, "## Install"));
    await on.follow([snippet("mkdir install\ncd install"), ...some(forNpm), ...others, snippet("cd ..")]);
    const [emulator, ...commands] = readSnippets(sectionOf(readme, "## Try it without an account"));
    await on.startEmulator(emulator);
    await on.follow([snippet("mkdir try\ncd try"), ...commands]);
    expect(await on.countRequests("POST")).to.equal(2);
    expect(await on.countRequests("DELETE")).to.equal(2);
    expect(await on.deployments()).to.equal(0);
  });

  it("the tutorial goes from nothing to deployments in four ways, each time back to none, and leaves nothing", async () => {
    const on = reader as Reader;
    const ways: Readonly<Record<string, number>> = {
      "## 1. A TypeScript program": 3,
      "## 2. A YAML program": 2,
      "## 3. A list without code": 3,
      "## 4. GitOps: by pull request": 3,
    };
    const sections = ["## Start the emulator", ...Object.keys(ways), "## Clean up"];
    expect(shellOf(tutorial)).to.deep.equal(sections.flatMap(shellIn(tutorial)));
    const [emulator, ...environment] = readSnippets(sectionOf(tutorial, "## Start the emulator"));
    await on.startEmulator(emulator);
    await on.follow(environment);
    for (const [heading, created] of Object.entries(ways)) {
      await on.forgetRequests();
      const output = await on.follow(readSnippets(sectionOf(tutorial, heading)));
      expect(await on.countRequests("POST"), output).to.equal(created);
      expect(await on.countRequests("DELETE"), output).to.equal(created);
      expect(await on.deployments()).to.equal(0);
    }
    await on.follow(readSnippets(sectionOf(tutorial, "## Clean up")));
    expect(readdirSync(on.folder)).to.deep.equal([]);
  });
});

const shellOf = (text: string) => readSnippets(text).flatMap(({ language, code }) => (language === "sh" ? [code] : []));
const shellIn = (text: string) => (heading: string) => shellOf(sectionOf(text, heading));
const snippet = (code: string): Snippet => ({ language: "sh", line: 0, code });
const some = (found: Snippet | undefined) => (found === undefined ? [] : [found]);

/** Someone with Node.js, a Pulumi CLI, two terminals and an empty folder. */
class Reader {
  #emulator: RunningCommand | undefined;

  private constructor(
    private readonly distribution: Distribution,
    private readonly root: string,
    private readonly env: NodeJS.ProcessEnv,
    /** Of the emulator, because another one on this machine can have the port of the documents. */
    private readonly port: number,
  ) {}

  static async start(distribution: Distribution): Promise<Reader> {
    const cli = await engineCli();
    const root = mkdtempSync(join(tmpdir(), "readme-"));
    for (const folder of ["home", "pulumi-home", "folder"]) mkdirSync(join(root, folder));
    const identity = "[user]\n  name = Ada\n  email = ada@example.com\n[init]\n  defaultBranch = main\n";
    writeFileSync(join(root, "gitconfig"), identity);
    const env = {
      PATH: [cli.directory, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
      HOME: join(root, "home"),
      // The CLI takes the home folder from the user's entry, not from HOME.
      PULUMI_HOME: join(root, "pulumi-home"),
      PULUMI_SKIP_UPDATE_CHECK: "1",
      ONVERA_POLL_INTERVAL_MS: "200",
      GIT_CONFIG_GLOBAL: join(root, "gitconfig"),
      ...npmSettings(),
    };
    return new Reader(distribution, root, env, await freePort());
  }

  get folder(): string {
    return join(this.root, "folder");
  }

  async startEmulator(shown: Snippet | undefined): Promise<void> {
    const command = (shown?.code ?? "").replace("--speed 60", `--speed 600 --port ${this.port}`);
    this.#emulator = this.#bash(command, 1_800_000);
    await this.#emulator.waitForOutput(/Press Ctrl-C/);
  }

  /** Writes the files and runs the shell, where the last call ended. Returns the output. */
  async follow(snippets: readonly Snippet[]): Promise<string> {
    const lines = snippets.flatMap(({ language, code, title }) => {
      if (title !== undefined) return [`cat > ${title} <<'END OF FILE'`, code.trimEnd(), "END OF FILE"];
      return language === "sh" ? [code.trimEnd()] : [];
    });
    const terminal = join(this.root, "terminal");
    const script = [
      `if [ -f ${terminal} ]; then . ${terminal}; fi`,
      ...lines,
      `{ export -p; printf 'cd %q\\n' "$PWD"; } > ${terminal}`,
    ];
    const { code, signal, stdout, stderr } = await this.#bash(script.join("\n"), 500_000).ended;
    if (code !== 0) throw new Error(`ended with ${signal ?? `code ${code}`}\n${stdout}${stderr}`);
    return stdout;
  }

  async deployments(): Promise<number> {
    return ((await this.#request("GET", "/_emulator/state")) as { deployments: unknown[] }).deployments.length;
  }

  async countRequests(method: string): Promise<number> {
    const { requests } = (await this.#request("GET", "/_emulator/requests")) as { requests: { method: string }[] };
    return requests.filter((each) => each.method === method).length;
  }

  async forgetRequests(): Promise<void> {
    await this.#request("DELETE", "/_emulator/requests");
  }

  async stop(): Promise<void> {
    this.#emulator?.killAll();
    await this.#emulator?.ended.catch(() => {});
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #bash(text: string, timeoutMs: number): RunningCommand {
    const script = this.distribution.localize(text).replaceAll("127.0.0.1:4010", `127.0.0.1:${this.port}`);
    return new RunningCommand("bash", ["-e", "-c", script], { cwd: this.folder, env: this.env, timeoutMs });
  }

  async #request(method: string, path: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { method });
    const text = await response.text();
    return text === "" ? undefined : JSON.parse(text);
  }
}
