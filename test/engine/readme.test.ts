import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { RunningCommand } from "../../scripts/engine/command";
import { readSnippets, type Snippet } from "../../scripts/readme-snippets";
import { freePort } from "../support/backends/free-port";
import { readDocument, sectionOf } from "../support/documents";
import { engineCli } from "../support/engine-cli";
import { npmSettings } from "../support/gitops/repository";
import { copyRepository } from "../support/packing";

const readme = readDocument("README.md");
const chapter = "## Four ways to declare deployments";
const ways = [
  "1. A TypeScript program",
  "2. A YAML program",
  "3. A list of deployments, without code",
  "4. GitOps: by pull request",
];

/** Shell that another test runs. */
const runElsewhere = new Map([["npm ci && npm run demo\n", "demo.test.ts"]]);

describe("the README, followed to the letter in a clone", function () {
  this.timeout(600_000);
  let reader: Reader;
  before(async () => {
    reader = await Reader.start();
  });
  after(() => reader?.stop());

  it("has no other shell than what is run", () => {
    const shell = readSnippets(readme)
      .filter(isShell)
      .map(({ code }) => code);
    const followed = readSnippets(sectionOf(readme, chapter))
      .filter(isShell)
      .map(({ code }) => code);
    const others = ["npm run emulator -- --help\n", ...runElsewhere.keys()];
    expect(shell.filter((code) => !followed.includes(code)).sort()).to.deep.equal(others.sort());
    const sections = [...sectionOf(readme, chapter).matchAll(/^### (.+)$/gm)].map(([, title]) => title);
    expect(sections).to.deep.equal([...ways, "And away with it"]);
  });

  for (const [index, way] of ways.entries()) {
    it(`goes from nothing to a destroyed deployment: ${way}`, async () => {
      await reader.forgetRequests();
      const said = await reader.follow(readSnippets(sectionOf(readme, `### ${way}`)));
      expect(said)
        .to.include("created")
        .and.to.match(/- +[23] deleted|deleted \(/);
      // The list and GitOps get one more on their way.
      const deployments = index < 2 ? 2 : 3;
      expect(await reader.countRequests("POST"), said).to.equal(deployments);
      expect(await reader.countRequests("DELETE"), said).to.equal(deployments);
      expect(await reader.deployments()).to.equal(0);
    });
  }

  it("shows what the emulator can do", async () => {
    const [help] = readSnippets(sectionOf(readme, "## The emulator")).filter(isShell);
    expect(await reader.follow(help === undefined ? [] : [help])).to.include("--speed FACTOR");
  });

  it("leaves nothing in the clone, and changes nothing", async () => {
    await reader.follow(readSnippets(sectionOf(readme, "### And away with it")));
    expect(await reader.follow([{ language: "sh", line: 0, code: "git status --short\n" }])).to.equal("");
  });
});

function isShell({ language }: Snippet): boolean {
  return language === "sh" || language === "bash";
}

/** Somebody with a clone, two terminals and the README. */
class Reader {
  private platform: RunningCommand | undefined;

  private constructor(
    private readonly root: string,
    private readonly env: NodeJS.ProcessEnv,
    /** The port of the local platform: the usual one, where nobody else on this machine has it. */
    private readonly port: number,
  ) {}

  static async start(): Promise<Reader> {
    const cli = await engineCli();
    const root = mkdtempSync(join(tmpdir(), "readme-"));
    for (const folder of ["home", "tools", "pulumi-home"]) mkdirSync(join(root, folder));
    copyRepository(join(root, "clone"));
    const path = [join(root, "tools"), cli.directory, dirname(process.execPath), process.env["PATH"] ?? ""];
    const reader = new Reader(
      root,
      {
        PATH: path.join(delimiter),
        HOME: join(root, "home"),
        PULUMI_HOME: join(root, "pulumi-home"),
        PULUMI_SKIP_UPDATE_CHECK: "1",
        ONVERA_POLL_INTERVAL_MS: "200",
        GIT_CONFIG_GLOBAL: join(root, "gitconfig"),
        ...npmSettings(),
      },
      (await isFree(4010)) ? 4010 : await freePort(),
    );
    writeFileSync(
      join(root, "gitconfig"),
      "[user]\n  name = Ada\n  email = ada@example.com\n[init]\n  defaultBranch = main\n",
    );
    reader.installFromHere();
    const commit =
      "git init --quiet; echo /node_modules >> .git/info/exclude; git add .; git commit --quiet --message clone\n";
    await reader.follow([{ language: "sh", line: 0, code: commit }]);
    const [first, ...second] = readSnippets(sectionOf(readme, chapter).split(/^### /m)[0] ?? "");
    await reader.startPlatform(first);
    await reader.follow(second);
    return reader;
  }

  /** Writes the files and runs the shell, one after the other, in the terminal where the last call ended; tells its output. */
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
    const { code, signal, stdout, stderr } = await this.bash(script.join("\n"), 500_000).ended;
    if (code !== 0) throw new Error(`ended with ${signal ?? `code ${code}`}\n${stdout}${stderr}`);
    return stdout;
  }

  async deployments(): Promise<number> {
    const { deployments } = (await this.ask("GET", "/_emulator/state")) as { deployments: unknown[] };
    return deployments.length;
  }

  async countRequests(method: string): Promise<number> {
    const { requests } = (await this.ask("GET", "/_emulator/requests")) as {
      requests: { method: string; path: string }[];
    };
    return requests.filter((each) => each.method === method).length;
  }

  async forgetRequests(): Promise<void> {
    await this.ask("DELETE", "/_emulator/requests");
  }

  async stop(): Promise<void> {
    this.platform?.killAll();
    await this.platform?.ended.catch(() => {});
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  private async startPlatform(snippet: Snippet | undefined): Promise<void> {
    this.platform = this.bash(snippet?.code ?? "", 1_200_000);
    await this.platform.waitForOutput(/export ONVERA_API_KEY|onv_sk_live_local[\s\S]*\n/);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.ask("GET", "/_emulator/state");
        return;
      } catch (error) {
        if (attempt === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** `npm ci` takes the packages that are installed already: `.ci/run` is where it is run as it is. */
  private installFromHere(): void {
    const stub = [
      "#!/bin/sh",
      `PATH=$(printf %s "$PATH" | tr : '\\n' | grep -vxF ${join(this.root, "tools")} | paste -sd : -)`,
      'if [ "$1" = ci ]; then exec npm run build; fi',
      'exec npm "$@"',
    ];
    writeFileSync(join(this.root, "tools", "npm"), `${stub.join("\n")}\n`, { mode: 0o755 });
  }

  private bash(text: string, timeoutMs: number): RunningCommand {
    const script =
      this.port === 4010
        ? text
        : text.replaceAll("4010", String(this.port)).replace("--speed 60", `--speed 60 --port ${this.port}`);
    return new RunningCommand("bash", ["-e", "-c", script], {
      cwd: join(this.root, "clone"),
      env: this.env,
      timeoutMs,
    });
  }

  private async ask(method: string, path: string): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { method });
    const text = await answer.text();
    return text === "" ? undefined : JSON.parse(text);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
