import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { engineCli } from "./cli";
import { type Ended, RunningCommand } from "./command";
import { type EngineEvent, readEvents } from "./events";
import { type Config, NewStack } from "./new-stack";
import { expectGetOnly } from "./preview-requests";

export const repositoryRoot = resolve(__dirname, "..", "..");
export const stackName = "dev";
export const projectName = "engine-test";

export interface ProjectOptions {
  /** The source of `index.js`: plain CommonJS, so that nothing is compiled. */
  program?: string;
  /** Instead of a program: `resources`, `outputs` and so on of a YAML program. */
  yaml?: Record<string, unknown>;
  /** Further keys of Pulumi.yaml, or others than the usual. */
  pulumiYaml?: Record<string, unknown>;
  /** More files, by their path in the project's folder. */
  files?: Record<string, string>;
  /** Stack configuration; keys without a namespace belong to the project. */
  config?: Config;
  /** Set for every command. Of this process's own environment only PATH and the like is passed on. */
  env?: Record<string, string>;
  /** What programs get as `pulumi-onvera`; this repository if left out. */
  packageFolder?: string;
}

export interface RunOptions {
  /** Further flags of the command. */
  flags?: readonly string[];
  env?: Record<string, string>;
  /** Also answer when the command fails; without this it rejects with everything that was printed. */
  mayFail?: boolean;
  /** 120 s unless told. */
  timeoutMs?: number;
}

export interface RunResult extends Ended {
  events: EngineEvent[];
}

export interface ResourceState {
  urn: string;
  type: string;
  custom: boolean;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
  protect?: boolean;
  external?: boolean;
  delete?: boolean;
}

export interface PendingOperation {
  type: string;
  resource: ResourceState;
}

export interface StackState {
  resources: ResourceState[];
  pendingOperations: PendingOperation[];
}

/** The stack that new projects copy. */
let newStack: Promise<NewStack> | undefined;

/** A temporary Pulumi project with one stack, and a home and a backend of its own. */
export class EngineProject {
  private commands: RunningCommand[] = [];
  private eventLogs = 0;
  private baseUrl: string | undefined;

  private constructor(
    /** Holds everything: the project, the Pulumi home, the state. */
    readonly root: string,
    private readonly binary: string,
    /** The environment of every command. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async create({ program, yaml, pulumiYaml, files = {}, config = {}, env = {}, packageFolder }: ProjectOptions) {
    const cli = await engineCli();
    const root = mkdtempSync(join(tmpdir(), "engine-"));
    for (const folder of ["project", "home", "pulumi-home", "state", "events"]) {
      mkdirSync(join(root, folder));
    }
    const path = [dirname(process.execPath), process.env["PATH"] ?? ""];
    const project = new EngineProject(root, cli.binary, {
      ...inherited(),
      // A CLI that was on PATH finds its hosts there; another one brings them in its folder.
      PATH: (cli.source === "path" ? path : [cli.directory, ...path]).join(delimiter),
      HOME: join(root, "home"),
      PULUMI_HOME: join(root, "pulumi-home"),
      PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "engine-test",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_STACK: stackName,
      // Without this the CLI has no --event-log.
      PULUMI_DEBUG_COMMANDS: "1",
      ...env,
    });
    // Programs are plain JavaScript: without TypeScript's compiler, each of their runs starts sooner.
    const runtime = yaml === undefined ? { name: "nodejs", options: { typescript: false } } : "yaml";
    project.write("Pulumi.yaml", stringify({ name: projectName, runtime, ...yaml, ...pulumiYaml }));
    if (yaml === undefined) {
      project.write("package.json", JSON.stringify({ name: projectName, private: true, main: "index.js" }));
      project.setProgram(program ?? "");
      project.linkPackages(packageFolder ?? repositoryRoot);
    }
    for (const [name, text] of Object.entries(files)) {
      project.write(name, text);
    }
    await project.createStack(config);
    return project;
  }

  /** The same project, with its configuration, on a machine with a home of its own; the state is where it was. */
  onAnotherMachine(): EngineProject {
    const root = mkdtempSync(join(tmpdir(), "engine-"));
    for (const folder of ["home", "pulumi-home", "events"]) {
      mkdirSync(join(root, folder));
    }
    cpSync(this.folder, join(root, "project"), { recursive: true, verbatimSymlinks: true });
    const homes = { HOME: join(root, "home"), PULUMI_HOME: join(root, "pulumi-home") };
    return new EngineProject(root, this.binary, { ...this.env, ...homes });
  }

  /** Where Pulumi.yaml lies. */
  get folder(): string {
    return join(this.root, "project");
  }

  /** Where the backend keeps the stack; beside it lies the version before, with `.bak` at its end. */
  get stateFile(): string {
    return join(this.root, "state", ".pulumi", "stacks", projectName, `${stackName}.json`);
  }

  /** Replaces what the next command runs. */
  setProgram(source: string): void {
    this.write("index.js", source);
  }

  write(name: string, text: string): void {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  remove(name: string): void {
    rmSync(join(this.folder, name));
  }

  async setConfig(config: Config): Promise<void> {
    const flags = Object.entries(config).flatMap(([key, value]) =>
      typeof value === "string" ? ["--plaintext", `${key}=${value}`] : ["--secret", `${key}=${value.secret}`],
    );
    this.rememberBaseUrl(config);
    if (flags.length > 0) {
      await this.run(["config", "set-all", "--stack", stackName, ...flags]);
    }
  }

  /** Without the preview, unless `flags` are given that make one. */
  up(options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnUp(options), options);
  }

  /** Fails if it sends anything except GET to the emulator. */
  preview(options: RunOptions = {}): Promise<RunResult> {
    const run = () => this.finish(this.spawnOperation(["preview"], options), options);
    return expectGetOnly(this.baseUrlFor(options), run);
  }

  refresh(options: RunOptions = {}): Promise<RunResult> {
    // --preview-only and --skip-preview exclude one another.
    const isPreview = options.flags?.includes("--preview-only") ?? false;
    const skip = isPreview ? [] : ["--skip-preview"];
    const run = () => this.finish(this.spawnOperation(["refresh", "--yes", ...skip], options), options);
    return isPreview ? expectGetOnly(this.baseUrlFor(options), run) : run();
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnDestroy(options), options);
  }

  /** Prints the code for the imported resource on stdout. */
  import(type: string, name: string, id: string, options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnOperation(["import", "--yes", "--skip-preview", type, name, id], options), options);
  }

  /** An `up` that is going on, for tests that interrupt or kill it; its result comes from `finish`. */
  spawnUp(options: RunOptions = {}): EngineRun {
    return this.spawnOperation(["up", "--yes", "--skip-preview"], options);
  }

  /** A `refresh` that is going on. */
  spawnRefresh(options: RunOptions = {}): EngineRun {
    return this.spawnOperation(["refresh", "--yes", "--skip-preview"], options);
  }

  /** A `destroy` that is going on. */
  spawnDestroy(options: RunOptions = {}): EngineRun {
    return this.spawnOperation(["destroy", "--yes", "--skip-preview"], options);
  }

  /**
   * After a CLI was killed, nobody else may write the state until somebody says so. The CLI (3.259.0) writes each local state
   * file in one step, but not what it keeps beside it, the file's type and checksum: where the kill has left that empty, the
   * state cannot be read until it is removed.
   */
  async unlock(): Promise<void> {
    const beside = `${this.stateFile}.attrs`;
    if (existsSync(beside) && statSync(beside).size === 0) rmSync(beside);
    const locks = join(this.root, "state", ".pulumi", "locks");
    const isLocked =
      existsSync(locks) &&
      readdirSync(locks, { recursive: true, encoding: "utf8" }).some((name) => name.endsWith(".json"));
    if (isLocked) await this.run(["cancel", "--yes"]);
  }

  /** Waits for a spawned command. */
  async finish({ command, eventLog, what }: EngineRun, { mayFail = false }: RunOptions = {}): Promise<RunResult> {
    const ended = await command.ended;
    if (ended.code !== 0 && !mayFail) {
      throw new Error(
        `pulumi ${what} ended with ${ended.signal ?? `code ${ended.code}`}\n${ended.stdout}${ended.stderr}`,
      );
    }
    return { ...ended, events: readEvents(eventLog) };
  }

  /** Any other command, for instance `["stack", "output", "--json"]`. */
  async run(args: readonly string[], options: RunOptions & { stdin?: string } = {}): Promise<Ended> {
    return this.finish({ command: this.spawn(args, options), eventLog: "", what: args.join(" ") }, options);
  }

  /** Another program, in the project's folder and with the environment that Pulumi gets; it finds the CLI on PATH. */
  exec(command: string, args: readonly string[], { env = {}, timeoutMs = 120_000 }: RunOptions = {}): RunningCommand {
    const running = new RunningCommand(command, args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      timeoutMs,
    });
    this.commands.push(running);
    return running;
  }

  /** The recorded resources and pending operations; secrets stay encrypted. */
  async state(): Promise<StackState> {
    const { resources = [], pending_operations = [] } = await this.deployment();
    return { resources, pendingOperations: pending_operations };
  }

  /** The file backend keeps in its file what `pulumi stack export` prints. */
  private async deployment(): Promise<{ resources?: ResourceState[]; pending_operations?: PendingOperation[] }> {
    if (this.hasFileBackend) return JSON.parse(this.stateText()).checkpoint.latest ?? {};
    return JSON.parse((await this.run(["stack", "export", "--stack", stackName])).stdout).deployment;
  }

  /** The recorded resource of that logical name; rejects when there is none. */
  async resource(name: string): Promise<ResourceState> {
    const { resources } = await this.state();
    const found = resources.find(({ urn, delete: isOld }) => urn.endsWith(`::${name}`) && isOld !== true);
    if (found === undefined) {
      throw new Error(`the state has no "${name}", only ${resources.map(({ urn }) => urn).join(", ") || "nothing"}`);
    }
    return found;
  }

  /** The state file as it lies on disk, for looking for what must not be in it, and for its size. */
  stateText(): string {
    return readFileSync(this.stateFile, "utf8");
  }

  /** Ends what still runs and removes every file. */
  async dispose(): Promise<void> {
    for (const command of this.commands) {
      command.killAll();
      await command.ended.catch(() => {});
    }
    // A provider that was killed may be closing a file yet.
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  private get hasFileBackend(): boolean {
    return this.env["PULUMI_BACKEND_URL"] === `file://${join(this.root, "state")}`;
  }

  private async createStack(config: Config): Promise<void> {
    const { name } = parse(readFileSync(join(this.folder, "Pulumi.yaml"), "utf8"));
    const hasOwnConfiguration = existsSync(join(this.folder, `Pulumi.${stackName}.yaml`));
    if (!this.hasFileBackend || name !== projectName || hasOwnConfiguration) {
      await this.run(["stack", "init", stackName]);
      await this.setConfig(config);
      return;
    }
    newStack ??= NewStack.create({ binary: this.binary, env: this.env, projectName, stackName });
    const stack = await newStack;
    await stack.copy({ state: join(this.root, "state"), project: this.folder, config });
    this.rememberBaseUrl(config);
  }

  private rememberBaseUrl({ "onvera:baseUrl": baseUrl }: Config): void {
    if (typeof baseUrl === "string") this.baseUrl = baseUrl;
  }

  private baseUrlFor({ env }: RunOptions): string | undefined {
    return this.baseUrl ?? env?.["ONVERA_BASE_URL"] ?? this.env["ONVERA_BASE_URL"];
  }

  private spawnOperation(args: readonly string[], { flags = [], ...options }: RunOptions): EngineRun {
    this.eventLogs += 1;
    const eventLog = join(this.root, "events", `${this.eventLogs}.jsonl`);
    const all = [...args, ...flags, "--stack", stackName, "--event-log", eventLog];
    return { command: this.spawn(all, options), eventLog, what: all.join(" ") };
  }

  private spawn(args: readonly string[], options: RunOptions & { stdin?: string }): RunningCommand {
    const { env = {}, timeoutMs = 120_000, stdin, flags = [] } = options;
    const command = new RunningCommand(this.binary, [...args, ...flags, "--non-interactive", "--color", "never"], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      timeoutMs,
      ...(stdin === undefined ? {} : { stdin }),
    });
    this.commands.push(command);
    return command;
  }

  /** What an installation gives a program: this package, and the one copy of the SDK that both use. */
  private linkPackages(packageFolder: string): void {
    const modules = join(this.folder, "node_modules");
    mkdirSync(join(modules, "@pulumi"), { recursive: true });
    symlinkSync(packageFolder, join(modules, "pulumi-onvera"), "dir");
    symlinkSync(join(repositoryRoot, "node_modules", "@pulumi", "pulumi"), join(modules, "@pulumi", "pulumi"), "dir");
  }
}

export interface EngineRun {
  command: RunningCommand;
  eventLog: string;
  what: string;
}

/** Neither HOME nor PULUMI_*, ONVERA_*, npm's or a proxy's settings reach the engine: tests are to run alike everywhere. */
function inherited(): NodeJS.ProcessEnv {
  const names = ["TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "TZ", "SystemRoot", "ComSpec", "PATHEXT"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
