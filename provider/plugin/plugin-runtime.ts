import { setMaxListeners } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { ActionRequiredError, PlatformError } from "../api/errors";
import type { Seed } from "../deployment/auto-names";
import { originOf } from "../deployment/organization";
import { type KnownState, RequestError, unknownValue, type Values } from "../resource-handler";
import type { Connection } from "../runtime/connect";
import { EngineLog } from "../runtime/engine-log";
import { engineUnknown } from "../runtime/engine-values";
import { ProviderRuntime } from "../runtime/provider-runtime";
import { resolveSettings, type Settings } from "../runtime/settings";
import { checkConfig, type PluginConfig, readConfig } from "./config";

/** Whether a resource has moved from another provider. */
export type Move = "no" | "possibly" | "yes";

/** The runtime of a plugin process, with its configuration, Ctrl-C, and what the engine's calls have shown of the state. */
export class PluginRuntime extends ProviderRuntime {
  #values: Values = {};
  #config: PluginConfig = readConfig({});
  #settings: Settings | undefined;
  #origin: string | undefined;
  #isConfigured = false;
  /** The provider resource's own id, from `Configure`. */
  #providerId: string | undefined;
  #expectedMove: Move = "no";
  readonly #cancellation = new AbortController();
  /** By URN: the ids that the state holds. There are several if an earlier replacement could not delete the old deployment. */
  readonly #heldIds = new Map<string, Set<string>>();
  /** By id: the resource that imports it in this run. */
  readonly #imports = new Map<string, { readonly urn: string; readonly isDone: boolean }>();
  /** By id: the URNs for which a refresh has read it. There are several if the state has one deployment for several resources. */
  readonly #readUrns = new Map<string, Set<string>>();
  /** Ids of which a warning says that the state has them for two resources. */
  readonly #sharedIds = new Set<string>();
  /** URNs of the resources that this run creates or replaces. */
  readonly #plannedUrns = new Set<string>();
  /** Ids that this run replaces: with an alias, the delete has another URN than the check. */
  readonly #replacedIds = new Set<string>();
  /** URNs of the resources that the program has declared in this run, by `Check`: a refresh alone calls no `Check`. */
  readonly declaredUrns = new Set<string>();
  /** Whether the state has the provider with another configuration. */
  isConfigChanged = false;
  /** The provider's name if the program declares it; undefined for the engine's default provider. */
  explicitProvider: string | undefined;

  constructor(engineAddress: string | undefined) {
    super(new EngineLog(engineAddress));
    // Every wait of every resource listens to it.
    setMaxListeners(0, this.signal);
  }

  get config(): PluginConfig {
    return this.#config;
  }

  /** Aborted by `cancel`. */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  attach(engineAddress: string): void {
    this.log = new EngineLog(engineAddress);
  }

  /**
   * Sets the configuration of the process. Any local process can call the plugin's port, so a later call can only add what was
   * not known before: otherwise it could have the API key sent to another address. Throws `RequestError` for any other.
   */
  configure(values: Values, providerId: string | undefined): void {
    const isRefinement = Object.keys({ ...this.#values, ...values }).every(
      (key) => this.#values[key] === unknownValue || isDeepStrictEqual(this.#values[key], values[key]),
    );
    if (this.#isConfigured && !isRefinement) {
      throw new RequestError("the provider is already configured with other settings");
    }
    this.#isConfigured = true;
    this.#values = values;
    this.#config = readConfig(values);
    this.#providerId = providerId;
    this.#settings = undefined;
    this.#origin = undefined;
    if (this.#config.apiKey !== undefined) this.hideKey(this.#config.apiKey);
  }

  /** Throws `SettingsError` if the configuration lacks something. A schema or a check works without. */
  connect(): Connection {
    this.#settings ??= resolveSettings({ config: this.#config });
    return this.connectWith(this.#settings);
  }

  /** See `originOfConfig`. */
  get origin(): string | undefined {
    this.#origin ??= originOfConfig(this.#values);
    return this.#origin;
  }

  /** The engine compares another provider with this one: the next resource has moved from there to here, or may have. */
  expectMove(move: Move): void {
    if (this.#isConfigured) this.#expectedMove = move;
  }

  /** Whether the resource of this `Diff` has moved here from another provider. */
  takeMove(): Move {
    const move = this.#expectedMove;
    this.#expectedMove = "no";
    return move;
  }

  /** Ends every wait at once, also those of later calls. What the platform has accepted continues there. */
  cancel(): void {
    this.#cancellation.abort();
  }

  /** The provider resource's id: a UUID that only the stack's state contains, from the first run on. */
  get seed(): Seed {
    // In a preview that would create the provider.
    if (this.#providerId === engineUnknown) return { kind: "unknown" };
    return this.#providerId ? { kind: "stack", value: this.#providerId } : { kind: "none" };
  }

  /**
   * Call it with each resource of the state that the engine names, by `Read` or `Diff`. Warns if another resource has imported the id
   * before: in a run that changes the configuration, or without a refresh, an import can come first.
   */
  recordHeld(urn: string, id: string, name: unknown): void {
    this.knownIds.add(id);
    this.#heldIds.set(urn, (this.#heldIds.get(urn) ?? new Set()).add(id));
    this.names.record(urn, name);
    const imported = this.#imports.get(id);
    if (imported?.isDone && imported.urn !== urn) this.#warnIfShared(id, imported.urn, urn);
  }

  /** Call it with each resource that a refresh has read. Warns if the state has the deployment for another resource as well. */
  recordRead(urn: string, id: string): void {
    const urns = this.#readUrns.get(id) ?? new Set();
    this.#readUrns.set(id, urns.add(urn));
    const [first = urn, second] = urns;
    if (second !== undefined) this.#warnIfShared(id, first, second);
  }

  /** Warns, once for each id, if the state has it for two resources. */
  #warnIfShared(id: string, first: string, second: string): void {
    if (this.#sharedIds.has(id)) return;
    this.#sharedIds.add(id);
    this.warn(
      `the state has ${id} for ${first} and for ${second}: a destroy of one would destroy it for both; remove the one that does not ` +
        "own it from the state with `pulumi state delete <urn>`",
      second,
    );
  }

  override plan(urn: string): void {
    this.#plannedUrns.add(urn);
    super.plan(urn);
  }

  /** Call it with the id of each declared resource that this run replaces. */
  recordReplaced(id: string): void {
    this.#replacedIds.add(id);
  }

  /**
   * As in the base class. Also throws before a replacement if a refresh has read the id for another resource, or this run imports it for
   * another one, and that resource is not known to be replaced: `deleteBeforeReplace` deletes before the engine has compared every resource.
   */
  override assertNotKept({ kind, id, urn }: { kind: string; id: string; urn: string }): void {
    super.assertNotKept({ kind, id, urn });
    if (!this.#plannedUrns.has(urn) && !this.#replacedIds.has(id)) return;
    const holders = [...(this.#readUrns.get(id) ?? []), this.#imports.get(id)?.urn ?? urn];
    // A resource that stays with another id holds this one only until it is deleted.
    const keeper = holders.find(
      (other) => other !== urn && !this.#plannedUrns.has(other) && this.keptIdOf(other) === undefined,
    );
    if (keeper === undefined) return;
    throw new ActionRequiredError(
      `${kind} ${id} is not destroyed: the stack holds it also as ${keeper}; remove the resource that does not own it from the state ` +
        "with `pulumi state delete <urn>`, then run `pulumi up`",
    );
  }

  /** The URN of another resource of the state that holds an id, as far as the engine has named it. */
  holderOf(id: string, urn: string): string | undefined {
    return [...this.#heldIds].find(([other, held]) => held.has(id) && other !== urn)?.[0];
  }

  /**
   * Imports what `read` reads. Throws `PlatformError` if another resource holds the id or imports it in this run; also after the read,
   * because the engine can have named the holder meanwhile. Once an import has failed, another resource can import the id.
   */
  async import<T>(
    { kind, urn, id }: { kind: string; urn: string; id: string },
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const assertImportable = () => {
      const refusal = this.#importRefusal(urn, id);
      if (refusal !== undefined) throw new PlatformError(`${kind} ${id} cannot be imported: ${refusal}`);
    };
    assertImportable();
    this.#imports.set(id, { urn, isDone: false });
    let isDone = false;
    try {
      const found = await read();
      assertImportable();
      isDone = found !== undefined;
      return found;
    } finally {
      if (isDone) this.#imports.set(id, { urn, isDone });
      else this.#imports.delete(id);
    }
  }

  #importRefusal(urn: string, id: string): string | undefined {
    const holder = this.holderOf(id, urn);
    if (holder !== undefined) {
      return `the stack already holds it as ${holder}; to rename a resource, use the option aliases instead of import`;
    }
    const importer = this.#imports.get(id)?.urn ?? urn;
    return importer === urn ? undefined : `${importer} imports it as well; remove the option import of one of the two`;
  }

  /**
   * What is known of the state before a create. For a resource that the user replaces by force (`up --replace`, `state taint`), the
   * engine calls only `Read`: only if `refreshBeforeUpdate` was on when the resource was written, and in another process if the
   * configuration changes in this run.
   */
  stateFor(urn: string, adopt: string | undefined): KnownState {
    const holder = adopt === undefined ? undefined : this.holderOf(adopt, urn);
    const isRefreshed = this.#config.refreshBeforeUpdate && !this.#config.wasRefreshOff;
    return {
      isKnown: isRefreshed && !this.isConfigChanged,
      whyUnknown: isRefreshed
        ? "the provider's configuration changes in this run, so the provider does not know whether the state already holds it"
        : "refreshBeforeUpdate is off, or was off in an earlier run, so the provider does not know whether the state already " +
          "holds it (`pulumi stack --show-ids` shows what the state holds)",
      isKnownNextTime: isRefreshed,
      ownIds: [...(this.#heldIds.get(urn) ?? [])],
      hasOtherKeys: this.#config.hadOtherKeys,
      ...(holder === undefined ? {} : { adoptHeldBy: holder }),
    };
  }

  /** Warns, once, about what would fail in an apply. A preview can know less than the apply. */
  async preflightIfKnown(): Promise<void> {
    if (this.#areSettingsKnown()) await this.preflight(() => this.connect(), this.signal);
  }

  /** Invalid settings count as unknown, because `CheckConfig` reports them. */
  #areSettingsKnown(): boolean {
    const { apiKey, baseUrl } = this.#values;
    return apiKey !== unknownValue && baseUrl !== unknownValue && checkConfig(this.#values).length === 0;
  }
}

/**
 * The origin (see `originOf`) of the settings that a configuration leads to. Undefined if they are invalid, or not known yet, as in a
 * preview.
 */
export function originOfConfig(values: Values): string | undefined {
  if (values["apiKey"] === unknownValue || values["baseUrl"] === unknownValue) return undefined;
  try {
    return originOf(resolveSettings({ config: readConfig(values) }));
  } catch {
    return undefined;
  }
}
