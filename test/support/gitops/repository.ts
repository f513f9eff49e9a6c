import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { readSnippets } from "../../../scripts/readme-snippets";
import { lazyPackages, repositoryRoot } from "../engine";
import { engineCli } from "../engine-cli";
import { developersEnvironment, runTool } from "../packing";
import { runScript } from "./shell";

export const exampleFolder = join(repositoryRoot, "templates", "onvera-gitops");

/** What stands for the organization of Pulumi Cloud: the other backends have one organization, and name the project. */
export const organization = "organization/onvera-gitops";

/** A team's copy of templates/onvera-gitops, set up with the steps of its README, and the machine for its pipelines. */
export class GitopsRepository {
  private checkouts = 0;

  private constructor(
    private readonly root: string,
    /** The environment of a job's shell, without the variables of the CI system, with a backend that stands for Pulumi Cloud. */
    readonly machine: Readonly<Record<string, string>>,
  ) {}

  static async create(): Promise<GitopsRepository> {
    const cli = await engineCli();
    const root = mkdtempSync(join(tmpdir(), "gitops-"));
    for (const folder of ["home", "state", "tools", "pulumi-home"]) mkdirSync(join(root, folder));
    cpSync(exampleFolder, join(root, "team"), { recursive: true });
    const path = [join(root, "tools"), cli.directory, dirname(process.execPath), process.env["PATH"] ?? ""];
    const repository = new GitopsRepository(root, {
      PATH: path.join(delimiter),
      HOME: join(root, "home"),
      PULUMI_HOME: join(root, "pulumi-home"),
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "of the team",
      NODE_OPTIONS: lazyPackages,
      ...npmSettings(),
    });
    await repository.setUp();
    repository.replaceLogin();
    return repository;
  }

  /** Copies the committed files into a new folder for a job. */
  checkout(): string {
    this.checkouts += 1;
    const folder = join(this.root, `checkout-${this.checkouts}`);
    cpSync(this.team, folder, { recursive: true, filter: (source) => basename(source) !== "node_modules" });
    return folder;
  }

  /** Commits a new content of a file. */
  commit(name: string, text: string): void {
    writeFileSync(join(this.team, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.team, name), "utf8");
  }

  /** Lets `npm ci` use the packages that are installed already, for jobs that do not test the installation. */
  cacheInstallations(): void {
    this.addTool("npm", `[ "$1" = ci ] && exec ln -s ${join(this.team, "node_modules")} node_modules`);
  }

  /** `pulumi login` only prints its arguments: only Pulumi Cloud takes an ID token. */
  private replaceLogin(): void {
    this.addTool("pulumi", '[ "$1" = login ] && { echo "pulumi $*"; exit; }');
  }

  /** Puts a tool before the real one on PATH, which gets what `line` does not handle. */
  private addTool(name: string, line: string): void {
    const stub = join(this.root, "tools", name);
    const lines = ["#!/bin/sh", line, 'PATH="$(printf %s "$PATH" | cut -d: -f2-)"', `exec ${name} "$@"`];
    writeFileSync(stub, `${lines.join("\n")}\n`);
    chmodSync(stub, 0o755);
  }

  /** Restores both stacks to their initial, empty state. */
  resetStacks(): void {
    const state = join(this.root, "state");
    rmSync(state, { recursive: true, force: true });
    cpSync(join(this.root, "initial-state"), state, { recursive: true });
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  private get team(): string {
    return join(this.root, "team");
  }

  /** Follows README.md, with the package of this repository instead of the published one. */
  private async setUp(): Promise<void> {
    await runTool("npm", ["pack", "--ignore-scripts", "--pack-destination", this.team], repositoryRoot);
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
    await runTool("npm", ["install", "--prefer-offline", `./pulumi-onvera-${version}.tgz`], this.team);
    const [setUp] = readSnippets(this.read("README.md")).filter(({ code }) => code.includes("pulumi stack init"));
    const lines = setUp?.code.split("\n").filter((line) => line.startsWith("pulumi stack init")) ?? [];
    const env = { ...this.machine, PULUMI_ORG: organization };
    const { code, stdout, stderr } = await runScript({ text: lines.join("\n"), cwd: this.team, env, flags: ["-e"] });
    if (code !== 0 || lines.length === 0) throw new Error(`setting up failed\n${stdout}${stderr}`);
    cpSync(join(this.root, "state"), join(this.root, "initial-state"), { recursive: true });
  }
}

/** The developer's settings of npm, which name the registry, for a process with another home folder. */
export function npmSettings(): Record<string, string> {
  const given = Object.entries(developersEnvironment()).flatMap(([name, value]) =>
    /^npm_config_/i.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    npm_config_userconfig: join(homedir(), ".npmrc"),
    npm_config_cache: join(homedir(), ".npm"),
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    ...Object.fromEntries(given),
  };
}
