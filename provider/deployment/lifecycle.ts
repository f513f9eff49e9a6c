import { ActionRequiredError, ConnectionError, OperationTimeoutError, PlatformError } from "../api/errors";
import type { Deployment } from "../api/schemas";
import { type CallContext, defaultCallMs } from "../call-context";
import type { Clock } from "../clock";
import { PollSchedule } from "../lro/poll-schedule";
import type { Poller } from "../lro/poller";
import {
  type Call,
  type CreateOptions as CreatorOptions,
  type ReadOptions,
  ResourceInitError,
  type Values,
} from "../resource-handler";
import { type CreatedDeployment, DeploymentCreator } from "./create";
import { destroyDeployment } from "./delete";
import { DeploymentReader } from "./deployment-reader";
import { isUnfinished, type Observation } from "./diff";
import { DeploymentNotVisibleError, type GoneOptions, type Organization } from "./organization";
import { acceptedOuts, observedOuts, outsFromState, withGivenName } from "./outputs";
import { WaitReporter } from "./progress";
import type { DeploymentInputs, DeploymentOuts } from "./properties";
import { defaultTimeoutsMs, formatDuration } from "./timeouts";
import type { LifecycleClient, WaitContext } from "./wait-context";
import { describeDeployment } from "./wait-for-operation";
import { type CreateResult, waitUntilReady } from "./wait-until-ready";

/** The default timeouts are in `timeouts.ts`. */
export type CallOptions = Omit<Call<unknown>, "connect">;

export interface ObserveOptions extends Omit<GoneOptions, "deadline"> {
  /** Called if the deployment cannot be read. */
  readonly onUnreadable?: (error: Error) => void;
}

export interface CreateOptions extends CallOptions, CreatorOptions {}

/** A create of this process that failed after the platform had accepted it. */
interface EarlierCreate {
  readonly created: CreatedDeployment;
  readonly error: ResourceInitError;
  /** It failed for good: there is nothing to wait for. */
  readonly isOver: boolean;
}

/** The longest time that a preview waits for a read, in milliseconds. After it, the preview uses the recorded state. */
const observeMs = 2 * 60_000;

/** The lifecycle of deployments on the platform: create, resume, read, delete. Plain objects in and out. */
export class DeploymentLifecycle {
  readonly #client: LifecycleClient;
  readonly #poller: Poller;
  readonly #schedule: PollSchedule;
  readonly #clock: Clock;
  readonly #organization: Organization;
  /** Deployments that the state holds or that this process has handled. A search for what a lost request created ignores them. */
  readonly #knownIds: Set<string>;
  /** Failed creates, by resource and inputs. The engine's error hooks can repeat a create, which must not create a second deployment. */
  readonly #earlierCreates = new Map<string, EarlierCreate>();
  readonly #reader: DeploymentReader;
  /** By id: what the platform reported for a diff. */
  readonly #observed = new Map<string, Deployment>();
  /** Deployments that this process has adopted: it must not destroy them. */
  readonly #adoptedIds = new Set<string>();
  readonly #creator: DeploymentCreator;

  constructor({
    client,
    poller,
    schedule = new PollSchedule(),
    clock,
    organization,
    knownIds = new Set(),
  }: {
    client: LifecycleClient;
    poller: Poller;
    schedule?: PollSchedule;
    clock: Clock;
    organization: Organization;
    /** Deployments that the state is known to hold; the lifecycle adds those that it handles. */
    knownIds?: Set<string>;
  }) {
    this.#client = client;
    this.#knownIds = knownIds;
    this.#poller = poller;
    this.#schedule = schedule;
    this.#clock = clock;
    this.#organization = organization;
    this.#creator = new DeploymentCreator({ client, clock, knownIds });
    this.#reader = new DeploymentReader({ client, clock, onVisible: (id) => organization.recordVisible(id) });
  }

  /**
   * Creates a deployment and waits until it is ready.
   *
   * Once the platform has accepted it, every failure is a `ResourceInitError`, which carries its id and outputs. Throws
   * `CreateOutcomeUnknownError` if a response was lost and the outcome of the request cannot be determined. Any other error
   * means that it does not exist: it was never accepted, or was destroyed since.
   */
  async create(inputs: DeploymentInputs, options: CreateOptions): Promise<DeploymentOuts> {
    const context = this.#context("create", inputs.name, inputs.timeouts?.create, options);
    const key = options.resource === undefined ? undefined : JSON.stringify([options.resource, inputs]);
    const earlier = key === undefined ? undefined : this.#earlierCreates.get(key);
    if (earlier?.isOver) throw earlier.error;

    const { ownIds = [], heldIds = [] } = options.state ?? {};
    for (const id of [...ownIds, ...heldIds]) this.#knownIds.add(id);
    if (earlier === undefined) {
      this.#organization.assertNothingMissing();
      const { hasOtherKeys = false, sample = [] } = options.state ?? {};
      if (hasOtherKeys) await this.#organization.waitForEvidence(context);
      this.#organization.assertNothingMissing();
      // What the engine has named can be unreadable for a moment: that shows nothing.
      await this.#assertSeesState(hasOtherKeys ? this.#organization.sample : sample, context);
    }
    const created =
      earlier?.created ??
      (await explainDeadline(context, `create of deployment "${inputs.name}" (${inputs.appType})`, () =>
        this.#creator.create(inputs, options, context),
      ));
    this.#knownIds.add(created.deploymentId);
    if (created.isAdopted) this.#adoptedIds.add(created.deploymentId);
    const accepted = acceptedOuts(inputs, created, this.#organization.origin);
    const result = await this.#waitUntilReady(accepted, inputs, context);
    try {
      return outsOrThrow(created.deploymentId, result);
    } catch (error) {
      if (key !== undefined && error instanceof ResourceInitError) {
        this.#earlierCreates.set(key, { created, error, isOver: result.kind === "failed" });
      }
      throw error;
    }
  }

  /**
   * Continues a create that an earlier run left unfinished, and waits until the deployment is ready; creates nothing. If there
   * is nothing to wait for, it returns the outputs with the new timeouts and what was observed. Every failure is a
   * `ResourceInitError`.
   */
  async resume(id: string, state: Values, inputs: DeploymentInputs, options: CallOptions): Promise<DeploymentOuts> {
    const { timeouts: _, ...kept } = outsFromState(id, state);
    const outs: DeploymentOuts = inputs.timeouts === undefined ? kept : { ...kept, timeouts: inputs.timeouts };
    this.#knownIds.add(outs.deploymentId);
    this.#organization.recordHeld(outs);
    if (!isUnfinished(outs.status)) {
      const observed = this.#observed.get(outs.deploymentId);
      return observed === undefined ? outs : this.#withOrigin(observedOuts(outs, observed));
    }

    const timeoutSeconds = inputs.timeouts?.update ?? inputs.timeouts?.create;
    const context: WaitContext = {
      ...this.#context("create", outs.name, timeoutSeconds, options),
      timeoutOption: "update",
    };
    context.reporter.info("continuing the create that an earlier run left unfinished");
    const result = await this.#waitUntilReady(outs, inputs, context, { isOlder: true });
    if (result.kind === "ready") return this.#withOrigin(result.outs);
    if (result.kind === "gone") {
      await this.#organization.assertGone(outs, context).catch((error: Error) => {
        throw new ResourceInitError(id, outs, error);
      });
    }
    // An update cannot remove the resource from the state; with this status, the next apply replaces it.
    const gone = { kind: "failed", outs: { ...outs, status: "destroyed" } } as const;
    return outsOrThrow(id, result.kind === "gone" ? { ...result, ...gone } : result);
  }

  /**
   * The current state of a deployment on the platform, for a diff. Undefined if it cannot be read, for which `onUnreadable` gets
   * the reason. Throws `DeploymentNotVisibleError` if nothing shows that the key can read the organization of the deployment.
   */
  async observe(
    id: string,
    state: Values,
    { onUnreadable, ...given }: ObserveOptions = {},
  ): Promise<Observation | undefined> {
    const outs = outsFromState(id, state);
    const options = { ...given, deadline: this.#clock.now() + observeMs };
    // One that comes from another provider shows nothing about this provider's key.
    if (given.isMoved !== true) this.#organization.recordHeld(outs);
    try {
      const observed = await this.#reader.read(outs.deploymentId, { ...options, retry: "none" });
      if (observed === undefined) await this.#organization.assertGone(outs, options);
      else this.#observed.set(outs.deploymentId, observed);
      return observed ?? "gone";
    } catch (error) {
      if (error instanceof DeploymentNotVisibleError) throw error;
      onUnreadable?.(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  /**
   * Throws `DeploymentNotVisibleError` if nothing shows that the key can read the organization of a deployment of the state.
   * Sends no request for a deployment that was created with the same key.
   */
  async assertVisible(id: string, state: Values, options: ObserveOptions = {}): Promise<void> {
    if (!this.#organization.isTrusted(outsFromState(id, state))) await this.observe(id, state, options);
  }

  /**
   * Throws `DeploymentNotVisibleError` if the key can read none of these deployments of the state: then a create would go to another
   * organization. Sends no request if one of them was created with the same key, or is known to be visible.
   */
  async #assertSeesState(sample: readonly Values[], { signal, deadline }: CallContext): Promise<void> {
    const all = sample.map((state) => outsFromState("", state));
    for (const outs of all) this.#organization.recordHeld(outs);
    const isTrusted = () => all.some((outs) => this.#organization.isTrusted(outs));
    for (const { deploymentId } of all) {
      if (isTrusted()) return;
      await this.#reader.read(deploymentId, { signal, deadline, retry: "none" });
    }
    const [first] = all;
    if (first !== undefined && !isTrusted()) await this.#organization.assertGone(first, { signal, deadline });
  }

  /**
   * The outputs of a deployment as the platform reports them; undefined if it no longer exists. Throws `DeploymentNotVisibleError` if the
   * state holds it, and nothing shows that the key can read its organization.
   */
  async read(id: string, state: Values, options: CallOptions & ReadOptions): Promise<DeploymentOuts | undefined> {
    const outs = outsFromState(id, state);
    const deadline = this.#clock.now() + (options.timeoutMs ?? defaultCallMs);
    const { isGet = false } = options;
    // An import comes without outputs.
    const isHeld = !isGet && state["deploymentId"] !== undefined;
    if (isHeld) this.#organization.recordHeld(outs);
    const observed = await this.#reader.read(outs.deploymentId, { signal: options.signal, deadline });
    if (observed === undefined) {
      if (isHeld) await this.#organization.assertGone(outs, { ...options, deadline });
      return undefined;
    }
    if (!isGet) this.#knownIds.add(outs.deploymentId);
    return isHeld ? observedOuts(outs, observed) : this.#withOrigin(observedOuts(outs, observed));
  }

  /**
   * Destroys a deployment and waits until it is gone; see `destroyDeployment`. Throws `ActionRequiredError`, and destroys nothing, if this
   * process has adopted the deployment: the state holds it twice then.
   */
  async delete(id: string, state: Values, options: CallOptions): Promise<void> {
    const outs = outsFromState(id, state);
    if (this.#adoptedIds.has(outs.deploymentId)) {
      throw new ActionRequiredError(
        `deployment "${outs.name}" (${outs.deploymentId}) is not destroyed: this run has adopted it, so that the state holds ` +
          "it twice; remove the entry that is to be deleted from the state (`pulumi state delete`), then run `pulumi up`",
      );
    }
    const context = this.#context("delete", outs.name, outs.timeouts?.delete, options);
    this.#knownIds.add(outs.deploymentId);
    this.#organization.recordHeld(outs);
    await explainDeadline(context, `delete of ${describeDeployment(outs)}`, () => destroyDeployment(outs, context));
  }

  /** Adds the origin of this key and base URL to outputs without one, if the key can read the deployment. */
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
      schedule: this.#schedule,
      organization: this.#organization,
      clock,
      startedAt,
      timeoutMs: chosenMs,
      deadline: startedAt + chosenMs,
      signal,
      urn,
      call,
      timeoutOption: call,
      reporter: new WaitReporter({
        name,
        report: onProgress,
        elapsedMs: () => clock.now() - startedAt,
        timeoutMs: chosenMs,
      }),
    };
  }

  async #waitUntilReady(
    outs: DeploymentOuts,
    { name }: DeploymentInputs,
    context: WaitContext,
    options?: { readonly isOlder: boolean },
  ): Promise<CreateResult> {
    try {
      const result = await waitUntilReady(outs, context, options);
      return result.kind === "gone" ? result : { ...result, outs: withGivenName(result.outs, name) };
    } catch (error) {
      // Whatever it is, even a bug of this provider: the deployment exists, and its id must not be lost.
      return { kind: "unfinished", outs, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }
}

/** Explains a deadline that ended a call before the platform accepted its request. Passes on any other error. */
async function explainDeadline<T>({ call, timeoutMs }: WaitContext, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== "DEADLINE") throw error;
    // A delete that was not accepted is not in progress.
    const NotAccepted = call === "create" ? OperationTimeoutError : PlatformError;
    throw new NotAccepted(
      `${what} was not accepted within ${formatDuration(timeoutMs)}: ${error.message}; the next \`pulumi up\` tries again; to ` +
        `wait longer, raise customTimeouts.${call}`,
      { cause: error },
    );
  }
}

function outsOrThrow(id: string, result: CreateResult): DeploymentOuts {
  switch (result.kind) {
    case "ready":
      return result.outs;
    case "failed":
    case "unfinished":
      throw new ResourceInitError(id, result.outs, result.error);
    case "gone":
      throw result.error;
  }
}
