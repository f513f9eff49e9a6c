import { statSync } from "node:fs";
import { type Emulator, type EmulatorOptions, startEmulator } from "../emulator/src/index";
import { EngineProject, type RunOptions, type RunResult } from "../scripts/engine/project";
import { type Usage, watchUsage } from "./processes";
import type { Program } from "./programs";

export interface StackOptions extends EmulatorOptions {
  readonly program: Program;
  /** The platform of another stack, instead of one of its own. */
  readonly emulator?: Emulator;
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves out what the file backend writes at each step, which is the engine's cost and grows with the square of the size. */
  readonly withoutCheckpoints?: boolean;
}

/** A command of the engine, and what it took. */
export interface Measured {
  readonly result: RunResult;
  readonly ms: number;
  /** Of the provider's process. */
  readonly provider: Usage;
}

/** The hosts of dynamic providers, and plugins. */
const providers = /cmd\/dynamic-provider|pulumi-resource-(onvera|peer)/;

/** A platform whose operations end at once, and how often it is polled, in milliseconds: the provider and the engine alone take time. */
export const instant = (pollIntervalMs: number) => ({
  speed: Number.POSITIVE_INFINITY,
  env: { ONVERA_POLL_INTERVAL_MS: String(pollIntervalMs) },
});

/** A local platform and a stack on it. */
export class Stack {
  private constructor(
    readonly emulator: Emulator,
    readonly project: EngineProject,
    readonly isOwner: boolean,
  ) {}

  static async start({
    program,
    emulator: shared,
    env = {},
    withoutCheckpoints = false,
    ...options
  }: StackOptions): Promise<Stack> {
    const emulator = shared ?? (await startEmulator(options));
    const project = await EngineProject.create({
      env: {
        ONVERA_API_KEY: emulator.apiKey,
        ONVERA_BASE_URL: emulator.baseUrl,
        ...(withoutCheckpoints ? { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
        ...env,
      },
    });
    const stack = new Stack(emulator, project, shared === undefined);
    stack.use(program);
    return stack;
  }

  use({ files }: Program): void {
    for (const [name, text] of Object.entries(files)) this.project.write(name, text);
  }

  up(options: RunOptions = {}): Promise<Measured> {
    return this.#measure(this.project.spawnUp({ timeoutMs: 900_000, ...options }), options);
  }

  async run(command: "preview" | "refresh" | "destroy", options: RunOptions = {}): Promise<Measured> {
    const startedMs = performance.now();
    const result = await this.project[command]({ timeoutMs: 900_000, ...options });
    return { result, ms: performance.now() - startedMs, provider: { peakBytes: 0, cpuMs: 0 } };
  }

  /** How often the platform was asked so, since the last `clear`. */
  requests(method: string, path: RegExp): number {
    const { requests } = this.emulator.control.requests.list();
    return requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  clearRequests(): void {
    this.emulator.control.requests.clear();
  }

  get stateBytes(): number {
    return statSync(this.project.stateFile).size;
  }

  async stop(): Promise<void> {
    await this.project.dispose();
    if (this.isOwner) await this.emulator.close();
  }

  async #measure(run: ReturnType<EngineProject["spawnUp"]>, options: RunOptions): Promise<Measured> {
    const startedMs = performance.now();
    const watch = watchUsage(run.command.pid ?? 0, providers);
    try {
      const result = await this.project.finish(run, options);
      return { result, ms: performance.now() - startedMs, provider: watch.stop() };
    } finally {
      watch.stop();
    }
  }
}

/** Starts a stack, uses it, and stops it in any case. */
export async function withStack<T>(options: StackOptions, use: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await Stack.start(options);
  try {
    return await use(stack);
  } finally {
    await stack.stop();
  }
}
