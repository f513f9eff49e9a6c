import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { freePort } from "../../scripts/engine/free-port";
import { type Host, pluginHost, pluginProject } from "../../scripts/engine/hosts";
import { EngineProject, type EngineRun, messages, projectName, type ResourceState } from "../support/engine";
import { type InlineProgram, serveProgram } from "../support/inline-program";
import { KeySearch } from "./key-search";

/** What a rule can contain for the harness to fill in. */
export const placeholders = {
  /** The origin of a host to which nothing may be sent. */
  otherOrigin: "{other origin}",
  apiKey: "{API key}",
} as const;

/** What the program declares of one deployment. */
export interface Declaration {
  readonly appType: "airflow" | "superset";
  readonly deleteBeforeReplace?: boolean;
  readonly timeouts?: Readonly<Partial<Record<"create" | "update" | "delete", string>>>;
  /** How often an error hook of the program repeats a create that fails; needs `isInline`. */
  readonly retries?: number;
}

export interface FaultHarnessOptions {
  readonly host: Host;
  readonly keepsData: boolean;
  readonly isInline: boolean;
  /** Where the API key comes from. The engine logs its configuration in its debug log, so only one case reads that log. */
  readonly keySource: "config" | "environment";
}

/** Fast enough to take no time, slow enough for each phase to be visible. */
const speed = 1_000;

/** An emulator that fails on demand, and a project that deploys to it with one host. */
export class FaultHarness {
  readonly keySearch: KeySearch;
  readonly declarations = new Map<string, Declaration>();
  /** Deployments of someone else, by id, as they were created. */
  readonly foreign = new Map<string, { readonly name: string; readonly status: string }>();
  /** What the last command reported, and how it ended; null if a signal ended it. */
  report = "";
  code: number | null = 0;
  /** Ids of the faults and outcomes that have been applied. */
  readonly applied = new Set<string>();
  /** Requests to the host to which nothing may be sent. */
  strayRequests = 0;
  #emulator: Emulator;

  private constructor(
    emulator: Emulator,
    readonly project: EngineProject,
    private readonly options: FaultHarnessOptions,
    private readonly otherHost: Server,
    private readonly dataFolder: string,
    private readonly inline: InlineProgram | undefined,
  ) {
    this.#emulator = emulator;
    this.keySearch = new KeySearch(emulator.apiKey);
    otherHost.on("request", () => {
      this.strayRequests += 1;
    });
  }

  static async start(options: FaultHarnessOptions): Promise<FaultHarness> {
    const otherHost = createServer((_, response) => response.end("{}"));
    await new Promise<void>((resolve) => otherHost.listen(0, "127.0.0.1", resolve));
    const dataFolder = mkdtempSync(join(tmpdir(), "faults-"));
    // Outside the ports that the system gives to other programs while the emulator restarts.
    const kept = options.keepsData ? { port: await freePort(), data: join(dataFolder, "data") } : {};
    const emulator = await startEmulator({ speed, ...kept });
    try {
      const project = await createProject(emulator, options);
      const program = join(project.folder, "index.js");
      const inline = options.isInline ? await serveProgram(() => reload(program)) : undefined;
      return new FaultHarness(emulator, project, options, otherHost, dataFolder, inline);
    } catch (error) {
      // The process would not end otherwise.
      await emulator.close();
      otherHost.close();
      throw error;
    }
  }

  get control(): Emulator["control"] {
    return this.#emulator.control;
  }

  /** Replaces the placeholders of a rule. */
  fillIn<T extends object>(rule: T): T {
    const otherOrigin = `http://127.0.0.1:${(this.otherHost.address() as AddressInfo).port}`;
    const text = JSON.stringify(rule).replaceAll(placeholders.otherOrigin, otherOrigin);
    return JSON.parse(text.replaceAll(placeholders.apiKey, this.#emulator.apiKey)) as T;
  }

  /** Stops the emulator and starts it again, with the same address and data. */
  async restartPlatform({ downForMs }: { readonly downForMs: number }): Promise<void> {
    this.noteApplied();
    const port = Number(new URL(this.#emulator.url).port);
    await this.#emulator.close();
    await sleep(downForMs);
    this.#emulator = await startEmulator({ port, speed, data: join(this.dataFolder, "data") });
  }

  /** Changes what the program declares. */
  declare(changes: Readonly<Record<string, Declaration>>): void {
    for (const [name, declaration] of Object.entries(changes)) this.declarations.set(name, declaration);
    const { host, isInline } = this.options;
    if (host === pluginHost && !isInline) this.project.write("Pulumi.yaml", this.#yamlProgram());
    else this.project.setProgram(`${host.prelude}\n${this.#nodeProgram()}`);
  }

  /** Creates a deployment of someone else. */
  async addForeign(name: string, appType: Declaration["appType"]): Promise<void> {
    const { id, status } = await this.control.deployments.create({ name, appType });
    this.foreign.set(id, { name, status });
  }

  spawn(command: "up" | "refresh" | "destroy", flags: readonly string[] = []): EngineRun {
    const debugLog = this.options.keySource === "environment" ? ["--logtostderr", "-v=9"] : [];
    const options = { timeoutMs: 150_000, flags: [...flags, ...debugLog] };
    if (command === "refresh") return this.project.spawnRefresh(options);
    if (command === "destroy") return this.project.spawnDestroy(options);
    return this.project.spawnUp({ ...options, flags: [...options.flags, ...(this.inline?.flags ?? [])] });
  }

  /** Waits for a command. Its result is in `code` and `report`. */
  async finish(run: EngineRun): Promise<void> {
    const { stdout, stderr, events, code } = await this.project.finish(run, { mayFail: true });
    this.keySearch.inText("output", stdout);
    this.keySearch.inText("error output and debug log", stderr);
    this.report = messages(events).join("\n");
    this.code = code;
  }

  noteApplied(): void {
    for (const { id, applied } of [...this.control.faults.list(), ...this.control.outcomes.list()]) {
      if (applied > 0) this.applied.add(id);
    }
  }

  /** Whether each fault that holds a request does. */
  isEverythingHeld(): boolean {
    return this.control.faults.list().every(({ action, applied }) => action?.type !== "hang" || applied > 0);
  }

  /** Continues the requests that faults hold. */
  releaseHolds(): void {
    this.noteApplied();
    for (const { id, action } of this.control.faults.list()) {
      if (action?.type === "hang") this.control.faults.remove(id);
    }
  }

  /** Removes the faults. What they did to deployments stays. */
  repair(): void {
    this.noteApplied();
    this.control.faults.clear();
    this.control.outcomes.clear();
  }

  /** The deployments in the state file. */
  recorded(): ResourceState[] {
    const { checkpoint } = JSON.parse(this.project.stateText()) as {
      checkpoint: { latest?: { resources?: ResourceState[] } };
    };
    return (checkpoint.latest?.resources ?? []).filter(({ type }) => type === this.options.host.type);
  }

  /** Searches for the API key in the files that the commands have written. */
  searchFiles(): void {
    this.keySearch.inFiles("state", join(this.project.root, "state"));
    this.keySearch.inFiles("event log", join(this.project.root, "events"));
    this.keySearch.inFiles("project", this.project.folder);
  }

  async stop(): Promise<void> {
    await this.project.dispose();
    this.inline?.stop();
    await this.#emulator.close();
    rmSync(this.dataFolder, { recursive: true, force: true });
    this.otherHost.closeAllConnections();
    await new Promise((resolve) => this.otherHost.close(resolve));
  }

  #nodeProgram(): string {
    const lines = [...this.declarations].map(([name, { appType, retries = 0, deleteBeforeReplace, timeouts }]) => {
      const options = [
        `...${JSON.stringify({ deleteBeforeReplace, customTimeouts: timeouts })}`,
        ...(retries > 0 ? [`hooks: { onError: [retry(${JSON.stringify(name)}, ${retries})] }`] : []),
      ].join(", ");
      return `new Deployment(${JSON.stringify(name)}, ${JSON.stringify({ appType })}, { ${options} });`;
    });
    return [
      'const { ErrorHook } = require("@pulumi/pulumi");',
      'const retry = (name, times) => new ErrorHook("retry-" + name, () => times-- > 0);',
      ...lines,
    ].join("\n");
  }

  #yamlProgram(): string {
    const resources = [...this.declarations].map(([name, { appType, deleteBeforeReplace, timeouts }]) => {
      const options = { deleteBeforeReplace, customTimeouts: timeouts };
      return [name, { type: "onvera:Deployment", properties: { appType }, options }];
    });
    const program = { name: projectName, runtime: "yaml", resources: Object.fromEntries(resources), ...pluginProject };
    return stringify(program, { keepUndefined: false });
  }
}

function createProject(
  { apiKey, baseUrl }: Emulator,
  { host, keySource }: FaultHarnessOptions,
): Promise<EngineProject> {
  return EngineProject.create({
    ...host.project,
    config: keySource === "config" ? { "onvera:apiKey": { secret: apiKey }, "onvera:baseUrl": baseUrl } : {},
    env: {
      ONVERA_POLL_INTERVAL_MS: "50",
      // All cases of a scenario run at once.
      PULUMI_PARALLEL: "100",
      ...(keySource === "environment" ? { ONVERA_API_KEY: apiKey, ONVERA_BASE_URL: baseUrl } : {}),
    },
  });
}

async function reload(file: string): Promise<void> {
  delete require.cache[require.resolve(file)];
  require(file);
}
