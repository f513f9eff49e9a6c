import { type CallContext, defaultCallMs } from "../call-context";
import type { Clock } from "../clock";
import { ConnectionError, OperationTimeoutError, PlatformError } from "../api/errors";
import type { Deployment } from "../api/schemas";
import { OperationPace } from "../lro/poll-schedule";
import type { Poller } from "../lro/poller";
import { Acceptance, type Accepted, type AcceptOptions } from "./create";
import { isUnfinished, type Observation } from "./diff";
import { DeploymentInitError } from "./errors";
import type { DeploymentInputs } from "./check";
import { DeploymentNotVisibleError, type GoneOptions, type Organization } from "./organization";
import { acceptedOuts, type DeploymentOuts, observedOuts, outsFromState } from "./outputs";
import { type ReportProgress, WaitReporter } from "./progress";
import { destroyDeployment } from "./delete";
import { type LifecycleClient, type Settled, settleCreate, subjectOf, type WaitContext } from "./wait-until-ready";
import { DeploymentSight } from "./deployment-reader";
import { defaultTimeoutsMs, formatDuration } from "./timeouts";

export interface CallOptions {
  /** Milliseconds for the whole call. Default: what the inputs or outputs say, else 30 minutes (delete: 20). */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the call at once; whatever was begun goes on at the platform and is kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress | undefined;
  /** Of the resource, for messages, if the host knows it. */
  readonly urn?: string | undefined;
}

export interface ObserveOptions extends Omit<GoneOptions, "deadline"> {
  /** Called if the deployment cannot be read. */
  readonly onUnreadable?: (error: Error) => void;
}

export interface CreateOptions extends CallOptions, AcceptOptions {}

interface Attempt {
  readonly accepted: Accepted;
  readonly error: DeploymentInitError;
  /** It failed for good: nothing is left to wait for. */
  readonly isOver: boolean;
}

/** A preview shows what the state says rather than wait longer for the platform, in milliseconds. */
const observeMs = 2 * 60_000;

/** The life of deployments on the platform: create, resume, read, delete. Plain objects in and out. */
export class DeploymentLifecycle {
  readonly #client: LifecycleClient;
  readonly #poller: Poller;
  readonly #pace: OperationPace;
  readonly #clock: Clock;
  readonly #organization: Organization;
  /** Every deployment that this process has had to do with: none of them is what a lost create made. */
  readonly #knownIds: Set<string>;
  /** Creates that did not end well: the engine's hooks may call them again, and each makes one deployment at most. */
  readonly #attempts = new Map<string, Attempt>();
  readonly #sight: DeploymentSight;
  /** By id: what was seen of deployments, for diffs. */
  readonly #observed = new Map<string, Deployment>();
  /** Deployments that this process has adopted: it must not destroy them. */
  readonly #adoptedIds = new Set<string>();
  readonly #acceptance: Acceptance;

  constructor({
    client,
    poller,
    pace = new OperationPace(),
    clock,
    organization,
    knownIds = new Set(),
  }: {
    client: LifecycleClient;
    poller: Poller;
    pace?: OperationPace;
    clock: Clock;
    organization: Organization;
    /** Deployments that the state is known to hold; the lifecycle adds those that it meets. */
    knownIds?: Set<string>;
  }) {
    this.#client = client;
    this.#knownIds = knownIds;
    this.#poller = poller;
    this.#pace = pace;
    this.#clock = clock;
    this.#organization = organization;
    this.#acceptance = new Acceptance({ client, clock, knownIds });
    this.#sight = new DeploymentSight({ client, clock, onVisible: (id) => organization.show(id) });
  }

  /**
   * Makes a deployment and waits until it is ready.
   *
   * Once the platform has accepted it, every failure is a `DeploymentInitError`, which carries its id and outputs; only
   * where it is known not to exist (never accepted, or destroyed since) it is another error. Throws
   * `CreateOutcomeUnknownError` where an answer was lost and what became of the request cannot be told.
   */
  async create(inputs: DeploymentInputs, options: CreateOptions): Promise<DeploymentOuts> {
    const context = this.#context("create", inputs.name, inputs.timeouts?.create, options);
    const attempt = options.resource === undefined ? undefined : JSON.stringify([options.resource, inputs]);
    const earlier = attempt === undefined ? undefined : this.#attempts.get(attempt);
    if (earlier?.isOver) throw earlier.error;

    const { ownId, heldIds = [] } = options.state ?? {};
    for (const id of ownId === undefined ? heldIds : [ownId, ...heldIds]) this.#knownIds.add(id);
    if (earlier === undefined) {
      this.#organization.assertNothingMissing();
      await this.#assertSeesState(options.state?.held ?? [], context);
    }
    const accepted =
      earlier?.accepted ??
      (await namingTimeouts(context, `create of deployment "${inputs.name}" (${inputs.appType})`, () =>
        this.#acceptance.accept(inputs, options, context),
      ));
    this.#knownIds.add(accepted.deploymentId);
    if (accepted.isAdopted) this.#adoptedIds.add(accepted.deploymentId);
    const settled = await this.#settle(acceptedOuts(inputs, accepted, this.#organization.origin), context);
    try {
      return outsOrThrow(accepted.deploymentId, settled);
    } catch (error) {
      if (attempt !== undefined && error instanceof DeploymentInitError) {
        this.#attempts.set(attempt, { accepted, error, isOver: settled.kind === "failed" });
      }
      throw error;
    }
  }

  /**
   * Goes on with what a former run left unfinished, and waits until the deployment is ready; creates nothing. With
   * nothing to wait for it only takes over the new timeouts, and what was observed. Every failure is a `DeploymentInitError`.
   */
  async resume(
    id: string,
    state: Readonly<Record<string, unknown>>,
    inputs: DeploymentInputs,
    options: CallOptions,
  ): Promise<DeploymentOuts> {
    const { timeouts: _, ...kept } = outsFromState(id, state);
    const outs: DeploymentOuts = inputs.timeouts === undefined ? kept : { ...kept, timeouts: inputs.timeouts };
    this.#knownIds.add(outs.deploymentId);
    this.#organization.hold(outs);
    if (!isUnfinished(outs.status)) {
      const seen = this.#observed.get(outs.deploymentId);
      return seen === undefined ? outs : this.#withOrigin(observedOuts(outs, seen));
    }

    const timeoutSeconds = inputs.timeouts?.update ?? inputs.timeouts?.create;
    const context = this.#context("create", outs.name, timeoutSeconds, options);
    context.reporter.info(`going on with the create that an earlier run left unfinished`);
    const settled = await this.#settle(outs, context, 0);
    if (settled.kind === "ready") return this.#withOrigin(settled.outs);
    if (settled.kind === "gone") {
      await this.#organization.assertGone(outs, context).catch((error: Error) => {
        throw new DeploymentInitError(id, outs, error);
      });
    }
    // An update cannot take the resource out of the state; with this status, the next apply replaces it.
    const gone = { kind: "failed", outs: { ...outs, status: "destroyed" } } as const;
    return outsOrThrow(id, settled.kind === "gone" ? { ...settled, ...gone } : settled);
  }

  /**
   * The current state of a deployment on the platform, for a diff. Undefined if it cannot be read, for which `onUnreadable` gets
   * the reason. Throws `DeploymentNotVisibleError` if the key is not known to see the organization of the deployment.
   */
  async observe(
    id: string,
    state: Readonly<Record<string, unknown>>,
    { onUnreadable, ...given }: ObserveOptions = {},
  ): Promise<Observation | undefined> {
    const outs = outsFromState(id, state);
    const options = { ...given, deadline: this.#clock.now() + observeMs };
    this.#organization.hold(outs);
    try {
      const seen = await this.#sight.see(outs.deploymentId, { ...options, retry: "none" });
      if (seen === undefined) await this.#organization.assertGone(outs, options);
      else this.#observed.set(outs.deploymentId, seen);
      return seen ?? "gone";
    } catch (error) {
      if (error instanceof DeploymentNotVisibleError) throw error;
      onUnreadable?.(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  /**
   * Throws `DeploymentNotVisibleError` if the key is known not to see the organization of a deployment that the state holds.
   * Sends no request for a deployment that was created with the same key.
   */
  async assertVisible(
    id: string,
    state: Readonly<Record<string, unknown>>,
    options: ObserveOptions = {},
  ): Promise<void> {
    if (!this.#organization.isTrusted(outsFromState(id, state))) await this.observe(id, state, options);
  }

  /**
   * Throws `DeploymentNotVisibleError` if the key sees none of these deployments of the state: then a create would go to another
   * organization. Sends no request if one of them was created with the same key, or is known to be visible.
   */
  async #assertSeesState(
    held: readonly Readonly<Record<string, unknown>>[],
    { signal, deadline }: CallContext,
  ): Promise<void> {
    const all = held.map((state) => outsFromState("", state));
    for (const outs of all) this.#organization.hold(outs);
    const isTrusted = () => all.some((outs) => this.#organization.isTrusted(outs));
    for (const { deploymentId } of all) {
      if (isTrusted()) return;
      await this.#sight.see(deploymentId, { signal, deadline, retry: "none" });
    }
    const [first] = all;
    if (first !== undefined && !isTrusted()) await this.#organization.assertGone(first, { signal, deadline });
  }

  /**
   * The platform's view of a deployment; undefined where it does not exist any more. Throws `DeploymentNotVisibleError` if the
   * state holds it, and the key is not known to see its organization.
   */
  async read(
    id: string,
    state: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<DeploymentOuts | undefined> {
    const outs = outsFromState(id, state);
    const deadline = this.#clock.now() + (options.timeoutMs ?? defaultCallMs);
    // An import, and a resource that the program only reads, come without outputs.
    const isHeld = state["deploymentId"] !== undefined;
    if (isHeld) this.#organization.hold(outs);
    const seen = await this.#sight.see(outs.deploymentId, { signal: options.signal, deadline });
    if (seen === undefined) {
      if (isHeld) await this.#organization.assertGone(outs, { ...options, deadline });
      return undefined;
    }
    this.#knownIds.add(outs.deploymentId);
    return isHeld ? observedOuts(outs, seen) : this.#withOrigin(observedOuts(outs, seen));
  }

  /**
   * Destroys a deployment and waits until it is gone. One that is gone already is a success; a destroy that is running
   * already is joined; a create that is going on is waited out first. After any failure a repeated call is safe.
   *
   * Throws `PlatformError`, and destroys nothing, if this process has adopted the deployment: the state holds it twice then.
   */
  async delete(id: string, state: Readonly<Record<string, unknown>>, options: CallOptions): Promise<void> {
    const outs = outsFromState(id, state);
    if (this.#adoptedIds.has(outs.deploymentId)) {
      throw new PlatformError(
        `deployment "${outs.name}" (${outs.deploymentId}) is not destroyed: this run has adopted it, so that the state holds ` +
          "it twice; remove the entry that is to be deleted from the state (`pulumi state delete`), then run `pulumi up`",
      );
    }
    const context = this.#context("delete", outs.name, outs.timeouts?.delete, options);
    this.#knownIds.add(outs.deploymentId);
    this.#organization.hold(outs);
    await namingTimeouts(context, `delete of ${subjectOf(outs)}`, () => destroyDeployment(outs, context));
  }

  /** For a deployment of which the state does not say yet with which key it is visible. */
  #withOrigin(outs: DeploymentOuts): DeploymentOuts {
    const { origin } = this.#organization;
    return outs.__origin !== undefined || !this.#organization.isVisible(outs.deploymentId)
      ? outs
      : { ...outs, __origin: origin };
  }

  #context(
    call: "create" | "delete",
    name: string,
    timeoutSeconds: number | undefined,
    { timeoutMs, signal, onProgress, urn }: CallOptions,
  ): WaitContext {
    const clock = this.#clock;
    const startedAt = clock.now();
    const chosenMs = timeoutMs ?? (timeoutSeconds === undefined ? defaultTimeoutsMs[call] : timeoutSeconds * 1_000);
    return {
      client: this.#client,
      poller: this.#poller,
      pace: this.#pace,
      organization: this.#organization,
      clock,
      startedAt,
      timeoutMs: chosenMs,
      deadline: startedAt + chosenMs,
      signal,
      urn,
      call,
      reporter: new WaitReporter({
        name,
        report: onProgress,
        elapsedMs: () => clock.now() - startedAt,
        timeoutMs: chosenMs,
      }),
    };
  }

  async #settle(outs: DeploymentOuts, context: WaitContext, firstPollDelayMs?: number): Promise<Settled> {
    try {
      return await settleCreate(outs, context, firstPollDelayMs);
    } catch (error) {
      // Whatever it is, a mistake of ours included: the deployment exists, and its id must not be lost.
      return { kind: "unfinished", outs, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }
}

/** Says which timeout ended a call before the platform accepted its request. A delete that was not accepted is not under way. */
async function namingTimeouts<T>({ call, timeoutMs }: WaitContext, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== "DEADLINE") throw error;
    const NotAccepted = call === "create" ? OperationTimeoutError : PlatformError;
    throw new NotAccepted(
      `${what} was not accepted within ${formatDuration(timeoutMs)}: ${error.message}; the next \`pulumi up\` tries again; to ` +
        `wait longer, raise customTimeouts.${call}`,
      { cause: error },
    );
  }
}

function outsOrThrow(id: string, settled: Settled): DeploymentOuts {
  switch (settled.kind) {
    case "ready":
      return settled.outs;
    case "failed":
    case "unfinished":
      throw new DeploymentInitError(id, settled.outs, settled.error);
    case "gone":
      throw settled.error;
  }
}
