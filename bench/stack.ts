import { statSync } from "node:fs";
import { type Emulator, type EmulatorOptions, startEmulator } from "../emulator/src/index";
import { EngineProject, type RunOptions, type RunResult } from "../scripts/engine/project";
import { type Usage, watchUsage } from "./processes";
import type { Program } from "./programs";

export interface StackOptions extends EmulatorOptions {
  readonly program: Program;
  /** The emulator of another stack. Default: an emulator of its own. */
  readonly emulator?: Emulator;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether to write no state during a command. These writes are the cost of the engine, and grow quadratically. */
  readonly withoutCheckpoints?: boolean;
}

/** The result and the cost of a command. */
export interface Measured {
  readonly result: RunResult;
  readonly ms: number;
  /** The usage of the provider's process. */
  readonly provider: Usage;
}

/** The processes of dynamic providers and plugins. */
const providers = /cmd\/dynamic-provider|pulumi-resource-(onvera|peer)/;

/** Operations that end at once, and the poll interval in milliseconds: only the provider and the engine take time. */
export const instant = (pollIntervalMs: number) => ({
  speed: Number.POSITIVE_INFINITY,
  env: { ONVERA_POLL_INTERVAL_MS: String(pollIntervalMs) },
});

/** A stack and its emulator. */
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
        // What users' programs load is part of the figures.
        NODE_OPTIONS: "",
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

  /** The number of such requests since the last `clearRequests`. */
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

/** Starts a stack, calls `use`, and stops the stack. */
export async function withStack<T>(options: StackOptions, use: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await Stack.start(options);
  try {
    return await use(stack);
  } finally {
    await stack.stop();
  }
}
