import { expect } from "chai";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../emulator/src/index";
import { type Door, dynamicDoor } from "./doors";
import { EngineProject, type ProjectOptions } from "./engine";

export interface WorldOptions extends EmulatorOptions, Pick<ProjectOptions, "config" | "env" | "files" | "yaml"> {
  door?: Door;
  /** The body of the program, below what makes `Deployment` available; `yaml` goes instead. */
  program?: string;
}

/** A platform and a project that deploys to it through one door. */
export class World {
  private constructor(
    readonly emulator: Emulator,
    readonly project: EngineProject,
    readonly door: Door,
  ) {}

  static async start({
    door = dynamicDoor,
    program = "",
    config,
    env,
    files,
    yaml,
    ...emulatorOptions
  }: WorldOptions = {}): Promise<World> {
    // Fast enough to cost no time, slow enough that each phase can be seen.
    const emulator = await startEmulator({ speed: 1_000, ...emulatorOptions });
    try {
      const project = await EngineProject.create({
        ...door.project,
        ...(yaml === undefined ? { program: `${door.prelude}\n${program}` } : { yaml }),
        config: {
          "onvera:apiKey": { secret: emulator.apiKey },
          "onvera:baseUrl": emulator.baseUrl,
          ...door.project?.config,
          ...config,
        },
        env: { ONVERA_POLL_INTERVAL_MS: "50", ...door.project?.env, ...env },
        files: { ...door.project?.files, ...files },
      });
      return new World(emulator, project, door);
    } catch (error) {
      await emulator.close();
      throw error;
    }
  }

  get control(): Emulator["control"] {
    return this.emulator.control;
  }

  setProgram(body: string): void {
    this.project.setProgram(`${this.door.prelude}\n${body}`);
  }

  /** Ids of the deployments that exist on the platform, sorted. */
  platformIds(): string[] {
    return this.control
      .state()
      .deployments.map(({ id }) => id)
      .sort();
  }

  /** Ids of the managed deployments that the state holds, sorted. */
  async stateIds(): Promise<string[]> {
    const { resources } = await this.project.state();
    return resources
      .flatMap(({ type, id, external }) => (type === this.door.type && !external && id ? [id] : []))
      .sort();
  }

  /** Fails unless the platform has exactly what the state says. */
  async expectAgreement(): Promise<void> {
    expect(this.platformIds(), "deployments on the platform, against those in the state").to.deep.equal(
      await this.stateIds(),
    );
  }

  /** How often the API was called so, since the last `control.requests.clear()`. */
  countRequests(method: string, path: RegExp = /./): number {
    const { requests } = this.control.requests.list();
    return requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  async stop(): Promise<void> {
    await this.project.dispose();
    await this.emulator.close();
  }
}

/** For a `describe` block: starts worlds, and stops them after each test. */
export function useWorlds(): (options?: WorldOptions) => Promise<World> {
  const worlds: World[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.stop();
  });
  return async (options) => {
    const world = await World.start(options);
    worlds.push(world);
    return world;
  };
}
