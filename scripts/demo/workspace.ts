import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { FoundPulumi } from "../pulumi/find";

const repositoryRoot = resolve(__dirname, "..", "..");
const projectName = "demo";
export const stackName = "dev";
export const manifestFile = "deployments.yaml";

/** The variables of the user's environment that the CLI gets: no settings of Pulumi or Onvera, and no proxy. */
const passedOn = ["LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "COLORTERM", "NO_COLOR"];
const passedOnWindows = ["SystemRoot", "ComSpec", "PATHEXT", "LOCALAPPDATA"];

const program = `const { declareDeployments } = require("pulumi-onvera/manifest");

for (const [key, { url }] of Object.entries(declareDeployments("${manifestFile}"))) exports[key] = url;
`;

export interface StateSize {
  readonly deployments: number;
  readonly bytes: number;
  readonly bytesPerDeployment: number;
}

/** A temporary folder for everything that the CLI reads and writes: a project, a Pulumi home, a state. */
export class Workspace {
  readonly root = mkdtempSync(join(tmpdir(), "pulumi-onvera-demo-"));
  readonly project = join(this.root, "project");
  readonly eventLog = join(this.root, "events.jsonl");
  readonly #removeAtExit = () => rmSync(this.root, { recursive: true, force: true });

  constructor() {
    process.on("exit", this.#removeAtExit);
    for (const folder of ["home", "pulumi-home", "state", "tmp"]) mkdirSync(join(this.root, folder));
    const modules = join(this.project, "node_modules");
    mkdirSync(join(modules, "@pulumi"), { recursive: true });
    // The packages that an installation has: this one, and the SDK that it shares with the program.
    symlinkSync(repositoryRoot, join(modules, "pulumi-onvera"), "junction");
    const sdk = dirname(require.resolve("@pulumi/pulumi/package.json"));
    symlinkSync(sdk, join(modules, "@pulumi", "pulumi"), "junction");
    this.#write("Pulumi.yaml", `name: ${projectName}\nruntime: nodejs\n`);
    this.#write("package.json", JSON.stringify({ name: projectName, private: true, main: "index.js" }));
    this.#write("index.js", program);
  }

  writeManifest(lines: readonly string[]): void {
    this.#write(manifestFile, `${lines.join("\n")}\n`);
  }

  /** The CLI's environment, with `settings`. */
  environment(
    { directory, source }: Pick<FoundPulumi, "directory" | "source">,
    settings: NodeJS.ProcessEnv,
    env: NodeJS.ProcessEnv = process.env,
  ): NodeJS.ProcessEnv {
    const names = process.platform === "win32" ? [...passedOn, ...passedOnWindows] : passedOn;
    const path = [dirname(process.execPath), env["PATH"] ?? env["Path"] ?? ""];
    return {
      ...Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
      // A CLI from PATH finds its language hosts there; any other has them in its folder.
      PATH: (source === "path" ? path : [directory, ...path]).join(delimiter),
      // The CLI and its language host leave caches in the temporary folder.
      ...Object.fromEntries(["TMPDIR", "TEMP", "TMP"].map((name) => [name, join(this.root, "tmp")])),
      HOME: join(this.root, "home"),
      USERPROFILE: join(this.root, "home"),
      PULUMI_HOME: join(this.root, "pulumi-home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(this.root, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: "demo",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      // Without it, the CLI has no --event-log.
      PULUMI_DEBUG_COMMANDS: "1",
      ...settings,
    };
  }

  /** The size of the state, and of the deployments in it. */
  stateSize(): StateSize {
    const file = join(this.root, "state", ".pulumi", "stacks", projectName, `${stackName}.json`);
    const text = readFileSync(file, "utf8");
    const { checkpoint } = JSON.parse(text) as { checkpoint: { latest?: { resources?: { type: string }[] } } };
    const deployments = (checkpoint.latest?.resources ?? []).filter(({ type }) => type.endsWith(":Deployment"));
    const bytes = deployments.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)), 0);
    return {
      deployments: deployments.length,
      bytes: Buffer.byteLength(text),
      bytesPerDeployment: deployments.length === 0 ? 0 : Math.round(bytes / deployments.length),
    };
  }

  async remove(): Promise<void> {
    // A stopped provider can still be closing a file.
    await rm(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    process.off("exit", this.#removeAtExit);
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.project, name), text);
  }
}
