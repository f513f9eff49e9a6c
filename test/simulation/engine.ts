/**
 * A model of Pulumi's engine: what it calls in which order, and what it keeps in the state. It follows
 * `resource/deploy/step_generator.go` and `step_executor.go` of Pulumi 3.259.
 */

import { type CallTarget, type CheckResult, type Host, InitError, type Properties } from "./host";

export interface Entry {
  readonly urn: string;
  readonly name: string;
  readonly kind: "deployment" | "seed";
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly initErrors: readonly string[];
  /** It was replaced, and is still to be deleted. */
  readonly isPendingDelete: boolean;
  /** It was deleted, and its replacement does not exist yet. */
  readonly isPendingReplacement: boolean;
  readonly isTainted: boolean;
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly refreshBeforeUpdate: boolean;
  /** The timeout of its delete, in seconds. */
  readonly deleteTimeout?: number | undefined;
}

/** The last checkpoint of a stack. */
export interface State {
  entries: readonly Entry[];
}

/** A resource as the program registers it. */
export interface Registration {
  readonly urn: string;
  readonly name: string;
  /** URNs that it can have in the state. */
  readonly aliases: readonly string[];
  readonly inputs: Properties;
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** The option `import`. */
  readonly importId?: string | undefined;
  readonly deletesBeforeReplace: boolean;
  /** How often an error hook of the program repeats what fails in one run. */
  readonly repeats: number;
  readonly timeouts: {
    readonly create?: number | undefined;
    readonly update?: number | undefined;
    readonly delete?: number | undefined;
  };
}

export interface EngineOptions {
  readonly state: State;
  readonly host: Host;
  /** The provider's process that reads resources before the program runs: another one if the configuration changes. */
  readonly readingHost?: Host | undefined;
  readonly slots: number;
  readonly isPreview: boolean;
  /** URNs to replace by force. */
  readonly replaces: ReadonlySet<string>;
  /** URNs to which the run is limited. */
  readonly targets?: ReadonlySet<string> | undefined;
  /** Reads every resource first (`--refresh`). */
  readonly refreshes: boolean;
  /** Whether the state has any resource, the provider included. */
  readonly holdsAny: boolean;
  readonly newUuid: () => string;
  /** A point at which everything can be killed. Never resolves in a killed run. */
  readonly event: () => Promise<void>;
  /** Called around a provider's call, for invariants. */
  readonly during: <T>(call: EngineCall, work: () => Promise<T>) => Promise<T>;
  /** Called when the provider's diff asks for a replacement. */
  readonly onReplace: (urn: string, old: Entry) => void;
  /** Called when the state has got what the option `import` names. */
  readonly onImport: (id: string) => void;
  readonly note: (text: string) => void;
}

export interface EngineCall {
  readonly kind: "check" | "diff" | "create" | "update" | "read" | "delete";
  readonly urn: string;
  readonly entry?: Entry | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** Why the engine stops: a step has failed, or the run was canceled. */
class Stopped extends Error {}

export class Engine {
  readonly #options: EngineOptions;
  readonly errors: string[] = [];
  readonly #registered = new Set<string>();
  /** Resources that do not exist, and are not among the targets. */
  readonly #notCreated = new Set<string>();
  /** By URN: how often an error hook repeats something yet. */
  readonly #repeatsLeft = new Map<string, number>();
  /** The state in memory. Refreshes before the program change only this; every other change saves all of it. */
  #entries: readonly Entry[];
  #isStopped = false;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** The step generator handles one event after another. */
  #generator: Promise<unknown> = Promise.resolve();
  changes = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#entries = options.state.entries;
    this.#free = options.slots;
  }

  /** Ctrl-C: begins no more steps. */
  cancel(): void {
    this.#isStopped = true;
    this.errors.push("canceled");
    this.#options.host.cancel();
    this.#options.readingHost?.cancel();
  }

  get hasFailed(): boolean {
    return this.errors.length > 0;
  }

  /** Registers the program's seed; undefined where it does not exist yet, in a preview, or is not among the targets. */
  async registerSeed(urn: string, name: string): Promise<string | undefined> {
    const { isPreview, newUuid, targets } = this.#options;
    this.#registered.add(urn);
    const old = this.#entries.find((entry) => entry.urn === urn);
    if (old !== undefined) return old.id;
    if (isPreview || (targets !== undefined && !targets.has(urn))) return undefined;
    return this.#serially(async () => {
      await this.#checkpoint();
      const id = newUuid();
      this.#save([...this.#entries, { ...emptyEntry, urn, name, kind: "seed", id }]);
      return id;
    });
  }

  /** Before anything else: reads all resources (`--refresh`), or those whose provider asks for it. Rejects if one cannot be read. */
  async refreshFirst(): Promise<void> {
    const { targets, refreshes, replaces, holdsAny } = this.#options;
    const isWanted = ({ urn, refreshBeforeUpdate }: Entry) =>
      (refreshes || refreshBeforeUpdate) && (targets === undefined || targets.has(urn));
    const isRefreshing =
      (refreshes && holdsAny) || this.#entries.some(({ refreshBeforeUpdate }) => refreshBeforeUpdate);
    await this.#stopOnError(async () => this.#assertHeld(isRefreshing ? targets : undefined));
    await this.#refreshAll(isWanted);
    this.#assertRunning();
    await this.#stopOnError(async () => this.#assertHeld(replaces));
  }

  #assertHeld(urns: ReadonlySet<string> | undefined): void {
    const missing = [...(urns ?? [])].find((urn) => !this.#holds(urn));
    if (missing !== undefined) throw new Error(`Target '${missing}' could not be found in the stack.`);
  }

  /** Resolves once the resource is in the state as the program wants it. Rejects if the run stops before. */
  async register(resource: Registration): Promise<void> {
    const { urn } = resource;
    const importing = await this.#serially(() => this.#generateImport(resource));
    if (importing !== undefined) await this.#withSlot(urn, importing);
    const step = await this.#serially(() => this.#generate(resource));
    if (step === undefined) return;
    await this.#withSlot(urn, step);
  }

  /** Deletes what the program has not registered and what was replaced, dependents first. Fails if a target does not exist. */
  async finish(): Promise<void> {
    if (this.hasFailed) return;
    const unknown = [...(this.#options.targets ?? [])].filter((urn) => !this.#registered.has(urn) && !this.#holds(urn));
    if (!this.#options.isPreview)
      await this.#deleteAll((entry) => entry.isPendingDelete || !this.#registered.has(entry.urn));
    if (this.hasFailed) return;
    for (const urn of unknown) this.errors.push(`Target '${urn}' could not be found in the stack.`);
  }

  async destroy(): Promise<void> {
    if (this.hasFailed) return;
    await this.#deleteAll(() => true);
  }

  async refresh(): Promise<void> {
    const { targets } = this.#options;
    await this.#refreshAll(({ urn }) => targets?.has(urn) ?? true);
  }

  /** Ends a run that was not killed: saves what only memory has. */
  close(): void {
    if (!this.#options.isPreview) this.#save(this.#entries);
  }

  /** One that cannot be read does not stop the others, but the run ends after them. */
  async #refreshAll(isWanted: (entry: Entry) => boolean): Promise<void> {
    const failed: { readonly urn: string; readonly error: unknown }[] = [];
    const refresh = async (entry: Entry) => {
      try {
        await this.#refreshEntry(entry);
      } catch (error) {
        failed.push({ urn: entry.urn, error });
      }
    };
    await Promise.all(
      this.#entries.map((entry) =>
        entry.kind === "deployment" && !entry.isPendingReplacement && isWanted(entry)
          ? this.#withSlot(entry.urn, () => refresh(entry)).catch(ignoreStopped)
          : undefined,
      ),
    );
    for (const { urn, error } of failed) {
      await this.#stopOnError(() => Promise.reject(error), urn).catch(ignoreStopped);
    }
  }

  async #deleteAll(isUnwanted: (entry: Entry) => boolean): Promise<void> {
    const affected = this.#withDependents(this.#options.targets);
    const isWanted = (entry: Entry) => (affected?.has(entry.urn) ?? true) && isUnwanted(entry);
    const others = this.#entries.filter((entry) => isWanted(entry) && this.#options.targets?.has(entry.urn) === false);
    for (const { urn } of others) this.errors.push(`${urn} will be destroyed but was not specified in the target list`);
    for (;;) {
      const doomed = this.#entries.filter(isWanted).reverse();
      if (doomed.length === 0 || this.hasFailed) return;
      const ready = doomed.filter(
        ({ urn }) => !doomed.some((other) => other.urn !== urn && other.dependencies.includes(urn)),
      );
      await Promise.all(
        ready.map((entry) => this.#withSlot(entry.urn, () => this.#deleteEntry(entry)).catch(ignoreStopped)),
      );
    }
  }

  /** The targets, and what depends on them. */
  #withDependents(targets: ReadonlySet<string> | undefined): ReadonlySet<string> | undefined {
    if (targets === undefined) return undefined;
    const affected = new Set(targets);
    for (let size = 0; size < affected.size; ) {
      size = affected.size;
      for (const { urn, dependencies } of this.#entries)
        if (dependencies.some((each) => affected.has(each))) affected.add(urn);
    }
    return affected;
  }

  /** Returns the step that imports the resource, if it is to be imported. It is checked and compared after that, as any other one. */
  async #generateImport(resource: Registration): Promise<(() => Promise<void>) | undefined> {
    const { urn, importId } = resource;
    const { host, targets } = this.#options;
    const old = this.#oldOf(resource);
    if (importId === undefined || host.import === undefined || targets !== undefined || old?.id === importId) return;
    this.#assertRunning();
    this.#registered.add(urn);
    if (old !== undefined) this.#registered.add(old.urn);
    return () => this.#import(resource, old);
  }

  async #import({ urn, name, importId = "", ...resource }: Registration, old: Entry | undefined): Promise<void> {
    const { host, isPreview, onImport } = this.#options;
    await this.#checkpoint();
    const read = await this.#call({ kind: "read", urn }, async () => host.import?.({ urn, name }, importId));
    if (read === undefined || read.id === "") throw new Error(`resource '${importId}' does not exist`);
    const { id, outputs, inputs = {}, refreshBeforeUpdate } = read;
    const entry = { ...emptyEntry, urn, name, kind: "deployment", id, outputs, inputs, refreshBeforeUpdate } as const;
    const given = {
      dependencies: resource.dependencies,
      ignoreChanges: resource.ignoreChanges,
      deleteTimeout: resource.timeouts.delete,
    };
    await this.#checkpoint();
    const others = this.#entries.flatMap((each) => {
      if (each !== old) return [each];
      return each.isPendingReplacement ? [] : [{ ...each, isPendingDelete: true }];
    });
    this.changes += 1;
    const entries = [...others, { ...entry, ...given }];
    if (isPreview) this.#entries = entries;
    else {
      this.#save(entries);
      onImport(id);
    }
  }

  /** The resource's entry in the state, by URN or alias. */
  #oldOf({ urn, aliases }: Registration): Entry | undefined {
    return [urn, ...aliases].flatMap(
      (each) => this.#entries.find((entry) => entry.urn === each && !entry.isPendingDelete) ?? [],
    )[0];
  }

  /** Check and Diff. Returns the step to execute, if there is one. */
  async #generate(resource: Registration): Promise<(() => Promise<void>) | undefined> {
    const { host, targets, replaces, isPreview } = this.#options;
    const { urn, ignoreChanges } = resource;
    const target: CallTarget = { urn, name: resource.name };
    this.#registered.add(urn);
    this.#repeatsLeft.set(urn, resource.repeats);
    this.#assertRunning();
    const old = this.#oldOf(resource);
    if (old !== undefined) this.#registered.add(old.urn);
    if (targets !== undefined && !targets.has(urn)) {
      if (old === undefined) this.#notCreated.add(urn);
      return undefined;
    }
    const missing = resource.dependencies.find((each) => this.#notCreated.has(each));
    if (missing !== undefined) throw new Error(`${urn} depends on ${missing}, which is not among the targets`);
    const isForced = replaces.has(urn) || old?.isTainted === true;
    /** An earlier run has deleted it: whatever its diff is, it is replaced. */
    const isRecreated = old?.isPendingReplacement === true;
    /** A new or replaced resource gets nothing from the state, so that nothing is ignored. */
    const check = async (olds: Properties | undefined): Promise<CheckResult> => {
      const news = olds === undefined ? resource.inputs : withIgnored(resource.inputs, olds, ignoreChanges);
      const result = await this.#call({ kind: "check", urn }, () => host.check(target, olds ?? {}, news));
      this.#assertValid(resource, result);
      return result;
    };
    let checked = await check(isForced ? undefined : old?.inputs);
    if (old === undefined) {
      this.changes += 1;
      if (isPreview) {
        await this.#call({ kind: "create", urn }, () => host.previewCreate(target, checked.inputs));
        return undefined;
      }
      return () => this.#create(resource, checked.inputs, undefined);
    }
    const previous = old;
    const diff = isForced
      ? { changes: true, replaces: ["id"] }
      : await this.#call({ kind: "diff", urn }, () =>
          host.diff(target, previous.id, previous.outputs, checked.inputs, ignoreChanges),
        );
    if (diff.replaces.length > 0 || isRecreated) {
      if (resource.importId !== undefined && host.import !== undefined && !isPreview)
        throw new Error("previously-imported resources that still specify an ID may not be replaced");
      this.changes += 1;
      if (!isForced) {
        if (!isRecreated) this.#options.onReplace(urn, previous);
        checked = await check(undefined);
      }
      if (isPreview) {
        await this.#call({ kind: "create", urn }, () => host.previewCreate(target, checked.inputs));
        return undefined;
      }
      return async () => {
        if (resource.deletesBeforeReplace && !isRecreated) {
          await this.#deleteEntry(previous, { keepsAsPending: true });
          this.#assertRunning();
        }
        await this.#create(resource, checked.inputs, previous);
      };
    }
    if (diff.changes || previous.initErrors.length > 0) {
      this.changes += 1;
      if (!isPreview) return () => this.#update(resource, checked.inputs, previous);
      await this.#call({ kind: "update", urn, entry: previous }, () =>
        host.previewUpdate(target, previous.id, previous.outputs, checked.inputs),
      );
      return undefined;
    }
    if (isPreview) return undefined;
    const same = {
      ...previous,
      urn,
      name: resource.name,
      inputs: checked.inputs,
      dependencies: resource.dependencies,
      ignoreChanges,
      deleteTimeout: resource.timeouts.delete,
    };
    this.#entries = this.#withChange(previous, same);
    const saved = ({ urn: own, inputs, dependencies }: Entry) => JSON.stringify([own, inputs, dependencies]);
    await this.#checkpoint();
    if (saved(same) !== saved(previous)) this.#save(this.#entries);
    return undefined;
  }

  async #create(resource: Registration, inputs: Properties, old: Entry | undefined): Promise<void> {
    const { host } = this.#options;
    const { urn, name, timeouts, dependencies } = resource;
    const keep = (id: string, outputs: Properties, initErrors: readonly string[], refreshBeforeUpdate: boolean) => {
      const current = old === undefined ? undefined : this.#current(old);
      if (current !== undefined) {
        if (current.isPendingReplacement) this.#remove(current);
        else this.#replaceEntry(current, { isPendingDelete: true });
      }
      const entry = { urn, name, kind: "deployment", id, inputs, outputs, initErrors, refreshBeforeUpdate } as const;
      const given = { dependencies, ignoreChanges: resource.ignoreChanges, deleteTimeout: timeouts.delete };
      this.#save([...this.#entries, { ...emptyEntry, ...entry, ...given }]);
    };
    await this.#checkpoint();
    this.#begin();
    try {
      const { result: created, reasons } = await this.#repeated(urn, () =>
        this.#call({ kind: "create", urn, timeoutSeconds: timeouts.create }, () =>
          host.create({ urn, name }, inputs, timeouts),
        ),
      );
      await this.#checkpoint();
      keep(created.id, created.outputs, reasons, created.refreshBeforeUpdate);
    } catch (error) {
      if (error instanceof InitError) {
        await this.#checkpoint();
        keep(error.id, error.outputs, error.reasons, error.refreshBeforeUpdate);
      }
      throw error;
    }
  }

  async #update(resource: Registration, inputs: Properties, old: Entry): Promise<void> {
    const { host } = this.#options;
    const { urn, name, timeouts, dependencies } = resource;
    const timeoutSeconds = timeouts.update;
    this.#begin();
    try {
      const { result, reasons: initErrors } = await this.#repeated(urn, () =>
        this.#call({ kind: "update", urn, entry: old, timeoutSeconds }, () =>
          host.update({ urn, name }, old.id, old.outputs, inputs, timeouts),
        ),
      );
      await this.#checkpoint();
      const { outputs, refreshBeforeUpdate } = result;
      const { ignoreChanges } = resource;
      const change = { inputs, outputs, initErrors, refreshBeforeUpdate, dependencies, ignoreChanges };
      this.#replaceEntry(old, { urn, name, ...change });
    } catch (error) {
      if (error instanceof InitError) {
        await this.#checkpoint();
        const { outputs, reasons: initErrors } = error;
        const { ignoreChanges } = resource;
        this.#replaceEntry(old, { urn, name, inputs, outputs, initErrors, dependencies, ignoreChanges });
      }
      throw error;
    }
  }

  /** Error hooks repeat what fails, also after Ctrl-C. The engine keeps the init errors of earlier attempts, also after a success. */
  async #repeated<T>(urn: string, work: () => Promise<T>): Promise<{ result: T; reasons: readonly string[] }> {
    try {
      return { result: await work(), reasons: [] };
    } catch (error) {
      const left = this.#repeatsLeft.get(urn) ?? 0;
      if (left === 0) throw error;
      this.#repeatsLeft.set(urn, left - 1);
      const { result, reasons } = await this.#repeated(urn, work);
      return { result, reasons: error instanceof InitError ? [...error.reasons, ...reasons] : reasons };
    }
  }

  async #deleteEntry(entry: Entry, { keepsAsPending = false } = {}): Promise<void> {
    const { host } = this.#options;
    await this.#checkpoint();
    if (!entry.isPendingReplacement) this.#begin();
    if (entry.kind === "deployment" && !entry.isPendingReplacement) {
      const timeoutSeconds = entry.deleteTimeout;
      await this.#repeated(entry.urn, () =>
        this.#call({ kind: "delete", urn: entry.urn, entry, timeoutSeconds }, () =>
          host.delete({ urn: entry.urn, name: entry.name }, entry.id, entry.outputs, { delete: timeoutSeconds }),
        ),
      );
    } else if (entry.kind === "seed") {
      await this.#call({ kind: "delete", urn: entry.urn }, () => host.deleteSeed());
    }
    await this.#checkpoint();
    if (keepsAsPending) this.#replaceEntry(entry, { isPendingReplacement: true });
    else this.#remove(this.#current(entry));
    this.changes += 1;
  }

  /**
   * Keeps the result in memory. It has no init errors: the engine takes them from the read. Then compares what was read with the
   * inputs before that, for the display; the result stays if that fails.
   */
  async #refreshEntry(entry: Entry): Promise<void> {
    const { urn, name, id, outputs, inputs } = entry;
    const { host, readingHost = host } = this.#options;
    const read = await this.#call({ kind: "read", urn, entry }, () =>
      readingHost.read({ urn, name }, id, outputs, inputs),
    );
    const { refreshBeforeUpdate } = read;
    const refreshed = {
      ...entry,
      outputs: read.outputs,
      inputs: read.inputs ?? inputs,
      initErrors: [],
      refreshBeforeUpdate,
    };
    this.#entries = this.#entries.flatMap((each) => (each !== entry ? [each] : read.id === "" ? [] : [refreshed]));
    if (read.id === "") return;
    await this.#call({ kind: "diff", urn, entry }, () =>
      readingHost.diff({ urn, name }, read.id, read.outputs, inputs, entry.ignoreChanges),
    );
  }

  #holds(urn: string): boolean {
    return this.#entries.some((entry) => entry.urn === urn && !entry.isPendingDelete);
  }

  #current(entry: Entry): Entry {
    if (this.#entries.includes(entry)) return entry;
    return (
      this.#entries.find((each) => each.urn === entry.urn && each.id === entry.id && each.kind === entry.kind) ?? entry
    );
  }

  #replaceEntry(entry: Entry, change: Partial<Entry>): void {
    const current = this.#current(entry);
    this.#save(this.#withChange(current, { ...current, ...change }));
  }

  /** All entries after a change of one, which can change its URN. */
  #withChange(old: Entry, changed: Entry): readonly Entry[] {
    return this.#entries.map((each) => {
      if (each === old) return changed;
      if (old.urn === changed.urn || !each.dependencies.includes(old.urn)) return each;
      return { ...each, dependencies: each.dependencies.map((urn) => (urn === old.urn ? changed.urn : urn)) };
    });
  }

  #remove(entry: Entry): void {
    this.#save(this.#entries.filter((each) => each !== entry));
  }

  #save(entries: readonly Entry[]): void {
    this.#entries = entries;
    this.#options.state.entries = entries;
  }

  async #call<T>(call: EngineCall, work: () => Promise<T>): Promise<T> {
    await this.#options.event();
    return this.#options.during(call, work);
  }

  #checkpoint(): Promise<void> {
    return this.#options.event();
  }

  /** Saves that an operation begins, and with it everything that only memory has. */
  #begin(): void {
    this.#save(this.#entries);
  }

  #assertRunning(): void {
    if (this.#isStopped) throw new Stopped("the run has stopped");
  }

  #assertValid({ urn }: Registration, { failures }: CheckResult): void {
    if (failures.length === 0) return;
    throw new Error(`${urn}: ${failures.map(({ property, reason }) => `${property}: ${reason}`).join("; ")}`);
  }

  async #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#generator.then(() => this.#stopOnError(work));
    this.#generator = result.catch(() => undefined);
    return result;
  }

  async #withSlot(urn: string, work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      this.#assertRunning();
      await this.#stopOnError(work, urn);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  async #stopOnError<T>(work: () => Promise<T>, urn?: string): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Stopped)) {
        const text = error instanceof Error ? error.message : String(error);
        this.errors.push(text);
        this.#options.note(`failed${urn === undefined ? "" : ` ${urn.split("::").at(-1)}`}: ${text}`);
        this.#isStopped = true;
      }
      throw new Stopped("the run has stopped", { cause: error });
    }
  }
}

const emptyEntry = {
  inputs: {},
  outputs: {},
  initErrors: [],
  isPendingDelete: false,
  isPendingReplacement: false,
  isTainted: false,
  dependencies: [],
  ignoreChanges: [],
  refreshBeforeUpdate: false,
} as const;

export function ignoreStopped(error: unknown): void {
  if (!(error instanceof Stopped)) throw error;
}

/** Ignored properties keep what the state has. */
function withIgnored(news: Properties, olds: Properties, ignored: readonly string[]): Properties {
  if (ignored.length === 0) return news;
  const kept: Record<string, unknown> = { ...news };
  for (const key of ignored) {
    if (olds[key] === undefined) delete kept[key];
    else kept[key] = olds[key];
  }
  return kept;
}
