import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stringify } from "yaml";
import { type Emulator, type EmulatorOptions, startEmulator } from "../emulator/src/index";
import { engineCli } from "./engine/cli";
import { RunningCommand } from "./engine/command";
import { type PostgresBackend, startPostgres } from "./engine/postgres";
import { repositoryRoot } from "./engine/project";

export type Teams = Readonly<Record<string, { apiKey: string; stacks: Record<string, Record<string, string>> }>>;

export interface FleetRunOptions extends EmulatorOptions {
  readonly teams: Teams;
  /** Instead of those below, in fleet.yaml. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The keys of the teams, by their variables; the emulator's first key is in ONVERA_API_KEY. */
  readonly keys?: Readonly<Record<string, string>>;
  /** 100 unless told. */
  readonly pollIntervalMs?: number;
}

const fleetFolder = join(repositoryRoot, "examples", "fleet");

/** The fleet of examples/fleet with a PostgreSQL server and an emulator of its own: for tests, the benchmark and the demo. */
export class FleetRun {
  readonly #workers: RunningCommand[] = [];

  private constructor(
    readonly emulator: Emulator,
    readonly postgres: PostgresBackend,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async start({
    teams,
    settings = {},
    keys = {},
    pollIntervalMs = 100,
    ...emulatorOptions
  }: FleetRunOptions): Promise<FleetRun | { readonly missing: string }> {
    const postgres = await startPostgres();
    if ("missing" in postgres) return postgres;
    try {
      const emulator = await startEmulator(emulatorOptions);
      const folder = mkdtempSync(join(tmpdir(), "fleet-run-"));
      mkdirSync(join(folder, "teams"));
      const { directory } = await engineCli();
      const env = {
        PATH: [directory, process.env["PATH"]].join(delimiter),
        HOME: folder,
        PULUMI_HOME: join(folder, "pulumi-home"),
        PULUMI_CONFIG_PASSPHRASE: "fleet",
        PULUMI_SKIP_UPDATE_CHECK: "1",
        ...postgres.env,
        FLEET_DATABASE_URL: postgres.env.PULUMI_BACKEND_URL,
        FLEET_PLUGIN: join(repositoryRoot, "bin"),
        ONVERA_BASE_URL: emulator.baseUrl,
        ONVERA_API_KEY: emulator.apiKey,
        ONVERA_POLL_INTERVAL_MS: String(pollIntervalMs),
        ...keys,
      };
      const run = new FleetRun(emulator, postgres, folder, env);
      const usual = { teams: "teams", project: "fleet", slots: 2, leaseSeconds: 30, stopSeconds: 0, taskSeconds: 600 };
      const file = { ...usual, retry: { limit: 3, delaySeconds: 1 }, ...settings };
      writeFileSync(run.settingsFile, stringify(file));
      run.writeTeams(teams);
      return run;
    } catch (error) {
      await postgres.stop();
      throw error;
    }
  }

  get settingsFile(): string {
    return this.#file("fleet.yaml");
  }

  writeTeams(teams: Teams): void {
    for (const [team, desired] of Object.entries(teams)) {
      writeFileSync(this.#file(join("teams", `${team}.yaml`)), stringify(desired, { aliasDuplicateObjects: false }));
    }
  }

  /** Runs a command of the fleet, and shows what it prints. Rejects if it fails. */
  async command(args: readonly string[], show: (text: string) => void = () => undefined): Promise<string> {
    const { code, stdout, stderr } = await this.#spawn(args, { onStdout: show }).ended;
    if (code !== 0) throw new Error(`fleet ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** A worker in a process of its own. */
  startWorker(env: Readonly<Record<string, string>> = {}): RunningCommand {
    const worker = this.#spawn(["worker"], { env });
    this.#workers.push(worker);
    return worker;
  }

  /** The Pulumi CLI on one of the stacks. */
  async pulumi(...args: readonly string[]) {
    const { binary } = await engineCli();
    writeFileSync(this.#file("Pulumi.yaml"), stringify({ name: "fleet", runtime: "yaml" }));
    return new RunningCommand(binary, args, { cwd: this.folder, env: this.env, timeoutMs: 120_000 });
  }

  /** Stops the workers in order, then what they used. */
  async stop(): Promise<void> {
    for (const worker of this.#workers.splice(0)) {
      if (worker.isRunning) worker.signal("SIGTERM");
      await worker.ended.catch(() => undefined);
    }
    await this.emulator.close();
    await this.postgres.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(
    args: readonly string[],
    { env = {}, onStdout }: { env?: Readonly<Record<string, string>>; onStdout?: (text: string) => void } = {},
  ): RunningCommand {
    const program = [join(fleetFolder, "fleet.ts"), ...args, "--config", this.settingsFile];
    const shown = onStdout === undefined ? {} : { onStdout };
    const options = { cwd: fleetFolder, env: { ...this.env, ...env }, timeoutMs: 1_800_000, ...shown };
    // The command `tsx` starts a second process; this way, the worker is the one that was started.
    return new RunningCommand(process.execPath, ["--import", "tsx", ...program], options);
  }

  #file(name: string): string {
    return join(this.folder, name);
  }
}
