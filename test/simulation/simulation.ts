/** Runs one history: users, stacks, the engine, the provider's processes and the platform, on virtual time. */

import { isDeepStrictEqual } from "node:util";
import { stackName } from "../../provider/deployment/naming";
import { usualDialect } from "./dialect";
import { dynamicHost } from "./dynamic-host";
import { Engine, type EngineCall, type Entry, ignoreStopped } from "./engine";
import type { RequestClass } from "./faults";
import { type Edit, type History, type Interference, plainRun, type Resource, type Run } from "./history";
import type { Host } from "./host";
import { Network, type Sender } from "./network";
import { Onvera } from "./onvera";
import { type ProviderEntry, pluginHost } from "./plugin-host";
import { hostIn, type SimulatedProcess } from "./process";
import { type Patches, Product } from "./product";
import { type HintsOf, runProgram, sdkHints } from "./program";
import { Random } from "./random";
import {
  changeStack,
  chosenName,
  type Declared,
  describeState,
  enforcedName,
  namesOf,
  replacesByForce,
  type Stack,
  typeOf,
  urnOf,
} from "./stack";
import { falseClaim } from "./summary-claims";
import { follow } from "./user";
import { runFor, VirtualTime } from "./virtual-time";

/** So many plain runs are enough once nothing fails any more, and one or two for each resource that stops its run and asks. */
const fairRuns = 6;
const slackMs = 2_000;
/** The suffix of an automatic name. */
const automaticSuffix = /-\w{7}$/;
/** How long a list can lag: less than the provider searches for what a lost request has created. */
const maxLagMs = 10_000;
const dayMs = 86_400_000;
/** More replacements of a resource, one after another, than a history has. */
const maxReplacements = 20;
/** How long the provider awaits one request; a create on the wire is awaited beyond its deadline. */
const requestTimeoutMs = 30_000;
/** The provider's timeouts, in seconds. */
const usualSeconds = { create: 1_800, update: 1_800, delete: 1_200, read: 600, diff: 600, check: 600 };

interface StartedHost {
  readonly host: Host;
  /** What the state has of the provider once the program runs. */
  readonly provider: ProviderEntry | undefined;
}

interface Creator {
  readonly stack: Stack;
  /** Someone else has created it, and the stack has imported it. */
  readonly isImported?: boolean;
  readonly run: Run;
  readonly organization: number;
  /** On the simulation's clock. */
  readonly at: number;
  /** A known limit: if the run is killed, no later run searches for this name. */
  readonly isMisnamed: boolean;
}

/** How a run ended. */
export interface RunEnd {
  readonly isKilled: boolean;
  readonly errors: readonly string[];
  readonly changes: number;
  /** Warnings that the user acts on. */
  readonly warnings: readonly string[];
}

/** One run of a recorded history: what happened before it, what it did, and what there was afterwards. */
export interface RecordedRun {
  readonly run: Run;
  /** Deployments on the platform with a new kind of interference, and what the state held of them. */
  readonly interference: readonly (Interference & { readonly entry: Entry | undefined })[];
  readonly edits: readonly Edit[];
  /** The stack's program and settings during the run. */
  readonly program: readonly Declared[];
  readonly adopt: Readonly<Record<string, string>>;
  readonly end: RunEnd;
  /** The method of each request. */
  readonly requests: readonly string[];
  readonly stacks: readonly RecordedStack[];
  readonly deployments: readonly RecordedDeployment[];
  readonly timeline: readonly string[];
}

export interface RecordedStack {
  readonly name: string;
  readonly entries: readonly Entry[];
  /** What the user has set after the run, because its messages say so. */
  readonly adopt: Readonly<Record<string, string>>;
}

export interface RecordedDeployment {
  readonly id: string;
  readonly appType: string;
  readonly name: string;
  readonly status: string;
  /** The stack whose run has created it; undefined if someone else has. */
  readonly creator: string | undefined;
}

export interface Result {
  /** The first invariant that did not hold. */
  readonly violation: string | undefined;
  readonly timeline: readonly string[];
}

/** How often what has happened, over all histories. */
export class Coverage {
  readonly counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }
}

export class Simulation {
  readonly #history: History;
  readonly #coverage: Coverage;
  readonly #time = new VirtualTime();
  readonly #random: Random;
  readonly #organizations: readonly Onvera[];
  readonly #network: Network;
  readonly #stacks: readonly Stack[];
  readonly #timeline: string[] = [];
  readonly #isTraced: boolean;
  readonly #patches: Patches | undefined;
  #violation: string | undefined;
  /** Who has created a deployment. */
  readonly #creators = new Map<string, Creator>();
  readonly #foreignIds = new Set<string>();
  /** Deployments that remain because of a known limit. */
  readonly #excusedIds = new Set<string>();
  /** Deployments that someone else has changed while a run was going on. */
  readonly #disturbedIds = new Set<string>();
  /** Deployments that someone has renamed. */
  readonly #renamedIds = new Set<string>();
  /** Those of them that the state did not hold at that time. */
  readonly #renamedUnheldIds = new Set<string>();
  /** A request of a killed run can create a deployment after the kill. */
  readonly #killedRuns = new Set<Run>();
  /** The offset of the local clock from the simulation's. */
  #clockOffsetMs = 0;
  /** When the delete of a deployment has failed. */
  readonly #deletesFailedAt = new Map<string, number>();
  /** Deployments whose delete is going on. */
  readonly #doomedIds = new Set<string>();
  /** The method of each request, as far as it was recorded. */
  #requests: string[] = [];

  constructor(
    history: History,
    { coverage, isTraced, patches }: { coverage: Coverage; isTraced: boolean; patches?: Patches | undefined },
  ) {
    this.#history = history;
    this.#patches = patches;
    this.#coverage = coverage;
    this.#isTraced = isTraced;
    this.#random = new Random(history.entropy);
    const { clockSkewMs: skewMs, dialect = usualDialect } = history;
    this.#organizations = [0, 1].map(
      (index) => new Onvera({ index, time: this.#time, random: this.#random, skewMs, dialect }),
    );
    for (const { outcomes } of this.#organizations) this.#setUsualEnds(outcomes);
    for (const [what, how] of Object.entries(dialect)) coverage.add(`platform ${what} ${how}`);
    this.#network = new Network({ time: this.#time, random: this.#random, organizations: this.#organizations });
    this.#stacks = ["main", "second"].map((name) => ({
      name,
      state: { entries: [] },
      provider: undefined,
      program: history.resources.map((resource, index) => ({
        resource,
        appType: resource.appType,
        logicalName: `r${index}`,
        aliases: [],
        name: resource.name,
        isPresent: true,
      })),
      adopt: {},
      organization: 0,
      home: 0,
    }));
  }

  async run(): Promise<Result> {
    try {
      await this.#time.run(this.#all());
    } catch (error) {
      this.#violate(`the history cannot go on: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
    return { violation: this.#violation, timeline: this.#timeline };
  }

  /**
   * Runs the history without the plain runs that follow, for a comparison with the real engine. Between two runs, operations end
   * and the user follows what the messages say; time does not matter otherwise.
   */
  async record(): Promise<RecordedRun[]> {
    const recorded: RecordedRun[] = [];
    await this.#time.run(this.#recordAll(recorded));
    if (this.#violation !== undefined) throw new Error(this.#violation);
    return recorded;
  }

  async #recordAll(recorded: RecordedRun[]): Promise<void> {
    const [onvera] = this.#organizations as [Onvera];
    for (const given of this.#history.runs) {
      const stack = this.#stacks.find(({ name }) => name === given.stack) as Stack;
      const firstLine = this.#timeline.length;
      this.#requests = [];
      this.#endHungOperations(onvera);
      const entries = stack.state.entries.filter(({ kind }) => kind === "deployment");
      const interference = given.interference.map((each) => ({
        ...each,
        entry: entries[each.resource % Math.max(1, entries.length)],
      }));
      const edits = this.#unrecorded(stack).length > 0 ? [] : given.edits;
      this.#interfere(stack, given);
      this.#edit(stack, given);
      const run = this.#withoutKnownLimits(stack, given);
      const program = structuredClone(stack.program);
      const adopt = { ...stack.adopt };
      const end = await this.#runOnce(stack, run);
      this.#removeImports(stack);
      onvera.platform.finishAll();
      for (const error of end.errors) this.#follow(stack, error);
      recorded.push({
        ...{ run, interference, edits, program, adopt, end, requests: this.#requests },
        stacks: this.#stacks.map(({ name, state, adopt: set }) => ({
          name,
          entries: [...state.entries],
          adopt: { ...set },
        })),
        deployments: onvera.platform.deployments().map(({ id, appType, name, status }) => {
          const creator = this.#creators.get(id);
          return { id, appType, name, status, creator: creator?.isImported ? undefined : creator?.stack.name };
        }),
        timeline: this.#timeline.slice(firstLine),
      });
    }
  }

  async #all(): Promise<void> {
    const used = new Set<Stack>();
    for (const run of this.#history.runs) {
      const stack = this.#stacks.find(({ name }) => name === run.stack) as Stack;
      used.add(stack);
      this.#interfere(stack, run);
      this.#edit(stack, run);
      stack.organization = this.#organizationOf(stack, run);
      const running = [this.#runOnce(stack, this.#withoutKnownLimits(stack, run))];
      const other = this.#stacks.find((each) => each !== stack) as Stack;
      if (run.isBesideOther) {
        used.add(other);
        this.#coverage.add("two stacks at once");
        running.push(
          this.#time.sleep(0).then(() => this.#runOnce(other, { ...plainRun, operationEnds: run.operationEnds })),
        );
      }
      await Promise.all(running);
      stack.organization = stack.home;
      for (const each of this.#stacks) this.#removeImports(each);
      if (this.#violation !== undefined) return;
      await this.#time.sleep(this.#pauseMs());
    }
    for (const stack of used) {
      await this.#converge(stack);
      if (this.#violation !== undefined) return;
    }
    for (const stack of used) {
      await this.#destroy(stack);
      if (this.#violation !== undefined) return;
    }
    for (const id of this.#foreignIds) {
      const found = this.#deployment(id);
      if (found === undefined || found.status === "destroying")
        this.#violate(`the foreign deployment ${id} was destroyed`);
    }
  }

  /**
   * The time between two runs: often so short that what the run has begun is still going on, rarely more than a day. A killed run's
   * request that arrives after the next run has searched is a known limit: docs/reliability.md, "A create that the platform processes
   * late".
   */
  #pauseMs(): number {
    if (this.#random.integer(0, 9) === 0) return dayMs + 60_000 * this.#random.integer(1, 60);
    return this.#random.integer(0, 2) === 0 ? this.#random.integer(300, 20_000) : 60_000 * this.#random.integer(1, 20);
  }

  /** Whose key the run has: by mistake, it can be another organization's. */
  #organizationOf(stack: Stack, run: Run): number {
    const { edits } = run;
    const staysLive = this.#holdsLive(stack) && !(run.meanwhile ?? []).some(({ kind }) => kind === "destroy");
    const canTell = (this.#history.host === "dynamic" || this.#comparesFirst(stack, run)) && staysLive;
    if (!canTell || !edits.some(({ kind }) => kind === "organization")) return stack.home;
    this.#coverage.add("edit organization");
    this.#note(() => `user: ${stack.name} has the key of another organization`);
    return 1 - stack.home;
  }

  /**
   * Whether the first resource that the plugin gets is one that the state holds. The process with the new configuration learns only from
   * such comparisons what the state holds, and otherwise too late.
   */
  #comparesFirst(stack: Stack, { replaces, targets }: Run): boolean {
    const first = stack.program.find(({ isPresent }) => isPresent);
    const held = stack.state.entries.find(({ name }) => name === first?.logicalName);
    const isForced = replacesByForce(stack, replaces);
    const exists = this.#organizations[stack.home]?.deployment(held?.id ?? "") !== undefined;
    const isImported = first?.importId !== undefined;
    return this.#history.refreshBeforeUpdate && exists && !isForced && !isImported && targets === undefined;
  }

  /** Whether the state holds a deployment that exists: only that tells the key of another organization from the right one. */
  #holdsLive(stack: Stack): boolean {
    const onvera = this.#organizations[stack.home];
    return stack.state.entries.some(({ id }) => onvera?.deployment(id) !== undefined);
  }

  /** The resources that the state holds: Pulumi refuses to replace others. */
  #held(stack: Stack, resources: readonly number[]): readonly number[] {
    const names = new Set(stack.state.entries.map(({ name }) => name));
    return resources.filter((index) => names.has(stack.program[index % stack.program.length]?.logicalName ?? ""));
  }

  /** The run without what Pulumi refuses, and without what docs/internals/exactly-once.md says can leave an orphan. */
  #withoutKnownLimits(stack: Stack, run: Run): Run {
    // Until a plain run has found what a killed one created, the state does not hold it.
    const isLeft = this.#unrecorded(stack).length > 0;
    const hasSeed = this.#history.host === "plugin" || stack.state.entries.some(({ kind }) => kind === "seed");
    const replaces = this.#held(stack, run.replaces);
    const isBlind = this.#replacesBlindly(stack, replaces);
    const isAliased = stack.program.some(({ aliases }) =>
      stack.state.entries.some(({ name }) => aliases.includes(name)),
    );
    const isReused = this.#history.host === "plugin" && stack.program.some(({ hasReusedName }) => hasReusedName);
    const command = isLeft && run.command === "destroy" ? "up" : run.command;
    const targets = this.#held(stack, run.targets ?? []);
    const heldTargets = targets.length === 0 ? undefined : targets;
    const firstEmptyPage = run.faults.find(({ kind }) => kind === "emptyPage");
    return {
      ...run,
      faults: run.faults.filter((fault) => {
        // Only the list shows then that the name is taken.
        if (fault.kind === "staleList") return !isBlind;
        // Nothing shows that a list is wrong if it is the same a second time.
        return fault.kind !== "emptyPage" || fault === firstEmptyPage;
      }),
      command,
      replaces,
      // A run without the stack's seed makes random names, and so do later replacements. If a resource is renamed with an alias in a
      // run with targets, Pulumi 3.259 can save a state that it refuses to read. And in such a run, the plugin cannot tell a renamed
      // resource's deployment from one that a killed run has created under the same name.
      targets: !runsProgram(command) ? heldTargets : hasSeed && !isAliased && !isReused ? run.targets : undefined,
    };
  }

  /** Whether resources are replaced by force, and only a refresh would tell the plugin what they are. */
  #replacesBlindly(stack: Stack, replaces: readonly number[]): boolean {
    const { host, refreshBeforeUpdate } = this.#history;
    const isForced = replacesByForce(stack, replaces);
    return host === "plugin" && !refreshBeforeUpdate && isForced;
  }

  /** Faults have stopped: plain runs, in which the user follows what the messages say. */
  async #converge(stack: Stack): Promise<void> {
    stack.organization = stack.home;
    for (const organization of this.#organizations) {
      organization.outcomes.clear();
      this.#setUsualEnds(organization.outcomes);
      this.#endHungOperations(organization);
    }
    let last: RunEnd | undefined;
    const { host, resources } = this.#history;
    // With the plugin, the setting that answers one question changes the configuration, and the next question asks for another run first.
    const maxRuns = fairRuns + (host === "plugin" ? 2 : 1) * resources.length;
    for (let count = 0; count < maxRuns; count += 1) {
      // A replacement that was forced and interrupted is forced again, also after a run that stopped and asked.
      const isForced =
        count < 2 || (count < 6 && last?.errors.some((error) => /onvera:adopt|the same command again/.test(error)));
      const forced = this.#unrecorded(stack).flatMap((id) => this.#creators.get(id)?.run.replaces ?? []);
      const replaces = isForced ? this.#held(stack, forced) : [];
      const readsElsewhere = this.#readsElsewhere(stack);
      const [declared] = stack.program;
      // Only a run that declares a resource stores the right key.
      if (readsElsewhere && declared !== undefined && !stack.program.some(({ isPresent }) => isPresent)) {
        declared.isPresent = true;
        this.#note(() => `user: restore ${declared.logicalName} in ${stack.name}`);
      }
      const refreshes =
        !this.#history.refreshBeforeUpdate && !this.#replacesBlindly(stack, replaces) && !readsElsewhere;
      last = await this.#runOnce(stack, { ...plainRun, replaces, refreshes });
      if (this.#violation !== undefined) return;
      const { errors, changes, warnings } = last;
      if (errors.length === 0 && changes === 0 && warnings.length === 0 && !readsElsewhere)
        return this.#checkConverged(stack);
      for (const text of [...errors, ...warnings]) this.#follow(stack, text);
      await this.#time.sleep(60_000);
    }
    this.#violate(
      `${stack.name} has not converged after ${maxRuns} runs: ${last?.errors.join(" | ") || "still changes"}`,
    );
  }

  /**
   * Whether the state has the key of another organization. Until an `up` has stored the right key, a refresh fails with the dynamic
   * provider, and keeps the recorded state with the plugin.
   */
  #readsElsewhere({ provider, home }: Stack): boolean {
    const key = provider?.inputs[this.#history.host === "dynamic" ? "onvera:apiKey" : "apiKey"];
    return key !== undefined && key !== this.#organizations[home]?.apiKey;
  }

  #endHungOperations({ platform }: Onvera): void {
    for (const deployment of platform.deployments()) {
      const operation = platform.operation(deployment.operationId ?? "");
      if (operation?.final === null && operation.plan.endsAt === null)
        platform.overrideOutcome(deployment, { result: "succeed" });
    }
  }

  async #destroy(stack: Stack): Promise<void> {
    let last: RunEnd | undefined;
    for (let count = 0; count < fairRuns; count += 1) {
      last = await this.#runOnce(stack, { ...plainRun, command: "destroy" });
      if (this.#violation !== undefined) return;
      if (last.errors.length === 0) break;
      for (const error of last.errors) this.#follow(stack, error);
      await this.#time.sleep(60_000);
    }
    if (stack.state.entries.length > 0) {
      this.#violate(`${stack.name} is not destroyed: ${last?.errors.join(" | ")}`);
      return;
    }
    const left = this.#unrecorded(stack);
    if (left.length > 0) this.#violate(`${left.join(", ")} of ${stack.name} are left after the destroy`);
  }

  #checkConverged(stack: Stack): void {
    const { entries } = stack.state;
    const ids = new Set<string>();
    for (const declared of stack.program) {
      if (!declared.isPresent) continue;
      const urn = urnOf(stack, this.#type, declared.logicalName);
      const [entry, ...others] = entries.filter((each) => each.urn === urn);
      if (entry === undefined || others.length > 0) {
        this.#violate(`${urn} has ${others.length + (entry ? 1 : 0)} entries`);
        return;
      }
      if (ids.has(entry.id)) {
        this.#violate(`two resources of ${stack.name} have deployment ${entry.id}`);
        return;
      }
      ids.add(entry.id);
      const found = this.#organizations[stack.home]?.deployment(entry.id);
      if (found?.status !== "ready") {
        this.#violate(`${urn} (${entry.id}) is ${found?.status ?? "gone"} on the platform`);
        return;
      }
      if (found.appType !== declared.appType) {
        this.#violate(`${urn} (${entry.id}) is ${found.appType}`);
        return;
      }
      const chosen = enforcedName(declared);
      if (chosen !== undefined && found.name !== chosen) {
        this.#violate(`${urn} (${entry.id}) is named ${found.name}`);
        return;
      }
      if (entry.initErrors.length > 0) {
        this.#violate(`${urn} (${entry.id}) has init errors`);
        return;
      }
      if (this.#foreignIds.has(entry.id)) {
        this.#violate(`${urn} has the foreign deployment ${entry.id}`);
        return;
      }
      if (this.#creators.get(entry.id)?.stack !== stack) {
        this.#violate(`${urn} has another stack's ${entry.id}`);
        return;
      }
    }
    const left = this.#unrecorded(stack);
    if (left.length > 0) this.#violate(`orphans of ${stack.name} after convergence: ${left.join(", ")}`);
  }

  /** Deployments that runs of the stack have created, and that exist without an entry in the state. */
  #unrecorded(stack: Stack): string[] {
    const held = new Set(stack.state.entries.map(({ id }) => id));
    return [...this.#creators].flatMap(([id, creator]) => {
      if (creator.stack !== stack || held.has(id) || this.#excusedIds.has(id)) return [];
      const found = this.#organizations[creator.organization]?.deployment(id);
      return found === undefined || found.status === "destroying" ? [] : [id];
    });
  }

  /**
   * Known limits of what a killed run has created (docs/internals/exactly-once.md). Under a chosen name, it counts as someone else's
   * after a day. The name of a replacement follows from the name of the deployment that it replaces: once that one is renamed,
   * nothing leads to the replacement.
   */
  #excuse(stack: Stack): void {
    const onvera = this.#organizations[stack.home];
    for (const id of this.#unrecorded(stack)) {
      const creator = this.#creators.get(id);
      if (creator === undefined) continue;
      // Also if the user has not followed the command that the run printed.
      const isOld = !automaticSuffix.test(this.#deployment(id)?.name ?? "") && this.#time.now - creator.at > dayMs;
      if (isOld) this.#excusedIds.add(id);
      if (!this.#killedRuns.has(creator.run)) continue;
      if (this.#renamedUnheldIds.has(id) || creator.isMisnamed) this.#excusedIds.add(id);
      const created = onvera?.deployment(id)?.name ?? "";
      const names = namesOfResource(stack, created.replace(automaticSuffix, ""));
      const replaced = stack.state.entries.filter(({ name }) => names.includes(name));
      // What a run has deleted before it creates another one is gone, but its name leads to that one.
      const isChanged = replaced.some(({ id: replacedId, outputs, isPendingReplacement }) => {
        if (isPendingReplacement) return false;
        const found = onvera?.deployment(replacedId);
        const isGone = found === undefined || found.status === "destroying";
        return isGone ? this.#isMisnamed(stack, created, undefined) : found.name !== outputs["name"];
      });
      if (isChanged) this.#excusedIds.add(id);
    }
  }

  #seedOf({ provider, state }: Stack): string | undefined {
    return this.#history.host === "plugin" ? provider?.id : state.entries.find(({ kind }) => kind === "seed")?.id;
  }

  /**
   * Other limits of that page: whether no later run searches for a deployment that is created now, if this run is killed. With
   * another configuration, the next run can derive the name from something else. And the engine does not show the plugin what an
   * earlier run has deleted, if it is replaced by force.
   */
  #isLostAfterKill(stack: Stack, name: string, isReadElsewhere: boolean): boolean {
    const resource = name.replace(automaticSuffix, "");
    const names = namesOfResource(stack, resource);
    const replaced = stack.state.entries.find((entry) => names.includes(entry.name) && !entry.isPendingDelete);
    const isRenamed = this.#renamedIds.has(replaced?.id ?? "");
    const isHidden = this.#history.host === "plugin" && replaced?.isPendingReplacement === true;
    return (
      (isReadElsewhere && isRenamed && this.#isMisnamed(stack, name, replaced?.outputs["name"])) ||
      (isHidden && isRenamed && this.#isMisnamed(stack, name, undefined))
    );
  }

  /**
   * Whether this automatic name is neither the next one after the previous name, nor one of those that follow. The chain is written
   * again here, so that a mistake in the provider's own does not excuse itself.
   */
  #isMisnamed(stack: Stack, name: string, previousName: unknown): boolean {
    if (!automaticSuffix.test(name)) return false;
    const value = this.#seedOf(stack);
    if (value === undefined) return true;
    const logicalName = name.replace(automaticSuffix, "");
    const urn = urnOf(stack, this.#type, logicalName);
    let next = typeof previousName === "string" ? previousName : undefined;
    for (let count = 0; count < maxReplacements; count += 1) {
      next = stackName({ seed: value, urn, logicalName, previousName: next });
      if (next === name) return false;
    }
    return true;
  }

  #follow(stack: Stack, error: string): void {
    follow(stack, error, {
      ownIds: new Set(this.#unrecorded(stack)),
      exists: (id) => this.#deployment(id) !== undefined,
      note: (text) => this.#note(text),
    });
  }

  #edit(stack: Stack, { edits }: Run): void {
    // What a killed run has created is found by the same program only.
    if (this.#unrecorded(stack).length > 0) return;
    for (const edit of edits) {
      if (edit.kind === "organization" || (edit.kind === "import" && this.#history.host === "dynamic")) continue;
      this.#coverage.add(`edit ${edit.kind}`);
      if (edit.kind === "rotateKey") {
        this.#organizations[stack.home]?.rotateKey();
        this.#note(() => `user: the API key of ${stack.name}'s organization is replaced`);
        continue;
      }
      const declared = stack.program[edit.resource % stack.program.length] as Declared;
      this.#note(() => `user: ${edit.kind} ${declared.logicalName} in ${stack.name}`);
      if (edit.kind === "import" && edit.value === "foreign" && this.#foreignIds.size === 0)
        this.#interfereWith(stack, { kind: "foreign", resource: edit.resource }, undefined);
      const foreign = [...this.#foreignIds].flatMap((id) => this.#organizations[stack.home]?.deployment(id) ?? []);
      changeStack(stack, edit, { type: this.#type, foreign });
    }
  }

  /** Someone else's deployment becomes the stack's by an import. */
  #handOver(id: string, stack: Stack): void {
    this.#coverage.add("imported");
    if (!this.#foreignIds.delete(id)) return;
    // Its name is not derived from the seed either.
    this.#renamedIds.add(id);
    const given = { stack, run: plainRun, organization: stack.home, at: this.#time.now, isMisnamed: false };
    this.#creators.set(id, { ...given, isImported: true });
  }

  /** The user removes the option `import` after a run. */
  #removeImports({ program }: Stack): void {
    for (const declared of program) declared.importId = undefined;
  }

  #interfere(stack: Stack, { interference, operationEnds }: Run): void {
    const onvera = this.#organizations[stack.home] as Onvera;
    for (const { kind, resource } of interference) {
      const entries = stack.state.entries.filter((entry) => entry.kind === "deployment");
      this.#coverage.add(`interference ${kind}`);
      this.#interfereWith(stack, { kind, resource }, entries[resource % Math.max(1, entries.length)]?.id);
    }
    const { outcomes } = onvera;
    outcomes.clear();
    for (const { operation, nth, ...outcome } of operationEnds) {
      const { result, deployment } = outcome;
      this.#coverage.add(`operation ${operation} ${result}${deployment === undefined ? "" : ` but ${deployment}`}`);
      outcomes.add({ ...outcome, durationMs: this.#history.operationMs, match: { operation, nth } });
    }
    this.#setUsualEnds(outcomes);
  }

  /** While a run is going on: with a deployment that its stack has created. */
  #interfereMeanwhile(stack: Stack, { kind, resource }: Interference, delivered: readonly string[]): void {
    const held = new Set(stack.state.entries.map(({ id }) => id));
    const ids = [...this.#creators].flatMap(([id, creator]) => {
      // A known limit (docs/reliability.md): the search after a lost response finds a deployment by its name.
      const isFindable = kind !== "rename" || held.has(id) || delivered.includes(id);
      return creator.stack === stack && creator.organization === stack.home && isFindable ? [id] : [];
    });
    const id = ids[resource % Math.max(1, ids.length)];
    this.#coverage.add(`meanwhile ${kind}`);
    if (id !== undefined && kind !== "foreign") {
      this.#disturbedIds.add(id);
      // The same limit, if the run is killed before the state holds it.
      if (kind === "rename" && !held.has(id)) this.#renamedUnheldIds.add(id);
    }
    this.#interfereWith(stack, { kind, resource }, id);
  }

  #interfereWith(stack: Stack, { kind, resource }: Interference, id: string | undefined): void {
    const onvera = this.#organizations[stack.home] as Onvera;
    if (kind === "foreign") {
      // Never under an automatic name: the provider would adopt the copy (a known limit, docs/reliability.md).
      const { name, appType } = foreignDeployment(resource);
      const { id: foreignId } = onvera.platform.add({ appType, name, origin: { by: "control", key: null } });
      this.#foreignIds.add(foreignId);
      this.#note(() => `somebody else creates ${foreignId} "${name}" (${appType})`);
      return;
    }
    const found = id === undefined ? undefined : onvera.deployment(id);
    if (found === undefined) return;
    this.#note(() => `somebody does ${kind} with ${found.id} "${found.name}"`);
    if (kind === "destroy") onvera.platform.destroyNow(found);
    else if (kind === "fail" && found.status === "ready") onvera.platform.change(found, { status: "failed" });
    else if (kind === "rename") {
      this.#renamedIds.add(found.id);
      onvera.platform.change(found, { name: `${found.name}-renamed` });
    }
  }

  #setUsualEnds(outcomes: Onvera["outcomes"]): void {
    outcomes.add({ result: "succeed", durationMs: this.#history.operationMs, match: { times: "always" } });
  }

  async #runOnce(stack: Stack, run: Run): Promise<RunEnd> {
    const { command } = run;
    this.#coverage.add(`command ${command}${run.targets === undefined ? "" : " --target"}`);
    if (command === "upWithPreview") {
      const preview = await this.#process(stack, {
        ...run,
        command: "preview",
        faults: [],
        meanwhile: [],
        end: { kind: "finish" },
      });
      this.#checkTexts(stack, preview.errors);
      if (this.#violation !== undefined || preview.errors.length > 0) return preview;
    }
    const end = await this.#process(stack, run);
    this.#checkTexts(stack, end.errors);
    for (const error of end.errors) this.#checkQuestion(stack, error);
    return end;
  }

  /** One run of the CLI, with one provider process. */
  async #process(stack: Stack, run: Run): Promise<RunEnd> {
    this.#excuse(stack);
    const { slots } = this.#history;
    const isPreview = run.command === "preview";
    const process = { isAlive: true };
    this.#coverage.add("processes");
    this.#clockOffsetMs = 0;
    let events = 0;
    let onKill: () => void = () => undefined;
    const killed = new Promise<void>((resolve) => {
      onKill = resolve;
    });
    const kill = (): void => {
      if (!process.isAlive) return;
      process.isAlive = false;
      this.#note(() => "the run is killed");
      this.#coverage.add(`end ${run.end.kind}`);
      onKill();
    };
    const event = () => {
      events += 1;
      if (run.end.kind === "kill" && events > run.end.event) kill();
    };
    const never = new Promise<never>(() => undefined);
    const delivered: string[] = [];
    /** Names of creates that can have succeeded, while the process has read no list since. */
    const lostNames = new Set<string | undefined>();
    const startedAt = this.#time.now;
    let createEndedAt = Number.NEGATIVE_INFINITY;
    let isReadElsewhere = false;
    // The default provider is registered with the first resource that needs it.
    const registersProvider = runsProgram(run.command) && stack.program.some(({ isPresent }) => isPresent);
    const logs: string[] = [];
    const sender: Sender = {
      isAlive: () => process.isAlive,
      faults: run.faults,
      sent: new Map<RequestClass, number>(),
      holds: (id) => stack.state.entries.some((entry) => entry.id === id),
      hasJustCreated: (id) => {
        const creator = this.#creators.get(id);
        return creator?.run === run && this.#time.now - creator.at < maxLagMs;
      },
      event,
      isKilledAt: ({ on, nth, when }) => {
        const { end } = run;
        const isThere = end.kind === "killAtRequest" && end.on === on && end.nth === nth && end.when === when;
        if (isThere) kill();
        return isThere;
      },
      onRequest: ({ method, path, host, apiKey, name }) => {
        this.#requests.push(method);
        if (method === "POST") {
          if (lostNames.has(name)) this.#violate(`"${name}" is created again without a search for what was lost`);
          createEndedAt = Number.POSITIVE_INFINITY;
        }
        if (isPreview && method !== "GET") this.#violate(`a preview sends ${method} ${path}`);
        const owner = this.#organizations.find((each) => each.host === host);
        if (owner === undefined || !owner.keys.has(apiKey ?? ""))
          this.#violate(`another host's API key is sent to ${host}`);
        if (method === "POST" && stack.organization !== stack.home && this.#holdsLive(stack))
          this.#violate(`a deployment of ${stack.name} is created in another organization`);
      },
      onCreateEnded: ({ name, isLost }) => {
        createEndedAt = this.#time.now;
        // Another resource with the same name is created anyway.
        const isShared = stack.program.filter((each) => each.isPresent && chosenName(each) === name).length > 1;
        if (isLost && !isShared) lostNames.add(name);
      },
      onListed: () => lostNames.clear(),
      onActed: (where, { createdId, destroyedId }) => {
        this.#coverage.add("requests");
        if (createdId !== undefined && !process.isAlive)
          this.#note(() => `  the killed run's request creates ${createdId} "${where.deployment(createdId)?.name}"`);
        if (createdId !== undefined) {
          const name = where.deployment(createdId)?.name ?? "";
          const isMisnamed = this.#isLostAfterKill(stack, name, isReadElsewhere);
          const organization = this.#organizations.indexOf(where);
          this.#creators.set(createdId, { stack, run, organization, at: this.#time.now, isMisnamed });
        }
        if (destroyedId !== undefined) this.#checkDestroy(stack, destroyedId, run);
      },
      onDelivered: ({ createdId }) => {
        if (createdId !== undefined) delivered.push(createdId);
      },
      onFault: ({ on, kind }) => this.#coverage.add(`fault ${run.command} ${on} ${kind}`),
      note: (text) => this.#note(() => `  ${text()}`),
    };
    const config = this.#configOf(stack);
    this.#note(() => `${run.command} of ${stack.name}${describeRun(run)}`);
    const errors: string[] = [];
    let engine: Engine | undefined;
    const work = async () => {
      const { provider } = stack;
      const start = (ofState: boolean) => this.#startHost({ provider, sender, config, logs, isPreview, ofState });
      // A run that registers no provider takes the one that the state has. So do the reads before the program.
      const isKept = !registersProvider || (this.#readsFirst(stack, run) && !this.#changesConfig(stack));
      let started: StartedHost;
      let readingHost: Host | undefined;
      try {
        if (!isKept && this.#changesConfig(stack)) {
          readingHost = start(true).host;
          isReadElsewhere = true;
          this.#coverage.add("configuration changes");
          this.#note(() => "another process of the provider reads");
        }
        started = start(isKept);
      } catch (error) {
        errors.push((error as Error).message);
        return;
      }
      const { host } = started;
      const urns = (indexes: readonly number[]) =>
        new Set(
          indexes.map((index) =>
            urnOf(stack, this.#type, (stack.program[index % stack.program.length] as Declared).logicalName),
          ),
        );
      engine = new Engine({
        state: stack.state,
        host,
        readingHost,
        slots,
        isPreview,
        replaces: urns(run.replaces),
        targets: run.targets === undefined ? undefined : urns(run.targets),
        refreshes: run.refreshes,
        holdsAny: provider !== undefined || stack.state.entries.length > 0,
        newUuid: () => this.#random.uuid(),
        event: () => {
          event();
          return process.isAlive ? Promise.resolve() : never;
        },
        during: (call, work) => this.#during(stack, call, work, { run, isOnWireAt: (at) => createEndedAt >= at }),
        onReplace: (urn, old) => this.#checkReplaced(stack, { urn, old, startedAt }),
        onImport: (id) => this.#handOver(id, stack),
        note: (text) => this.#note(() => text),
      });
      const later = (afterMs: number, act: () => void) =>
        this.#time.after(afterMs, () => {
          if (!isOver && process.isAlive) act();
        });
      if (run.end.kind === "cancel") {
        const running = engine;
        later(run.end.afterMs, () => {
          this.#note(() => "Ctrl-C");
          this.#coverage.add("end cancel");
          running.cancel();
        });
      }
      for (const each of run.meanwhile ?? []) {
        later(each.afterMs, () => this.#interfereMeanwhile(stack, each, delivered));
      }
      const { clockJump } = run;
      if (clockJump !== undefined) {
        later(clockJump.afterMs, () => {
          this.#note(() => `the clock of the machine jumps by ${clockJump.byMs} ms`);
          this.#coverage.add("clock jump");
          this.#clockOffsetMs = clockJump.byMs;
        });
      }
      try {
        if (run.command === "refresh") await engine.refresh();
        else await engine.refreshFirst();
        if (run.command === "destroy") await engine.destroy();
        else if (run.command !== "refresh") {
          // The state has the provider with the new configuration only from here on.
          if (!isPreview && registersProvider) stack.provider = started.provider;
          const type = this.#type;
          await runProgram({
            ...{ stack, engine, type, registersInOrder: this.#history.registersInOrder },
            hintsOf: this.#hintsOf(stack, engine, isPreview),
          });
        }
      } catch (error) {
        ignoreStopped(error);
      }
    };
    let isOver = false;
    await Promise.race([work(), killed]);
    isOver = true;
    const isKilled = !process.isAlive;
    process.isAlive = false;
    if (isKilled) this.#killedRuns.add(run);
    else engine?.close();
    errors.push(...(engine?.errors ?? []));
    const isComplete = !isKilled && errors.length === 0 && !isPreview && run.command !== "refresh";
    // Without resources, the engine deletes the provider as well; the next one has another id.
    if (isComplete && !registersProvider && run.targets === undefined && stack.state.entries.length === 0)
      stack.provider = undefined;
    for (const text of logs) this.#note(() => `  log: ${text}`);
    this.#checkTexts(stack, logs);
    if (!isKilled) {
      this.#checkDelivered(stack, delivered);
      if (errors.length === 0) this.#checkAllRecorded(stack, run);
      if (!isPreview) this.#checkSummary(stack, { run, logs });
    }
    this.#note(() => describeState(stack));
    const warnings = logs.filter((text) => text.startsWith("the state has "));
    return { isKilled, errors, changes: engine?.changes ?? 0, warnings };
  }

  /** Starts a process of the provider, with the given configuration or with that of the state. */
  #startHost({
    provider,
    sender,
    config,
    logs,
    isPreview,
    ofState,
  }: {
    provider: ProviderEntry | undefined;
    sender: Sender;
    config: Readonly<Record<string, string>>;
    logs: string[];
    isPreview: boolean;
    ofState: boolean;
  }): StartedHost {
    const process: SimulatedProcess = {
      time: this.#time,
      random: this.#random,
      isAlive: sender.isAlive,
      clockOffsetMs: () => this.#clockOffsetMs,
      request: (request) => this.#network.request(request, sender),
      log: (message) => logs.push(message),
    };
    return runFor(process, () => {
      const product = new Product({ patches: this.#patches });
      const old = provider?.inputs ?? {};
      const given = ofState ? (provider?.inputs ?? config) : config;
      if (this.#history.host === "dynamic") {
        const host = dynamicHost(product, given as Readonly<Record<string, string>>);
        return { host: hostIn(process, host), provider: { id: "dynamic", inputs: given } };
      }
      const id = provider?.id ?? (isPreview ? undefined : this.#random.uuid());
      const { host, inputs } = pluginHost(product, { old, config: given, isChecked: !ofState, id });
      return { host: hostIn(process, host), provider: id === undefined ? undefined : { id, inputs } };
    });
  }

  /** The stack's configuration, as the provider gets it. */
  #configOf({ organization, adopt }: Stack): Readonly<Record<string, string>> {
    const { apiKey, baseUrl } = this.#organizations[organization] as Onvera;
    const { host, refreshBeforeUpdate } = this.#history;
    const values = {
      apiKey,
      baseUrl,
      ...(refreshBeforeUpdate ? {} : { refreshBeforeUpdate: "false" }),
      ...(Object.keys(adopt).length === 0 ? {} : { adopt: JSON.stringify(adopt) }),
    };
    const prefix = host === "dynamic" ? "onvera:" : "";
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}${key}`, value]));
  }

  /** Whether the engine reads a resource before the program, so that it starts the provider that the state has. */
  #readsFirst({ state, provider }: Stack, { refreshes }: Run): boolean {
    const isRead = state.entries.some(
      (entry) => entry.kind === "deployment" && (refreshes || entry.refreshBeforeUpdate),
    );
    return provider !== undefined && isRead;
  }

  /** Whether the state has the provider with another configuration. */
  #changesConfig(stack: Stack): boolean {
    if (stack.provider === undefined) return false;
    const visible = Object.entries(stack.provider.inputs).filter(([key]) => !key.startsWith("__"));
    return !isDeepStrictEqual(Object.fromEntries(visible), this.#configOf(stack));
  }

  #hintsOf(stack: Stack, engine: Engine, isPreview: boolean): HintsOf | undefined {
    if (this.#history.host === "plugin") return undefined;
    return sdkHints({ stack, engine, type: this.#type, isPreview });
  }

  /** Runs a call of the provider, and checks its result and its deadline. */
  async #during<T>(
    stack: Stack,
    call: EngineCall,
    work: () => Promise<T>,
    { run, isOnWireAt }: { run: Run; isOnWireAt: (at: number) => boolean },
  ): Promise<T> {
    const startedAt = this.#time.now;
    const limitMs = (call.timeoutSeconds ?? usualSeconds[call.kind]) * 1_000;
    const name = call.urn.split("::").at(-1);
    this.#note(() => `${call.kind} ${name}${call.entry === undefined ? "" : ` ${call.entry.id}`}`);
    if (call.kind === "delete" && call.entry !== undefined) this.#doomedIds.add(call.entry.id);
    try {
      const result = await work();
      // An update waits only for what the state has as unfinished.
      const isWait = call.kind === "create" || (call.kind === "update" && call.entry?.outputs["status"] !== "ready");
      if (isWait && run.command !== "preview") this.#checkReady(call.kind, name, result);
      return result;
    } catch (error) {
      if (call.kind === "delete" && call.entry !== undefined) this.#deletesFailedAt.set(call.entry.id, this.#time.now);
      const isUndisturbed =
        run.faults.length === 0 && run.operationEnds.length === 0 && (run.meanwhile ?? []).length === 0;
      const isQuiet = isUndisturbed && run.end.kind !== "cancel";
      if (call.kind === "delete" && isQuiet && stack.organization === stack.home && !this.#readsElsewhere(stack))
        if (this.#time.now - startedAt < limitMs) this.#checkDeleteFailure(name, call.entry, error as Error);
      throw error;
    } finally {
      if (call.kind === "delete" && call.entry !== undefined) this.#doomedIds.delete(call.entry.id);
      const tookMs = this.#time.now - startedAt;
      const isOnWire = call.kind === "create" && isOnWireAt(startedAt + limitMs);
      const onWireMs = isOnWire ? requestTimeoutMs : 0;
      if (tookMs > limitMs + onWireMs + slackMs) {
        this.#violate(`${call.kind} of ${name} took ${tookMs} ms; its deadline is ${limitMs} ms (${run.command})`);
      }
    }
  }

  /** In whichever organization it is. */
  #deployment(id: string): ReturnType<Onvera["deployment"]> {
    const [found] = this.#organizations.flatMap((each) => each.deployment(id) ?? []);
    return found;
  }

  /** A create or an update that succeeds has a deployment that is ready. */
  #checkReady(kind: string, name: string | undefined, result: unknown): void {
    const { id } = result as { id: string };
    const found = this.#deployment(id);
    if (found?.status !== "ready" && !this.#disturbedIds.has(id))
      this.#violate(`the ${kind} of ${name} succeeds, but ${id} is ${found?.status}`);
  }

  /** Without faults, a delete fails only if the platform's operation does, or if it asks the user for a command. */
  #checkDeleteFailure(name: string | undefined, entry: Entry | undefined, { message }: Error): void {
    const operationId = this.#deployment(entry?.id ?? "")?.operationId ?? "";
    const [operation] = this.#organizations.flatMap(({ platform }) => platform.operation(operationId) ?? []);
    const { final, plan } = operation ?? {};
    const isExpected = plan?.endsAt === null || (final !== null && final?.status !== "succeeded");
    if (!isExpected && !message.includes("`pulumi state delete"))
      this.#violate(`the delete of ${name} fails: ${message}`);
  }

  /** A deployment is replaced only if it differs from the program, or was not ready when the run read it. */
  #checkReplaced(stack: Stack, { urn, old, startedAt }: { urn: string; old: Entry; startedAt: number }): void {
    const { id } = old;
    const declared = stack.program.find(({ logicalName }) => urnOf(stack, this.#type, logicalName) === urn);
    const onvera = this.#organizations[stack.home];
    const found = onvera?.deployment(id);
    if (declared === undefined || found === undefined || onvera === undefined) return;
    if (onvera.hasJustChanged(found, this.#time.now - startedAt + 5_000)) return;
    const chosen = enforcedName(declared);
    if (
      found.status !== "ready" ||
      found.appType !== declared.appType ||
      (chosen !== undefined && found.name !== chosen)
    )
      return;
    this.#violate(`${urn} is replaced although its ${id} is ready and as declared`);
  }

  #checkDestroy(stack: Stack, id: string, { command }: Run): void {
    if (this.#foreignIds.has(id)) {
      this.#violate(`the foreign deployment ${id} is destroyed`);
      return;
    }
    if (this.#creators.get(id)?.stack !== stack) {
      this.#violate(`${stack.name} destroys another stack's ${id}`);
      return;
    }
    if (!this.#doomedIds.has(id)) {
      this.#violate(`${id} is destroyed although the engine does not delete it`);
      return;
    }
    // An adopt setting that is left behind can bring one deployment into the state twice; then nothing that stays may be lost.
    const holders = stack.state.entries.filter((entry) => entry.id === id);
    const stays = ({ name, isPendingDelete }: Entry) =>
      !isPendingDelete &&
      command !== "destroy" &&
      stack.program.some(({ logicalName, isPresent }) => isPresent && logicalName === name);
    if (holders.length > 1 && holders.some(stays))
      this.#violate(`${id} is destroyed although ${holders.map(({ urn }) => urn).join(" and ")} hold it`);
  }

  /** An id that has reached the provider is in the state, if the run was not killed. */
  #checkDelivered(stack: Stack, delivered: readonly string[]): void {
    const unrecorded = new Set(this.#unrecorded(stack));
    const lost = delivered.filter((id) => unrecorded.has(id));
    if (lost.length > 0) this.#violate(`${lost.join(", ")} were accepted, but the state does not hold them`);
  }

  /** After a run that succeeds, everything that it has created is in the state. */
  #checkAllRecorded(stack: Stack, run: Run): void {
    const left = this.#unrecorded(stack).filter((id) => this.#creators.get(id)?.run === run);
    if (left.length > 0) this.#violate(`the run succeeds, but its ${left.join(", ")} are not in the state`);
  }

  /** A run asks about a deployment with an automatic name only if something speaks against adopting it. */
  #checkQuestion(stack: Stack, error: string): void {
    const [, name = "", list = ""] = /a deployment "([^"]+)" already exists: ([^;]+);/.exec(error) ?? [];
    const declared = stack.program.find(({ logicalName }) => logicalName === name.replace(automaticSuffix, ""));
    if (!automaticSuffix.test(name) || declared === undefined) return;
    // These runs cannot tell what the state holds.
    if (!this.#history.refreshBeforeUpdate || error.includes("configuration changes")) return;
    const ids = [...this.#creators.keys()].filter((id) => list.includes(id));
    const isDoubtful = ids.some((id) => {
      const isOld = this.#time.now - (this.#creators.get(id)?.at ?? 0) > dayMs;
      return isOld || this.#deployment(id)?.appType !== declared.appType;
    });
    if (ids.length === 1 && !isDoubtful)
      this.#violate(`a run asks about ${list}, which only this stack can have created`);
  }

  /** What the closing paragraph of a failed run says is true. */
  #checkSummary(stack: Stack, { run, logs }: { run: Run; logs: readonly string[] }): void {
    const text = logs.filter((each) => /not as declared: |^a retry has succeeded/.test(each)).at(-1);
    if (text === undefined) return;
    const stateOf = (id: string) => {
      const found = this.#deployment(id);
      const status = found?.status;
      // Other calls go on after the timeout of its delete.
      const sinceDeleteMs = this.#time.now - (this.#deletesFailedAt.get(id) ?? this.#time.now);
      const hasJustChanged = (each: Onvera) => found !== undefined && each.hasJustChanged(found, sinceDeleteMs + 5_000);
      return {
        isLive: status !== undefined && status !== "destroying",
        isReady: status === "ready",
        hasJustChanged: this.#organizations.some(hasJustChanged),
        isHeld: stack.state.entries.some((entry) => entry.id === id),
      };
    };
    const created = [...this.#creators].flatMap(([id, creator]) =>
      creator.stack === stack && creator.run === run && !this.#renamedIds.has(id) ? [id] : [],
    );
    const claim = falseClaim(text, {
      created: created.map(stateOf),
      ofResource: (name) => {
        const chosen = stack.program.filter(({ logicalName }) => logicalName === name).map(chosenName)[0];
        const isShared = stack.program.filter((each) => chosenName(each) === chosen).length > 1;
        const isOwn = (id: string) => {
          const given = this.#deployment(id)?.name ?? "";
          return [given, given.replace(automaticSuffix, "")].includes(name) || (given === chosen && !isShared);
        };
        return {
          created: created.filter(isOwn).map(stateOf),
          // A delete of the dynamic provider knows only the name of the deployment.
          entries: stack.state.entries
            .filter((entry) => namesOfResource(stack, name).includes(entry.name) || entry.outputs["name"] === name)
            .map(({ id }) => stateOf(id)),
        };
      },
    });
    if (claim !== undefined) this.#violate(`the report of ${stack.name}'s run is wrong: ${claim}`);
  }

  #checkTexts(stack: Stack, texts: readonly string[]): void {
    for (const apiKey of this.#organizations.flatMap(({ keys }) => [...keys])) {
      if (texts.some((text) => text.includes(apiKey))) this.#violate("the API key is in a message");
      if (JSON.stringify(stack.state).includes(apiKey)) this.#violate(`the API key is in the state of ${stack.name}`);
    }
  }

  get #type(): string {
    return typeOf(this.#history.host);
  }

  #violate(what: string): void {
    this.#violation ??= what;
    this.#note(() => `VIOLATION: ${what}`);
  }

  #note(text: () => string): void {
    if (!this.#isTraced) return;
    const seconds = ((this.#time.now - this.#time.start) / 1_000).toFixed(1);
    this.#timeline.push(`${seconds.padStart(9)} s  ${text()}`);
  }
}

/** The names that a resource can have in the state. */
function namesOfResource({ program }: Stack, name: string): readonly string[] {
  return program
    .filter(({ logicalName }) => logicalName === name)
    .flatMap(namesOf)
    .concat(name);
}

function runsProgram(command: Run["command"]): boolean {
  return command !== "destroy" && command !== "refresh";
}

/** What someone else creates. */
export function foreignDeployment(resource: number): { name: string; appType: Resource["appType"] } {
  return { name: resource % 2 === 0 ? "web" : "etl", appType: resource % 3 === 0 ? "airflow" : "superset" };
}

function describeRun({ replaces, targets, refreshes }: Run): string {
  return [
    replaces.length > 0 ? ` --replace ${replaces.join(",")}` : "",
    targets === undefined ? "" : ` --target ${targets.join(",")}`,
    refreshes ? " --refresh" : "",
  ].join("");
}
