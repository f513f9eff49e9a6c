import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { type Host as Door, pluginHost as pluginDoor, pluginProjectOf } from "../../scripts/engine/hosts";
import {
  EngineProject,
  type EngineRun,
  messages,
  projectName,
  type ResourceState,
  type RunOptions,
  type RunResult,
  repositoryRoot,
} from "../support/engine";
import { type InlineProgram, serveProgram } from "../support/inline-program";
import { type Declaration, placeholders } from "./case";
import { KeyWatch } from "./key-watch";

export interface FaultWorldOptions {
  door: Door;
  speed?: number;
  keepsData?: boolean;
  /** Whether the program is one of Node.js for both doors, and run by this process. */
  isInline?: boolean;
  /** The folder of the package that is tested; this repository's if left out. */
  packageFolder?: string;
  /** Where the key comes from. The engine's debug log shows what the engine is configured with, so it is read in one case only. */
  keySource: "config" | "environment";
}

/** The scopes that keys have unless restricted. Source: the contract, "Scopes". */
const allScopes = [
  "deployments:read",
  "deployments:write",
  "deployments:delete",
  "operations:read",
  "org:read",
] as const;

/** A platform that can be made to fail, and a project that deploys to it through one door. */
export class FaultWorld {
  readonly keyWatch: KeyWatch;
  /** What the program declares, by logical name. */
  readonly declarations = new Map<string, Declaration>();
  /** Foreign deployments, by id: what they were when they were made. */
  readonly foreign = new Map<string, { name: string; status: string }>();
  /** What people read in the latest command. */
  said = "";
  /** How the latest command ended; null where a signal ended it. */
  code: number | null = 0;
  /** Whether deployments that are well may be destroyed, as the program or a command has asked for that. */
  mayDestroy = false;
  /** Ids of the faults and outcomes that have struck, as far as `noteStruck` was asked. */
  readonly struck = new Set<string>();
  /** Requests that reached the host that nothing may be sent to. */
  strayRequests = 0;
  #emulator: Emulator;

  private constructor(
    emulator: Emulator,
    readonly project: EngineProject,
    readonly door: Door,
    private readonly options: FaultWorldOptions,
    private readonly otherHost: Server,
    private readonly dataFolder: string,
    private readonly inline: InlineProgram | undefined,
  ) {
    this.#emulator = emulator;
    this.keyWatch = new KeyWatch(emulator.apiKey);
  }

  static async start(options: FaultWorldOptions): Promise<FaultWorld> {
    const { door, speed = 1_000, keepsData = false, keySource } = options;
    const otherHost = createServer((_, answer) => answer.end("{}"));
    await new Promise<void>((resolve) => otherHost.listen(0, "127.0.0.1", resolve));
    const dataFolder = mkdtempSync(join(tmpdir(), "faults-"));
    const emulator = await startEmulator({ speed, ...(keepsData ? { data: join(dataFolder, "data") } : {}) });
    const { baseUrl, apiKey } = emulator;
    const { packageFolder = repositoryRoot } = options;
    const project = await EngineProject.create({
      ...door.project,
      ...(door === pluginDoor ? { pulumiYaml: pluginProjectOf(packageFolder) } : {}),
      packageFolder,
      config: keySource === "config" ? { "onvera:apiKey": { secret: apiKey }, "onvera:baseUrl": baseUrl } : {},
      env: {
        ONVERA_POLL_INTERVAL_MS: "50",
        // All cases of a scene are to be under way at once.
        PULUMI_PARALLEL: "100",
        ...(keySource === "environment" ? { ONVERA_API_KEY: apiKey, ONVERA_BASE_URL: baseUrl } : {}),
        ...door.project?.env,
      },
    });
    const inline = options.isInline ? await serveProgram(() => loadAnew(join(project.folder, "index.js"))) : undefined;
    const world = new FaultWorld(emulator, project, door, options, otherHost, dataFolder, inline);
    otherHost.on("request", () => {
      world.strayRequests += 1;
    });
    return world;
  }

  get control(): Emulator["control"] {
    return this.#emulator.control;
  }

  /** A rule with what only this world knows in the place of its placeholders. */
  filledIn<T extends object>(rule: T): T {
    const otherOrigin = `http://127.0.0.1:${(this.otherHost.address() as AddressInfo).port}`;
    const text = JSON.stringify(rule).replaceAll(placeholders.otherOrigin, otherOrigin);
    return JSON.parse(text.replaceAll(placeholders.apiKey, this.#emulator.apiKey)) as T;
  }

  /** Ends the platform and starts it again, at the same address and with the same data. */
  async restartPlatform(downForMs: number): Promise<void> {
    const port = Number(new URL(this.#emulator.url).port);
    await this.#emulator.close();
    await new Promise((resolve) => setTimeout(resolve, downForMs));
    this.#emulator = await startEmulator({
      port,
      speed: this.options.speed ?? 1_000,
      data: join(this.dataFolder, "data"),
    });
  }

  /** Changes what the next command's program declares. */
  declare(changes: Readonly<Record<string, Declaration | undefined>>): void {
    for (const [name, declaration] of Object.entries(changes)) {
      if (declaration === undefined) this.declarations.delete(name);
      else this.declarations.set(name, declaration);
    }
    if (this.door === pluginDoor && !this.options.isInline) {
      this.project.write("Pulumi.yaml", stringify(this.#yamlProgram()));
    } else {
      this.project.setProgram(`${this.door.prelude}\n${this.#nodeProgram()}`);
    }
  }

  /** Changes each declared deployment in a way that replaces it. */
  declareReplacements(): void {
    this.mayDestroy = true;
    const others = { airflow: "superset", superset: "airflow" } as const;
    this.declare(
      Object.fromEntries(
        [...this.declarations].map(([name, { appType, ...rest }]) => [name, { ...rest, appType: others[appType] }]),
      ),
    );
  }

  /** Adds a deployment that is somebody else's. */
  async addForeign(name: string, appType: Declaration["appType"]): Promise<string> {
    const { id, status } = await this.control.deployments.create({ name, appType });
    this.foreign.set(id, { name, status });
    return id;
  }

  up(options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnUp(options));
  }

  spawnUp(options: RunOptions = {}): EngineRun {
    const { flags = [], ...others } = this.#watched(options);
    return this.project.spawnUp({ ...others, flags: [...flags, ...(this.inline?.flags ?? [])] });
  }

  spawnDestroy(options: RunOptions = {}): EngineRun {
    this.mayDestroy = true;
    return this.project.spawnDestroy(this.#watched(options));
  }

  spawnRefresh(options: RunOptions = {}): EngineRun {
    return this.project.spawnRefresh(this.#watched(options));
  }

  preview(options: RunOptions = {}): Promise<RunResult> {
    return this.#remember(this.project.preview({ ...this.#watched(options), mayFail: true }));
  }

  refresh(options: RunOptions = {}): Promise<RunResult> {
    return this.#remember(this.project.refresh({ ...this.#watched(options), mayFail: true }));
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    return this.finish(this.spawnDestroy(options));
  }

  /** Acts once, as the next create arrives and before the platform has heard of it; the answer calls that off. */
  onFirstCreate(act: () => void): () => void {
    const stop = this.control.requests.subscribe(({ method }) => {
      if (method !== "POST") return;
      stop();
      act();
    });
    return stop;
  }

  /** Sets stack configuration, as a person does who was told to. */
  async setConfig(path: string, value: string): Promise<void> {
    await this.project.run(["config", "set", "--path", path, value]);
  }

  import(name: string, id: string): Promise<RunResult> {
    const flags = ["--protect=false"];
    return this.#remember(
      this.project.import(this.door.type, name, id, { ...this.#watched({ flags }), mayFail: true }),
    );
  }

  /** Waits for a spawned command, however it ends. */
  finish(run: EngineRun): Promise<RunResult> {
    return this.#remember(this.project.finish(run, { mayFail: true }));
  }

  noteStruck(): void {
    for (const { id, applied } of [...this.control.faults.list(), ...this.control.outcomes.list()]) {
      if (applied > 0) this.struck.add(id);
    }
  }

  /** Lets requests that a fault holds go on. */
  releaseHolds(): void {
    this.noteStruck();
    for (const { id, action } of this.control.faults.list()) {
      if (action?.type === "hang") this.control.faults.remove(id);
    }
  }

  /** Takes back all that went wrong; what it did to deployments stays. */
  async mend(): Promise<void> {
    const { control } = this;
    control.faults.clear();
    control.outcomes.clear();
    control.rateLimit.off();
    await control.clock.resume();
    // Short deadlines of a case are for the command that was struck.
    await control.clock.setSpeed(1_000);
    await control.clock.skew(0);
    await control.keys.change(this.#emulator.apiKey, { revoked: false, expiresAt: null, scopes: allScopes });
  }

  /** The recorded deployments, straight from the state's file; a resource that is read only is none. */
  recorded(): ResourceState[] {
    const { checkpoint } = JSON.parse(this.project.stateText()) as {
      checkpoint: { latest?: { resources?: ResourceState[] } };
    };
    return (checkpoint.latest?.resources ?? []).filter(({ type, external }) => type === this.door.type && !external);
  }

  /** Looks for the key in all that the commands have left behind. */
  lookForKey(): void {
    this.keyWatch.lookAtFiles("state", join(this.project.root, "state"));
    this.keyWatch.lookAtFiles("event log", join(this.project.root, "events"));
    this.keyWatch.lookAtFiles("project", this.project.folder);
  }

  async stop(): Promise<void> {
    await this.project.dispose();
    this.inline?.stop();
    await this.#emulator.close();
    rmSync(this.dataFolder, { recursive: true, force: true });
    this.otherHost.closeAllConnections();
    await new Promise((resolve) => this.otherHost.close(resolve));
  }

  #watched({ flags = [], ...options }: RunOptions): RunOptions {
    const debugging = this.options.keySource === "environment" ? ["--logtostderr", "-v=9"] : [];
    return { timeoutMs: 150_000, ...options, flags: [...flags, ...debugging] };
  }

  async #remember(running: Promise<RunResult>): Promise<RunResult> {
    const result = await running;
    this.keyWatch.lookAtText("output", result.stdout);
    this.keyWatch.lookAtText("error output and debug log", result.stderr);
    this.said = messages(result.events).join("\n");
    this.code = result.code;
    return result;
  }

  #nodeProgram(): string {
    const lines = [...this.declarations].map(([name, declaration]) => {
      const { appType, name: chosen, dependsOn = [], retries = 0, deleteBeforeReplace, timeouts } = declaration;
      const made = (other: string) => `made[${JSON.stringify(other)}]`;
      const options = [
        `...${JSON.stringify({ deleteBeforeReplace, customTimeouts: timeouts })}`,
        `dependsOn: [${dependsOn.map(made)}]`,
        ...(retries > 0 ? [`hooks: { onError: [again(${JSON.stringify(name)}, ${retries})] }`] : []),
      ].join(", ");
      const args = JSON.stringify({ appType, name: chosen });
      return `${made(name)} = new Deployment(${JSON.stringify(name)}, ${args}, { ${options} });`;
    });
    return [
      'const { ErrorHook } = require("@pulumi/pulumi");',
      'const again = (name, times) => new ErrorHook("again-" + name, () => times-- > 0);',
      "const made = {};",
      ...lines,
    ].join("\n");
  }

  #yamlProgram(): Record<string, unknown> {
    const resources = [...this.declarations].map(([logicalName, declaration]) => {
      const { appType, name, deleteBeforeReplace, timeouts: customTimeouts, dependsOn } = declaration;
      const options = { deleteBeforeReplace, customTimeouts, dependsOn: dependsOn?.map((other) => `\${${other}}`) };
      return [logicalName, { type: "onvera:Deployment", properties: { appType, name }, options }];
    });
    return JSON.parse(
      JSON.stringify({
        name: projectName,
        runtime: "yaml",
        resources: Object.fromEntries(resources),
        ...pluginProjectOf(this.options.packageFolder ?? repositoryRoot),
      }),
    );
  }
}

async function loadAnew(file: string): Promise<void> {
  delete require.cache[require.resolve(file)];
  require(file);
}
