import { AsyncLocalStorage } from "node:async_hooks";
import { isDeepStrictEqual } from "node:util";
import { tellEvent } from "../runtime/client-events";
import { systemClock } from "../clock";
import { type Connection, connect } from "../runtime/connect";
import type { KnownState } from "../deployment/create";
import { AutoNames, type Seed } from "../deployment/auto-names";
import { unknownValue } from "../deployment/check";
import { originOf } from "../deployment/organization";
import type { DeploymentOuts } from "../deployment/outputs";
import type { Progress } from "../deployment/progress";
import { RunWatch } from "../runtime/run-reporter";
import { engineUnknown } from "../runtime/engine-unknown";
import type { ClientEvent } from "../api/client";
import { createRedact, type Redact } from "../api/redaction";
import { resolveSettings } from "../runtime/settings";
import { checkConfig, type PluginConfig, readConfig } from "./config";
import { EngineLog, type LogEntry } from "./engine-log";
import { RequestError } from "./request-error";

/** What the calls of one provider process share: its configuration, the connection made from it, and the engine's log. */
export class Session {
  /** The provider resource's own id, from `Configure`. */
  providerId: string | undefined;
  #values: Readonly<Record<string, unknown>> = {};
  #config: PluginConfig = readConfig({});
  #isConfigured = false;
  #connection: Connection | undefined;
  #log: EngineLog;
  #redact: Redact = (text) => text;
  #isMovedResourceExpected = false;
  readonly #cancellation = new AbortController();
  /** Which resource a request is made for, and what was told of it already. */
  readonly #subject = new AsyncLocalStorage<{ urn: string; told: Set<string> }>();
  /** What concerns the whole run and was told already. */
  readonly #lastingTold = new Set<string>();
  #preflight: Promise<void> | undefined;
  readonly names = new AutoNames();
  readonly watch = new RunWatch({ clock: systemClock, tell: (text) => this.#inform(text) });
  /** The deployments that the state holds, as far as the engine has named them: no killed run has left them. */
  readonly knownIds = new Set<string>();
  readonly #heldByUrn = new Map<string, string>();
  /** Whether the state has the provider with another configuration. */
  isConfigChanged = false;
  /** The provider's name if the program declares it; undefined for the engine's default provider. */
  explicitProvider: string | undefined;

  /** URNs of the resources that the program has declared in this run, by `Check`: a refresh alone calls no `Check`. */
  readonly declaredUrns = new Set<string>();
  /** By URN: deployments of declared resources that this run keeps, by their `Diff`. */
  readonly keptIds = new Map<string, string>();

  constructor(engineAddress: string | undefined) {
    this.#log = new EngineLog(engineAddress);
  }

  get config(): PluginConfig {
    return this.#config;
  }

  /** Aborted by `cancel`. */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  attach(engineAddress: string): void {
    this.#log = new EngineLog(engineAddress);
  }

  /**
   * Takes the configuration of the process. Any local process can call the plugin's port, so a later call can only make known
   * what was not known yet: otherwise it could have the API key sent to another address. Throws `RequestError` for any other.
   */
  configure(values: Readonly<Record<string, unknown>>, providerId: string | undefined): void {
    const isRefinement = Object.entries({ ...this.#values, ...values }).every(
      ([key]) => this.#values[key] === unknownValue || isDeepStrictEqual(this.#values[key], values[key]),
    );
    if (this.#isConfigured && !isRefinement) {
      throw new RequestError("the provider is configured already, with other settings");
    }
    this.#isConfigured = true;
    this.#values = values;
    this.#config = readConfig(values);
    this.providerId = providerId;
    this.#connection = undefined;
    const { apiKey } = this.#config;
    if (apiKey !== undefined) this.#redact = createRedact(apiKey);
  }

  /** Throws `SettingsError` where the configuration lacks something, so that a schema or a check can do without. */
  connect(): Connection {
    if (this.#connection === undefined) {
      const settings = resolveSettings({ config: this.#config });
      this.#redact = createRedact(settings.apiKey);
      this.#connection = connect(settings, {
        onEvent: (event) => this.#tellEvent(event),
        knownIds: this.knownIds,
      });
    }
    return this.#connection;
  }

  /** See `originOf`. Undefined if the settings are not known yet, as in a preview, or are wrong. */
  get origin(): string | undefined {
    if (!this.#areSettingsKnown()) return undefined;
    try {
      return originOf(resolveSettings({ config: this.#config }));
    } catch {
      return undefined;
    }
  }

  /** The engine asks about the difference between another provider and this one: the next resource moves from there to here. */
  expectMovedResource(): void {
    this.#isMovedResourceExpected = this.#isConfigured;
  }

  /** Whether the resource of this `Diff` has moved here from another provider. */
  takeMovedResource(): boolean {
    const isMoved = this.#isMovedResourceExpected;
    this.#isMovedResourceExpected = false;
    return isMoved;
  }

  redact(text: string): string {
    return this.#redact(text);
  }

  /** Ends every wait at once, and refuses to begin anything more. What the platform has begun goes on there. */
  cancel(): void {
    this.#cancellation.abort();
  }

  assertNotCanceled(): void {
    if (this.signal.aborted) throw new RequestError("canceled before anything was begun");
  }

  /** The provider resource's id is a UUID that the stack's state keeps from the first run on, and nobody else knows. */
  get seed(): Seed {
    // As the id comes in the preview that would make the provider.
    if (this.providerId === engineUnknown) return { kind: "unknown" };
    return this.providerId ? { kind: "stack", value: this.providerId } : { kind: "none" };
  }

  /** Call it with each resource of the state that the engine names, by `Read` or `Diff`. */
  holds(urn: string, { deploymentId, name }: Pick<DeploymentOuts, "deploymentId" | "name">): void {
    this.knownIds.add(deploymentId);
    this.#heldByUrn.set(urn, deploymentId);
    this.names.record(urn, name);
  }

  /** The URN of another resource of the state that holds a deployment, as far as the engine has named it. */
  holderOf(deploymentId: string, urn: string): string | undefined {
    return otherKeyOf(this.#heldByUrn, deploymentId, urn);
  }

  /** The URN of another resource that keeps a deployment in this run. */
  keeperOf(deploymentId: string, urn: string): string | undefined {
    return otherKeyOf(this.keptIds, deploymentId, urn);
  }

  /**
   * What is known of the state before a create. A resource that is to be replaced by force (`up --replace`, `state taint`) is
   * named by `Read` only. The engine calls it if `refreshBeforeUpdate` was on when the resource was written, and in another
   * process if the configuration changes in this run.
   */
  stateFor(urn: string, adopt: string | undefined): KnownState {
    const holder = adopt === undefined ? undefined : this.holderOf(adopt, urn);
    const isRefreshed = this.#config.refreshBeforeUpdate && !this.#config.wasRefreshOff;
    return {
      isKnown: isRefreshed && !this.isConfigChanged,
      whyUnknown: isRefreshed
        ? "the provider's configuration changes in this run, so the provider does not know whether the state already holds it; " +
          "run the same command again"
        : "refreshBeforeUpdate is off, or was off in an earlier run, so the provider does not know whether the state already " +
          "holds it (`pulumi stack --show-ids` shows what the state holds)",
      ownId: this.#heldByUrn.get(urn),
      ...(holder === undefined ? {} : { adoptHeldBy: holder }),
    };
  }

  /** Runs a call for one resource, whose line shows what its requests have to wait for. */
  about<T>(urn: string, call: (tell: (progress: Progress) => void) => Promise<T>): Promise<T> {
    return this.#subject.run({ urn, told: new Set() }, () =>
      call(({ kind, text }) => {
        this.#tell(urn, kind === "trouble" ? "warning" : "info", text);
      }),
    );
  }

  /** Warns, once, of what an apply with this configuration would run into. For previews; never rejects. */
  preflight(): Promise<void> {
    this.#preflight ??= (async () => {
      if (!this.#areSettingsKnown()) return;
      const { preflight } = require("../runtime/preflight") as typeof import("../runtime/preflight");
      for (const text of await preflight(this.connect().client)) this.warn(text);
    })();
    return this.#preflight;
  }

  /** A preview can know less than the apply. The engine's check of the configuration reports what is wrong. */
  #areSettingsKnown(): boolean {
    const { apiKey, baseUrl } = this.#values;
    return apiKey !== unknownValue && baseUrl !== unknownValue && checkConfig(this.#values).length === 0;
  }

  /** Something about the run as a whole, also after it. */
  #inform(message: string): void {
    this.#log.write({ severity: "info", message: this.redact(message), isEphemeral: false });
  }

  /** Something that the reader has to know after the run, too. */
  warn(message: string, urn?: string): void {
    this.#log.write({ severity: "warning", message: this.redact(message), urn, isEphemeral: false });
  }

  #tell(urn: string, severity: LogEntry["severity"], text: string): void {
    this.#log.write({ severity, message: this.redact(text), urn, isEphemeral: true });
  }

  #tellEvent(event: ClientEvent): void {
    const told = tellEvent(event);
    if (told === undefined) return;
    const { severity, text, matter, isLasting } = told;
    if (isLasting) {
      if (severity === "warning" && this.#lastingTold.has(matter)) return;
      this.#lastingTold.add(matter);
      this.#log.write({ severity, message: this.redact(text), isEphemeral: false });
      return;
    }
    const subject = this.#subject.getStore();
    if (subject === undefined || subject.told.has(matter)) return;
    subject.told.add(matter);
    this.#tell(subject.urn, severity, text);
  }
}

function otherKeyOf(ids: ReadonlyMap<string, string>, id: string, urn: string): string | undefined {
  return [...ids].find(([other, held]) => held === id && other !== urn)?.[0];
}
