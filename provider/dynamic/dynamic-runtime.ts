import { setMaxListeners } from "node:events";
import type { ReportProgress } from "../resource-handler";
import type { Connection } from "../runtime/connect";
import { EngineLog } from "../runtime/engine-log";
import { isEngineAddress } from "../runtime/engine-values";
import type { ResourceCall } from "../runtime/failure-summary";
import { ProviderRuntime } from "../runtime/provider-runtime";
import { resolveSettings, type Settings } from "../runtime/settings";

export interface ProviderConfig {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** "false": a preview compares with the state. */
  readonly refreshBeforeUpdate?: string | undefined;
}

/** How long a POST in flight can take after the engine has ended, in milliseconds. */
const endWithinMs = 35_000;

/** The runtime of the dynamic provider's process, with its configuration. It ends with the engine. */
export class DynamicRuntime extends ProviderRuntime {
  config: ProviderConfig = {};
  readonly #engineAddress: string;
  readonly #engineEnded = new AbortController();
  #settings: Settings | undefined;
  #isWatchingEngine = false;
  #runningCalls = 0;

  /** `engineAddress` is that of the engine's gRPC server, as Pulumi's host gets it. */
  constructor(engineAddress: string) {
    super(new EngineLog(engineAddress));
    // Every wait of every resource listens to it.
    setMaxListeners(0, this.signal);
    this.#engineAddress = engineAddress;
  }

  /** Aborted when the engine has ended. When the CLI is killed, this process continues, and would send the creates that wait. */
  get signal(): AbortSignal {
    return this.#engineEnded.signal;
  }

  /** From now on, ends every call and this process soon after the engine has ended. */
  endWithEngine(): void {
    if (this.#isWatchingEngine || !isEngineAddress(this.#engineAddress)) return;
    this.#isWatchingEngine = true;
    const { watchEngine } = require("../runtime/engine-watch") as typeof import("../runtime/engine-watch");
    watchEngine(this.#engineAddress, {
      onGone: () => {
        this.#engineEnded.abort();
        setTimeout(() => process.exit(), endWithinMs).unref();
        this.#endIfIdle();
      },
    });
  }

  /** Runs a call that changes something; this process does not end before it. */
  override async run<T>(call: ResourceCall, work: (onProgress: ReportProgress) => Promise<T>): Promise<T> {
    this.#runningCalls += 1;
    try {
      return await super.run(call, work);
    } finally {
      this.#runningCalls -= 1;
      this.#endIfIdle();
    }
  }

  /** Throws `SettingsError` if a setting is missing or malformed. */
  get settings(): Settings {
    this.#settings ??= resolveSettings({ config: this.config });
    return this.#settings;
  }

  connect(): Connection {
    return this.connectWith(this.settings);
  }

  #endIfIdle(): void {
    if (this.signal.aborted && this.#runningCalls === 0) process.exit();
  }
}
