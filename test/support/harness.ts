import { expect } from "chai";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../emulator/src/index";
import { dynamicHost, type Host } from "../../scripts/engine/hosts";
import { EngineProject, type ProjectOptions } from "./engine";

export interface HarnessOptions
  extends Omit<EmulatorOptions, "host">,
    Pick<ProjectOptions, "config" | "env" | "files" | "yaml"> {
  host?: Host;
  /** The program, without the definition of `Deployment`, which the host adds. With `yaml`, there is none. */
  program?: string;
}

/** The same for each emulator, so that the CLI encrypts it only once. */
const apiKey = "onv_sk_live_of_the_engine_tests";

/** Resolves when the platform has so many deployments. */
export async function untilDeployments(control: Emulator["control"], count: number): Promise<void> {
  while (control.state().deployments.length < count) await control.requests.next();
}

/** An emulator, and a Pulumi project that deploys to it with one host of the provider. */
export class Harness {
  private constructor(
    readonly emulator: Emulator,
    readonly project: EngineProject,
    readonly host: Host,
  ) {}

  static async start({
    host = dynamicHost,
    program = "",
    config,
    env,
    files,
    yaml,
    ...emulatorOptions
  }: HarnessOptions = {}): Promise<Harness> {
    // Fast enough to take no time, slow enough for each phase to be visible.
    const emulator = await startEmulator({ speed: 1_000, apiKeys: [{ key: apiKey }], ...emulatorOptions });
    try {
      const project = await EngineProject.create({
        ...host.project,
        ...(yaml === undefined ? { program: `${host.prelude}\n${program}` } : { yaml }),
        config: {
          "onvera:apiKey": { secret: emulator.apiKey },
          "onvera:baseUrl": emulator.baseUrl,
          ...host.project?.config,
          ...config,
        },
        env: { ONVERA_POLL_INTERVAL_MS: "50", ...host.project?.env, ...env },
        files: { ...host.project?.files, ...files },
      });
      return new Harness(emulator, project, host);
    } catch (error) {
      await emulator.close();
      throw error;
    }
  }

  get control(): Emulator["control"] {
    return this.emulator.control;
  }

  /** An up whose operations go on only after so many creates were accepted: after a failure, the engine begins no more creates. */
  async upTogether(count: number, options: { mayFail?: boolean } = {}) {
    await this.control.clock.pause();
    const run = this.project.spawnUp();
    await untilDeployments(this.control, count);
    await this.control.clock.resume();
    return this.project.finish(run, options);
  }

  setProgram(body: string): void {
    this.project.setProgram(`${this.host.prelude}\n${body}`);
  }

  /** The ids of the deployments in the emulator, sorted. */
  platformIds(): string[] {
    return this.control
      .state()
      .deployments.map(({ id }) => id)
      .sort();
  }

  /** The ids of the managed deployments in the state, sorted. */
  async stateIds(): Promise<string[]> {
    const { resources } = await this.project.state();
    return resources
      .flatMap(({ type, id, external }) => (type === this.host.type && !external && id ? [id] : []))
      .sort();
  }

  /** Fails unless the emulator and the state hold the same deployments. */
  async expectAgreement(): Promise<void> {
    expect(this.platformIds(), "deployments in the emulator, compared with the state").to.deep.equal(
      await this.stateIds(),
    );
  }

  /** The number of such requests since the last `control.requests.clear()`. */
  countRequests(method: string, path: RegExp = /./): number {
    const { requests } = this.control.requests.list();
    return requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  async stop(): Promise<void> {
    await this.project.dispose();
    await this.emulator.close();
  }
}

/** For a `describe` block: starts harnesses, and stops them after each test. */
export function useHarness(): (options?: HarnessOptions) => Promise<Harness> {
  const harnesses: Harness[] = [];
  afterEach(async () => {
    for (const harness of harnesses.splice(0)) await harness.stop();
  });
  return async (options) => {
    const harness = await Harness.start(options);
    harnesses.push(harness);
    return harness;
  };
}
