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
/** For NODE_OPTIONS: the packages that Pulumi's SDK rarely needs load when it needs them. */
export const lazyPackages = `--require=${JSON.stringify(join(__dirname, "lazy-packages.cjs"))}`;

export interface ProjectOptions {
  /** The source of `index.js`, in plain CommonJS. */
  program?: string;
  /** A YAML program (`resources`, `outputs` and so on) instead of `program`. */
  yaml?: Record<string, unknown>;
  /** Keys to add to Pulumi.yaml or to override in it. */
  pulumiYaml?: Record<string, unknown>;
  /** More files, by their path in the project folder. */
  files?: Record<string, string>;
  /** Stack configuration; keys without a namespace belong to the project. */
  config?: Config;
  /** For every command. Of the environment of this process, only PATH and similar variables are passed on. */
  env?: Record<string, string>;
  /** The package that programs load as `pulumi-onvera`. Default: this repository. */
  packageFolder?: string;
  /** Default: `dev`. */
  stack?: string;
}

export interface RunOptions {
  /** More flags of the command. */
  flags?: readonly string[];
  env?: Record<string, string>;
  /** Whether to resolve if the command fails. Otherwise it rejects with the output. */
  mayFail?: boolean;
  /** Default: 120 s. */
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
  pendingReplacement?: boolean;
  taint?: boolean;
}

export interface PendingOperation {
  type: string;
  resource: ResourceState;
}

export interface StackState {
  resources: ResourceState[];
  pendingOperations: PendingOperation[];
}

/** The stacks that new projects copy, by name. */
const newStacks = new Map<string, Promise<NewStack>>();

/** A temporary Pulumi project with one stack, and a home and a backend of its own. */
export class EngineProject {
  private commands: RunningCommand[] = [];
  private eventLogs = 0;
  private baseUrl: string | undefined;

  private constructor(
    /** The folder of the project, the Pulumi home and the state. */
    readonly root: string,
    private readonly binary: string,
    /** The environment of every command. */
    readonly env: NodeJS.ProcessEnv,
    readonly stack = stackName,
  ) {}

  static async create({
    program,
    yaml,
    pulumiYaml,
    files = {},
    config = {},
    env = {},
    packageFolder,
    stack = stackName,
  }: ProjectOptions) {
    const cli = await engineCli();
    const root = mkdtempSync(join(tmpdir(), "engine-"));
    for (const folder of ["project", "home", "pulumi-home", "state", "events"]) {
      mkdirSync(join(root, folder));
    }
    const path = [dirname(process.execPath), process.env["PATH"] ?? ""];
    const project = new EngineProject(
      root,
      cli.binary,
      {
        ...inherited(),
        // A CLI from PATH finds its language hosts there; any other has them in its folder.
        PATH: (cli.source === "path" ? path : [cli.directory, ...path]).join(delimiter),
        HOME: join(root, "home"),
        PULUMI_HOME: join(root, "pulumi-home"),
        PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "engine-test",
        PULUMI_SKIP_UPDATE_CHECK: "1",
        PULUMI_STACK: stack,
        // Without it, the CLI has no --event-log.
        PULUMI_DEBUG_COMMANDS: "1",
        NODE_OPTIONS: lazyPackages,
        ...env,
      },
      stack,
    );
    // Programs are plain JavaScript, and need no compiler.
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

  /** The same project with its configuration and state, as if on another machine with a home of its own. */
  onAnotherMachine(): EngineProject {
    const root = mkdtempSync(join(tmpdir(), "engine-"));
    for (const folder of ["home", "pulumi-home", "events"]) {
      mkdirSync(join(root, folder));
    }
    cpSync(this.folder, join(root, "project"), { recursive: true, verbatimSymlinks: true });
    const homes = { HOME: join(root, "home"), PULUMI_HOME: join(root, "pulumi-home") };
    return new EngineProject(root, this.binary, { ...this.env, ...homes }, this.stack);
  }

  /** The folder of Pulumi.yaml. */
  get folder(): string {
    return join(this.root, "project");
  }

  /** The backend's file for the stack; the previous version is beside it, with the ending `.bak`. */
  get stateFile(): string {
    // Examples bring a Pulumi.yaml of their own.
    const { name } = parse(readFileSync(join(this.folder, "Pulumi.yaml"), "utf8")) as { name: string };
    return join(this.root, "state", ".pulumi", "stacks", name, `${this.stack}.json`);
  }

  /** Replaces the program for the next command. */
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
      await this.run(["config", "set-all", "--stack", this.stack, ...flags]);
    }
  }

  /** Runs `up` without a preview. */
  up(options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnUp(options), options);
  }

  /** Fails if it sends anything except GET to the emulator. */
  preview(options: RunOptions = {}): Promise<RunResult> {
    return expectGetOnly(this.baseUrlFor(options), () => this.finish(this.spawnPreview(options), options));
  }

  refresh(options: RunOptions = {}): Promise<RunResult> {
    // --preview-only and --skip-preview exclude each other.
    const isPreview = options.flags?.includes("--preview-only") ?? false;
    const skip = isPreview ? [] : ["--skip-preview"];
    const run = () => this.finish(this.spawnOperation(["refresh", "--yes", ...skip], options), options);
    return isPreview ? expectGetOnly(this.baseUrlFor(options), run) : run();
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnDestroy(options), options);
  }

  /** Prints the code of the imported resource on stdout. */
  import(type: string, name: string, id: string, options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnOperation(["import", "--yes", "--skip-preview", type, name, id], options), options);
  }

  /** Starts an `up`, for tests that interrupt or kill it. `finish` returns its result. */
  spawnUp({ previews = false, ...options }: RunOptions & { previews?: boolean } = {}): EngineRun {
    return this.spawnOperation(["up", "--yes", ...(previews ? [] : ["--skip-preview"])], options);
  }

  /** Starts a preview, whose requests are not checked. */
  spawnPreview(options: RunOptions = {}): EngineRun {
    return this.spawnOperation(["preview"], options);
  }

  /** Starts a `refresh`. */
  spawnRefresh(options: RunOptions = {}): EngineRun {
    return this.spawnOperation(["refresh", "--yes", "--skip-preview"], options);
  }

  /** Starts a `destroy`. */
  spawnDestroy(options: RunOptions = {}): EngineRun {
    return this.spawnOperation(["destroy", "--yes", "--skip-preview"], options);
  }

  /**
   * Removes the lock of a killed CLI. The CLI (3.259.0) writes each local state file in one step, but not the file with its type
   * and checksum beside it. If the kill left that file empty, the state cannot be read until it is removed.
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

  /** Waits for a started command. */
  async finish({ command, eventLog, what }: EngineRun, { mayFail = false }: RunOptions = {}): Promise<RunResult> {
    const ended = await command.ended;
    if (ended.code !== 0 && !mayFail) {
      throw new Error(
        `pulumi ${what} ended with ${ended.signal ?? `code ${ended.code}`}\n${ended.stdout}${ended.stderr}`,
      );
    }
    return { ...ended, events: readEvents(eventLog) };
  }

  /** Runs any other command, such as `["stack", "output", "--json"]`. */
  async run(args: readonly string[], options: RunOptions & { stdin?: string } = {}): Promise<Ended> {
    return this.finish({ command: this.spawn(args, options), eventLog: "", what: args.join(" ") }, options);
  }

  /** Starts another program in the project folder, with the environment of the CLI and the CLI on PATH. */
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
    return JSON.parse((await this.run(["stack", "export", "--stack", this.stack])).stdout).deployment;
  }

  /** The recorded resource with a logical name; rejects if there is none. */
  async resource(name: string): Promise<ResourceState> {
    const { resources } = await this.state();
    const found = resources.find(({ urn, delete: isOld }) => urn.endsWith(`::${name}`) && isOld !== true);
    if (found === undefined) {
      throw new Error(`the state has no "${name}", only ${resources.map(({ urn }) => urn).join(", ") || "nothing"}`);
    }
    return found;
  }

  /** The text of the state file, to check its content and size. */
  stateText(): string {
    return readFileSync(this.stateFile, "utf8");
  }

  /** Kills the running commands and removes every file. */
  async dispose(): Promise<void> {
    for (const command of this.commands) {
      command.killAll();
      await command.ended.catch(() => {});
    }
    // A killed provider can still be closing a file.
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  private get hasFileBackend(): boolean {
    return this.env["PULUMI_BACKEND_URL"] === `file://${join(this.root, "state")}`;
  }

  private async createStack(config: Config): Promise<void> {
    const { name } = parse(readFileSync(join(this.folder, "Pulumi.yaml"), "utf8"));
    const hasOwnConfiguration = existsSync(join(this.folder, `Pulumi.${this.stack}.yaml`));
    if (!this.hasFileBackend || name !== projectName || hasOwnConfiguration) {
      await this.run(["stack", "init", this.stack]);
      await this.setConfig(config);
      return;
    }
    let newStack = newStacks.get(this.stack);
    if (newStack === undefined) {
      newStack = NewStack.create({ binary: this.binary, env: this.env, projectName, stackName: this.stack });
      newStacks.set(this.stack, newStack);
    }
    await (await newStack).copy({ state: join(this.root, "state"), project: this.folder, config });
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
    const all = [...args, ...flags, "--stack", this.stack, "--event-log", eventLog];
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

  /** Links the packages that an installation has: this one, and the SDK that it shares with the program. */
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

/** HOME, PULUMI_*, ONVERA_*, and the settings of npm and proxies do not reach the engine: tests run the same everywhere. */
function inherited(): NodeJS.ProcessEnv {
  const names = ["TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "TZ", "SystemRoot", "ComSpec", "PATHEXT"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
