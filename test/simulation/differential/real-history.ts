/** Replays a recorded history with the real Pulumi CLI against the emulator. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import { type Emulator, type LoggedRequest, startEmulator } from "../../../emulator/src/index";
import { messages } from "../../../scripts/engine/events";
import { dynamicHost, pluginHost } from "../../../scripts/engine/hosts";
import { EngineProject, type EngineRun, projectName, type RunResult } from "../../../scripts/engine/project";
import { Deployment as DynamicDeployment } from "../../../sdk/deployment";
import { Deployment as PluginDeployment } from "../../../sdk/plugin/deployment";
import { type InlineProgram, serveProgram } from "../../support/inline-program";
import type { History, HostName, Resource, Run } from "../history";
import { foreignDeployment, type RecordedRun } from "../simulation";
import type { Declared } from "../stack";
import { adoptChanges } from "../user";
import { faultRule, holdAt } from "./real-faults";
import { type EntryView, entryKey, modelEntry, nameOf, realEntry, type Side } from "./snapshot";

/** How long a create or a destroy takes on the emulator, in milliseconds of its clock. */
const operationMs = 60;
/** The emulator's clock stands still between two polls: the second one finds what has ended, as in the model, however slow the machine is. */
const betweenPollsMs = 40;

/** One emulator and one program for many histories, which run one after another. */
export class RealWorld {
  /** What the program declares in the next run. */
  declare: () => Promise<void> = async () => undefined;

  private constructor(
    readonly host: HostName,
    readonly emulator: Emulator,
    private readonly inline: { program?: InlineProgram },
  ) {}

  static async start(host: HostName): Promise<RealWorld> {
    // The same key for each emulator, so that the CLI encrypts it only once.
    const emulator = await startEmulator({ apiKeys: [{ key: "onv_sk_live_of_the_comparison" }] });
    const world = new RealWorld(host, emulator, {});
    emulator.control.requests.subscribe(({ method, path }) => {
      if (method === "GET" && /\/operations|\/deployments\/./.test(path))
        void emulator.control.clock.advance(betweenPollsMs);
    });
    world.inline.program = await serveProgram(() => world.declare());
    return world;
  }

  get programFlags(): readonly string[] {
    return this.inline.program?.flags ?? [];
  }

  async stop(): Promise<void> {
    this.inline.program?.stop();
    await this.emulator.close();
  }
}

interface RealStack {
  readonly project: EngineProject;
  adopt: Record<string, string>;
}

export class RealHistory {
  readonly #world: RealWorld;
  readonly #history: History;
  readonly #stacks = new Map<string, RealStack>();
  /** Which stack's run has created a deployment. */
  readonly #creators = new Map<string, string>();
  /** The `onvera:adopt` of the model, after the latest run of each stack. */
  readonly #modelAdopt = new Map<string, Readonly<Record<string, string>>>();
  timeline: string[] = [];

  private constructor(world: RealWorld, history: History) {
    this.#world = world;
    this.#history = history;
  }

  static async start(world: RealWorld, history: History): Promise<RealHistory> {
    const { control } = world.emulator;
    await control.reset();
    await control.clock.pause();
    return new RealHistory(world, history);
  }

  async stop(): Promise<void> {
    for (const { project } of this.#stacks.values()) await project.dispose();
  }

  /** Replays one run. `idOf` has the real id of an id in the model. */
  async replay(recorded: RecordedRun, idOf: (modelId: string) => string | undefined): Promise<Side> {
    const { run, program } = recorded;
    const { control } = this.#world.emulator;
    const stack = await this.#stack(run.stack);
    this.timeline = [];
    await this.#endHungOperations();
    await this.#interfere(recorded, run.stack);
    this.#setOutcomes(run);
    await this.#taint(stack, recorded);
    this.#setLeftovers(stack, recorded, idOf);
    this.#writeSettings(stack);
    const imports = program.map((each) => ({ ...each, importId: this.#importId(each, recorded, idOf) }));
    this.#world.declare = () => declare(this.#world.host, imports);
    const { requests: before } = control.requests.list();
    const since = before.at(-1)?.seq ?? 0;
    const { exit, result } = await this.#run(stack, run, program);
    control.faults.clear();
    await control.clock.finishAll();
    const { requests } = control.requests.list({ since });
    this.#noteRun(run, result, requests);
    const { deployments, gone } = control.state();
    for (const { id, origin } of [...deployments, ...gone]) {
      if (origin.by === "api" && !this.#creators.has(id)) this.#creators.set(id, run.stack);
    }
    for (const error of messages(result.events, { severities: ["error"] })) this.#follow(stack, error);
    this.#modelAdopt.set(run.stack, recorded.stacks.find(({ name }) => name === run.stack)?.adopt ?? {});
    return {
      exit,
      requests: requests.map(({ method }) => method),
      stacks: recorded.stacks.map(({ name }) => {
        const other = this.#stacks.get(name);
        return { name, entries: other === undefined ? [] : this.#entries(other), adopt: { ...other?.adopt } };
      }),
      deployments: control.state().deployments.map(({ id, app_type: appType, name, status }) => {
        return { id, appType, name, status, creator: this.#creators.get(id) };
      }),
    };
  }

  async #stack(name: string): Promise<RealStack> {
    const known = this.#stacks.get(name);
    if (known !== undefined) return known;
    const { emulator, host } = this.#world;
    const project = await EngineProject.create({
      stack: name,
      ...(host === "plugin" ? pluginHost.project : {}),
      config: {
        "onvera:apiKey": { secret: emulator.apiKey },
        "onvera:baseUrl": emulator.baseUrl,
        ...(this.#history.refreshBeforeUpdate ? {} : { "onvera:refreshBeforeUpdate": "false" }),
      },
      env: { ONVERA_POLL_INTERVAL_MS: "50" },
    });
    const stack: RealStack = { project, adopt: {} };
    this.#stacks.set(name, stack);
    return stack;
  }

  /** What the option `import` names on this side. What no state holds is found by its name. */
  #importId(
    { importId }: Declared,
    { deployments }: RecordedRun,
    idOf: (modelId: string) => string | undefined,
  ): string | undefined {
    if (importId === undefined) return undefined;
    const model = deployments.find(({ id }) => id === importId);
    const isSame = ({ name, app_type }: { name: string; app_type: string }) =>
      name === model?.name && app_type === model.appType;
    return idOf(importId) ?? this.#world.emulator.control.state().deployments.find(isSame)?.id ?? importId;
  }

  #entries({ project }: RealStack): EntryView[] {
    const { checkpoint } = JSON.parse(project.stateText()) as {
      checkpoint: { latest?: { resources?: Parameters<typeof realEntry>[0][] } };
    };
    return (checkpoint.latest?.resources ?? []).flatMap((resource) => realEntry(resource) ?? []);
  }

  /** All others have ended after the run that started them. */
  async #endHungOperations(): Promise<void> {
    const { control } = this.#world.emulator;
    for (const { status, resource } of control.state().operations) {
      if (status === "queued" || status === "running")
        await control.deployments.change(resource.id, { change: "finishOperation" });
    }
  }

  async #interfere({ interference }: RecordedRun, stackName: string): Promise<void> {
    const { control } = this.#world.emulator;
    const stack = this.#stacks.get(stackName) as RealStack;
    for (const { kind, resource, entry } of interference) {
      if (kind === "foreign") {
        await control.deployments.create(foreignDeployment(resource));
        continue;
      }
      const wanted = entry === undefined ? undefined : modelEntry(entry);
      if (wanted === undefined) continue;
      const id = this.#entries(stack).find((each) => entryKey(each) === entryKey(wanted))?.id;
      const found = control.state().deployments.find((each) => each.id === id);
      if (found === undefined) continue;
      if (kind === "destroy") await control.deployments.destroyNow(found.id);
      else if (kind === "fail" && found.status === "ready") await control.deployments.markFailed(found.id);
      else if (kind === "rename") await control.deployments.rename(found.id, `${found.name}-renamed`);
    }
  }

  #setOutcomes({ operationEnds }: Run): void {
    const { outcomes } = this.#world.emulator.control;
    outcomes.clear();
    for (const { operation, nth, ...outcome } of operationEnds) {
      outcomes.add({ ...outcome, durationMs: operationMs, match: { operation, nth } });
    }
    outcomes.add({ result: "succeed", durationMs: operationMs, match: { times: "always" } });
  }

  async #taint({ project }: RealStack, { edits, program }: RecordedRun): Promise<void> {
    for (const edit of edits) {
      if (edit.kind !== "taint") continue;
      const name = program[edit.resource % program.length]?.logicalName;
      const { resources } = await project.state();
      const found = resources.find(({ urn, delete: isOld }) => urn.endsWith(`::${name}`) && isOld !== true);
      if (found !== undefined) await project.run(["state", "taint", found.urn, "--yes", "--stack", project.stack]);
    }
  }

  /** Sets what the model's user has in `onvera:adopt` without reason, with the ids of this side. */
  #setLeftovers(stack: RealStack, { run, adopt }: RecordedRun, idOf: (modelId: string) => string | undefined): void {
    const before = this.#modelAdopt.get(run.stack) ?? {};
    for (const [name, value] of Object.entries(adopt)) {
      if (before[name] === value) continue;
      stack.adopt[name] = value.replace(/dep_[\w-]+/g, (id) => idOf(id) ?? id);
    }
  }

  #writeSettings({ project, adopt }: RealStack): void {
    const file = join(project.folder, `Pulumi.${project.stack}.yaml`);
    const settings = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    settings.config["onvera:adopt"] = adopt;
    if (Object.keys(adopt).length === 0) delete settings.config["onvera:adopt"];
    writeFileSync(file, stringify(settings));
  }

  async #run(
    stack: RealStack,
    run: Run,
    program: readonly Declared[],
  ): Promise<{ exit: Side["exit"]; result: RunResult }> {
    const { project } = stack;
    const { control, apiKey } = this.#world.emulator;
    // It comes first, so that it counts all requests.
    const hold = run.end.kind === "killAtRequest" ? control.faults.add(holdAt(run.end)) : undefined;
    const held = new Set(this.#entries(stack).map(({ id }) => id));
    for (const fault of run.faults)
      control.faults.add(faultRule(fault, { control, apiKey, holds: (id) => held.has(id) }));
    const running = this.#spawn(stack, run, program);
    const isKilled = hold !== undefined && (await this.#killAt(hold.id, running));
    const result = await project.finish(running, { mayFail: true });
    if (isKilled) {
      // As `pulumi cancel` does, in a tenth of the time.
      rmSync(join(project.root, "state", ".pulumi", "locks"), { recursive: true, force: true });
      await project.unlock();
    }
    return { exit: isKilled ? "killed" : result.code === 0 ? "success" : "failure", result };
  }

  #spawn({ project }: RealStack, run: Run, program: readonly Declared[]): EngineRun {
    const { command, replaces, targets = [], refreshes } = run;
    const parallel = ["--parallel", String(this.#history.slots)];
    const { type } = this.#world.host === "dynamic" ? dynamicHost : pluginHost;
    const urnsFor = (flag: string, indexes: readonly number[]) =>
      indexes.flatMap((index) => {
        const { logicalName } = program[index % program.length] as Declared;
        return [flag, `urn:pulumi:${project.stack}::${projectName}::${type}::${logicalName}`];
      });
    const flags = [...parallel, ...urnsFor("--target", targets)];
    if (command === "refresh") return project.spawnRefresh({ flags });
    if (refreshes) flags.push("--refresh");
    if (command === "destroy") return project.spawnDestroy({ flags });
    flags.push(...urnsFor("--replace", replaces), ...this.#world.programFlags);
    if (command === "preview") return project.spawnPreview({ flags });
    return project.spawnUp({ flags, previews: command === "upWithPreview" });
  }

  /** Kills the CLI and its processes at a request. False if the run ends before. */
  async #killAt(holdId: string, { command }: EngineRun): Promise<boolean> {
    const { control } = this.#world.emulator;
    const held = () => control.requests.list().requests.find(({ fault }) => fault === holdId);
    while (held() === undefined) {
      if (!command.isRunning) return false;
      await sleep(10);
    }
    command.killAll();
    // If the rule ended before the connection, the platform would get a request that is to be lost.
    while (held()?.durationMs === null) await sleep(5);
    return true;
  }

  #follow(stack: RealStack, error: string): void {
    const held = new Set(this.#entries(stack).map(({ id }) => id));
    const own = this.#world.emulator.control.state().deployments.filter(({ id, status }) => {
      return this.#creators.get(id) === stack.project.stack && !held.has(id) && status !== "destroying";
    });
    for (const [name, value] of Object.entries(adoptChanges(error, new Set(own.map(({ id }) => id))))) {
      if (value === undefined) delete stack.adopt[name];
      else stack.adopt[name] = value;
      this.timeline.push(`user: sets onvera:adopt.${name} to ${value ?? "nothing"}`);
    }
  }

  #noteRun({ command, stack }: Run, { events }: RunResult, requests: readonly LoggedRequest[]): void {
    this.timeline.push(`${command} of ${stack}`);
    for (const { resourcePreEvent } of events) {
      const { op, urn, type } = resourcePreEvent?.metadata ?? {};
      if (op !== undefined && urn !== undefined && type !== "pulumi:pulumi:Stack")
        this.timeline.push(`${op} ${nameOf(urn)}`);
    }
    for (const { method, path, status, platformStatus, fault, response = "" } of requests) {
      const id = method === "POST" ? (/dep_[\w-]+/.exec(response)?.[0] ?? "") : "";
      const changed = fault === null ? "" : ` (the platform: ${platformStatus ?? "not reached"})`;
      this.timeline.push(`  ${method} ${path.replace("/api/v1", "")} -> ${status ?? "no response"}${changed} ${id}`);
    }
    this.timeline.push(
      ...messages(events, { severities: ["warning", "error", "info", "info#err"] }).map((text) => `  log: ${text}`),
    );
  }
}

/** The program: what the model's program registers, with the SDK. The engine gets one resource after the other. */
async function declare(host: HostName, program: readonly Declared[]): Promise<void> {
  const Deployment = host === "dynamic" ? DynamicDeployment : PluginDeployment;
  const declared: pulumi.Resource[] = [];
  for (const { resource, appType, logicalName, aliases, name, isPresent, importId } of program) {
    if (!isPresent) continue;
    const { dependencies, ignoresName, deletesBeforeReplace, repeats = 0 } = resource;
    let left = repeats;
    let onRegister: () => void = () => undefined;
    const registered = new Promise<void>((resolve) => {
      onRegister = resolve;
    });
    const opts: pulumi.CustomResourceOptions = {
      aliases: aliases.map((alias) => ({ name: alias })),
      dependsOn: declared.slice(0, dependencies),
      transforms: [
        () => {
          onRegister();
          return undefined;
        },
      ],
      ...(ignoresName ? { ignoreChanges: ["name"] } : {}),
      ...(importId === undefined || host === "dynamic" ? {} : { import: importId }),
      ...(deletesBeforeReplace ? { deleteBeforeReplace: true } : {}),
      customTimeouts: timeoutsOf(host, resource),
      ...(repeats === 0
        ? {}
        : { hooks: { onError: [new pulumi.ErrorHook(`again-${logicalName}`, () => left-- > 0)] } }),
    };
    const given =
      name === "automatic"
        ? {}
        : { name: name === "undefinedOutput" ? pulumi.output<string | undefined>(undefined) : name };
    const deployment = new Deployment(logicalName, { appType, ...given }, opts);
    declared.push(deployment);
    // One that depends on what has failed is not registered.
    await Promise.race([registered, settled(deployment.urn)]);
  }
}

/** The plugin gets the engine's timeout of an update. The dynamic provider uses that of a create. */
function timeoutsOf(host: HostName, { createTimeout, deleteTimeout }: Resource): pulumi.CustomTimeouts {
  const create = createTimeout === undefined ? {} : { create: `${createTimeout}s` };
  return {
    ...create,
    ...(createTimeout !== undefined && host === "plugin" ? { update: `${createTimeout}s` } : {}),
    ...(deleteTimeout === undefined ? {} : { delete: `${deleteTimeout}s` }),
  };
}

function settled(output: pulumi.Output<unknown>): Promise<void> {
  const { promise } = output as unknown as { promise(): Promise<unknown> };
  return promise().then(
    () => undefined,
    () => undefined,
  );
}
