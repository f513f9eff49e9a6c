import type { Clock } from "../clock";
import { isOutcomeUnknown } from "../onvera/client";
import { ApiError, CreateOutcomeUnknownError, OperationFailedError, PlatformError } from "../onvera/errors";
import type { Deployment } from "../onvera/schemas";
import type { Poller } from "../operations/poller";
import { waitUntil } from "../operations/waiter";
import { isLost, isUnfinished, type Observation } from "./diff";
import { DeploymentInitError } from "./errors";
import type { DeploymentInputs } from "./inputs";
import { acceptedOuts, type DeploymentOuts, observedOuts, outsFromState } from "./outs";
import { type ReportProgress, WaitReporter } from "./progress";
import {
  isNotFound,
  isTerminal,
  type LifecycleClient,
  type Settled,
  settleCreate,
  subjectOf,
  type WaitContext,
  waitForOperation,
  whyNotSeen,
} from "./settle";
import { defaultTimeoutsMs } from "./timeouts";

export interface CallOptions {
  /** Milliseconds for the whole call. Default: what the inputs or outputs say, else 30 minutes (delete: 20). */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the call at once; whatever was begun goes on at the platform and is kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress | undefined;
}

export type NameOwner = "run" | "stack" | "unknown";

export interface CreateOptions extends CallOptions {
  /**
   * Whose a deployment of this name can be: `run` where it was made up in this very run, `stack` where only this stack's
   * state leads to it (see `stackName`), so that it may be what an earlier run has made; else `unknown`.
   */
  readonly nameOwner: NameOwner;
  /**
   * How a lost create is recovered by hand: the id of the deployment to take over instead of making one, or `new` to make
   * one whatever is there.
   */
  readonly adopt?: string | undefined;
  /** Tells the resource from the others of this run: a repeated create of it goes on with what the first one made. */
  readonly resource?: string | undefined;
}

/** How often a create without an answer is looked for before it counts as not made; the delays are in milliseconds. */
const lookDelaysMs = [0, 2_000, 5_000, 10_000];
const maxCreateRequests = 3;
/** Longer ago, a deployment of ours that the state does not know is no killed run's, but one that was let go on purpose. */
const adoptWithinMs = 24 * 60 * 60_000;
/** The platform's clock may be this much behind ours. */
const clockSkewMs = 5 * 60_000;

interface Accepted {
  readonly deploymentId: string;
  readonly operationId?: string | undefined;
}

interface Attempt {
  readonly accepted: Accepted;
  readonly error: DeploymentInitError;
  /** It failed for good: nothing is left to wait for. */
  readonly isOver: boolean;
}

/** The life of deployments on the platform: create, resume, read, delete. Plain objects in and out. */
export class DeploymentLifecycle {
  readonly #client: LifecycleClient;
  readonly #poller: Poller;
  readonly #clock: Clock;
  /** Every deployment that this process has had to do with: none of them is what a lost create made. */
  readonly #knownIds: Set<string>;
  /** Creates that did not end well: the engine's hooks may call them again, and each makes one deployment at most. */
  readonly #attempts = new Map<string, Attempt>();
  #observed: Promise<ReadonlyMap<string, Deployment>> | undefined;
  /** The platform's deployments as they were before this process made any. */
  #atStart: Promise<Deployment[]> | undefined;

  constructor({
    client,
    poller,
    clock,
    knownIds = new Set(),
  }: {
    client: LifecycleClient;
    poller: Poller;
    clock: Clock;
    /** Deployments that the state is known to hold; the lifecycle adds those that it meets. */
    knownIds?: Set<string>;
  }) {
    this.#client = client;
    this.#knownIds = knownIds;
    this.#poller = poller;
    this.#clock = clock;
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

    const accepted = earlier?.accepted ?? (await this.#accept(inputs, options, context));
    this.#knownIds.add(accepted.deploymentId);
    const settled = await this.#settle(acceptedOuts(inputs, accepted), context);
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
   * nothing to wait for it only takes over the new timeouts. Every failure is a `DeploymentInitError`.
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
    if (!isUnfinished(outs.status)) return outs;

    const timeoutSeconds = inputs.timeouts?.update ?? inputs.timeouts?.create;
    const context = this.#context("create", outs.name, timeoutSeconds, options);
    context.reporter.info(`going on with the create that an earlier run left unfinished`);
    const settled = await this.#settle(outs, context, 0);
    // An update cannot take the resource out of the state; with this status, the next apply replaces it.
    const gone = { kind: "failed", outs: { ...outs, status: "destroyed" } } as const;
    return outsOrThrow(id, settled.kind === "gone" ? { ...settled, ...gone } : settled);
  }

  /**
   * What the platform says of a deployment now, for a diff: from one reading of the list for all deployments of the run.
   * One that is missing there is asked for by itself, so that a list that shifted while it was read cannot make it look
   * gone. Undefined where it cannot be seen; never rejects.
   */
  async observe(deploymentId: string): Promise<Observation | undefined> {
    this.#observed ??= this.#client
      .allDeployments({ retry: "none" })
      .then((all) => new Map(all.map((seen) => [seen.id, seen])));
    try {
      const listed = (await this.#observed).get(deploymentId);
      const seen = listed ?? (await this.#client.getDeployment(deploymentId, { retry: "none" }));
      return seen.status === "destroyed" ? "gone" : seen;
    } catch (error) {
      return isNotFound(error) ? "gone" : undefined;
    }
  }

  /** The platform's view of a deployment; undefined where it does not exist any more. */
  async read(
    id: string,
    state: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<DeploymentOuts | undefined> {
    const outs = outsFromState(id, state);
    let seen: Deployment;
    try {
      seen = await this.#client.getDeployment(outs.deploymentId, { signal: options.signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
    this.#knownIds.add(outs.deploymentId);
    return seen.status === "destroyed" ? undefined : observedOuts(outs, seen);
  }

  /**
   * Destroys a deployment and waits until it is gone. One that is gone already is a success; a destroy that is running
   * already is joined; a create that is going on is waited out first. After any failure a repeated call is safe.
   */
  async delete(id: string, state: Readonly<Record<string, unknown>>, options: CallOptions): Promise<void> {
    const outs = outsFromState(id, state);
    const context = this.#context("delete", outs.name, outs.timeouts?.delete, options);
    this.#knownIds.add(outs.deploymentId);
    if (isUnfinished(outs.status)) await this.#waitOutCreate(outs, context);

    for (;;) {
      let operationId: string | undefined;
      try {
        ({ operationId } = await this.#client.deleteDeployment(outs.deploymentId, { signal: options.signal }));
      } catch (error) {
        if (isNotFound(error)) return;
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
        const seen = await this.#seen(outs.deploymentId, context);
        if (seen === undefined) return;
        if (seen.status !== "destroying") {
          // What conflicts is its create, or another operation on it: wait for that, then ask again.
          await this.#waitOutConflict(outs, error, seen, context);
          continue;
        }
        context.reporter.info("it is being destroyed already, waiting for that");
        operationId = error.operationId ?? seen.operationId;
      }
      await this.#waitUntilGone(outs, operationId, context);
      context.reporter.done("destroyed");
      return;
    }
  }

  #context(
    call: "create" | "delete",
    name: string,
    timeoutSeconds: number | undefined,
    { timeoutMs, signal, onProgress }: CallOptions,
  ): WaitContext {
    const clock = this.#clock;
    const startedAt = clock.now();
    const chosenMs = timeoutMs ?? (timeoutSeconds === undefined ? defaultTimeoutsMs[call] : timeoutSeconds * 1_000);
    return {
      client: this.#client,
      poller: this.#poller,
      clock,
      startedAt,
      timeoutMs: chosenMs,
      deadline: startedAt + chosenMs,
      signal,
      call,
      reporter: new WaitReporter({
        name,
        report: onProgress,
        elapsedMs: () => clock.now() - startedAt,
        timeoutMs: chosenMs,
      }),
    };
  }

  /** Has the platform accept the deployment, unless it has one for these inputs already. */
  async #accept(
    inputs: DeploymentInputs,
    { adopt, nameOwner }: CreateOptions,
    context: WaitContext,
  ): Promise<Accepted> {
    if (adopt !== undefined && adopt !== "new") return this.#adopt(inputs, adopt);
    if (nameOwner !== "run" && adopt !== "new") {
      const made = await this.#madeByEarlierRun(inputs, nameOwner, context);
      if (made !== undefined) return { deploymentId: made.id, operationId: made.operationId };
    }
    return this.#createOnce(inputs, nameOwner, context);
  }

  /**
   * What a run that was killed in the middle of this create has made, if it has. All creates of a process share one
   * reading of the list: no earlier run makes anything any more. Throws where something of the name is there that is not
   * provably such a run's.
   */
  async #madeByEarlierRun(
    inputs: DeploymentInputs,
    nameOwner: NameOwner,
    { reporter }: WaitContext,
  ): Promise<Deployment | undefined> {
    this.#atStart ??= this.#client.allDeployments();
    let all: Deployment[];
    try {
      all = await this.#atStart;
    } catch (error) {
      this.#atStart = undefined;
      throw error;
    }
    const isFresh = ({ createdAt }: Deployment) =>
      !(Date.parse(createdAt ?? "") < this.#clock.wallNow() - adoptWithinMs);
    const found = all.filter(
      (seen) =>
        seen.name === inputs.name &&
        seen.status !== "destroyed" &&
        !this.#knownIds.has(seen.id) &&
        // Names are not unique: an older one of a name that somebody chose is simply another deployment.
        (nameOwner === "stack" || (seen.appType === inputs.appType && isFresh(seen))),
    );
    const [only, ...others] = found;
    if (only === undefined) return undefined;
    const isUsable = only.appType === inputs.appType && !isLost(only.status);
    if (nameOwner === "stack" && others.length === 0 && isFresh(only) && isUsable) {
      reporter.info(
        `deployment ${only.id} was made by an earlier run of this stack that did not end; going on with it`,
      );
      return only;
    }
    const ids = found.map(({ id, status }) => `${id} (${status})`).join(", ");
    const why =
      nameOwner === "stack"
        ? "an earlier run of this stack made it, but the state does not know it: perhaps it was kept on purpose"
        : "it was made in the last 24 hours: perhaps by an earlier run of this stack that was killed, perhaps by somebody else";
    throw new CreateOutcomeUnknownError(
      `a deployment "${inputs.name}" is there already: ${ids}; ${why}. Nothing was sent. To take it over, run ` +
        "`pulumi config set --path 'onvera:adopt.<resource>' <deployment id>` and then `pulumi up`; to have another one of " +
        "that name, the same with `new` instead of the id",
    );
  }

  async #settle(outs: DeploymentOuts, context: WaitContext, firstPollDelayMs?: number): Promise<Settled> {
    try {
      return await settleCreate(outs, context, firstPollDelayMs);
    } catch (error) {
      // Whatever it is, a mistake of ours included: the deployment exists, and its id must not be lost.
      return { kind: "unfinished", outs, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Sends the create; after a lost answer it looks for what was made, and sends again only where nothing was. */
  async #createOnce(inputs: DeploymentInputs, nameOwner: NameOwner, context: WaitContext): Promise<Accepted> {
    const askedAt = this.#clock.wallNow();
    for (let request = 1; ; request += 1) {
      try {
        return await this.#client.createDeployment(inputs, { signal: context.signal });
      } catch (error) {
        if (!isOutcomeUnknown(error)) throw error;
        const made = await this.#lookForLost(inputs, { askedAt, nameOwner, lostBy: error as Error, context });
        if (made !== undefined) return { deploymentId: made.id, operationId: made.operationId };
        if (context.signal?.aborted) throw outcomeUnknown(inputs, error as Error, "and the run was canceled");
        if (request === maxCreateRequests) throw error;
        context.reporter.trouble(`${(error as Error).message}; nothing was made by it, so it is sent again`);
      }
    }
  }

  /**
   * Looks for the deployment that a create without an answer may have made. Undefined means that there is none. Throws
   * `CreateOutcomeUnknownError` where one is there that may as well be somebody else's, or where it cannot be seen.
   */
  async #lookForLost(
    inputs: DeploymentInputs,
    {
      askedAt,
      nameOwner,
      lostBy,
      context,
    }: { askedAt: number; nameOwner: NameOwner; lostBy: Error; context: WaitContext },
  ): Promise<Deployment | undefined> {
    const { clock, reporter, deadline, signal } = context;
    reporter.trouble(`${lostBy.message}; looking for what it made`);
    for (const delayMs of lookDelaysMs) {
      let found: Deployment[];
      try {
        // Canceled or not, what was sent is looked for: the id must not be lost.
        await clock.sleep(Math.min(delayMs, Math.max(0, deadline - clock.now())), signal).catch(() => undefined);
        found = (await this.#client.allDeployments()).filter(
          (deployment) =>
            deployment.name === inputs.name &&
            deployment.appType === inputs.appType &&
            !this.#knownIds.has(deployment.id) &&
            !(Date.parse(deployment.createdAt ?? "") < askedAt - clockSkewMs),
        );
      } catch (error) {
        throw outcomeUnknown(inputs, lostBy, `and whether it was made cannot be seen: ${(error as Error).message}`);
      }
      const [only, ...others] = found;
      if (only === undefined) continue;
      if (nameOwner !== "unknown" && others.length === 0) return only;
      const ids = found.map(({ id }) => id).join(", ");
      throw outcomeUnknown(
        inputs,
        lostBy,
        `and the name was not made by us, so it cannot be told whose this is: ${ids}`,
      );
    }
    return undefined;
  }

  /** Takes over the deployment that the user has named, if it is what the inputs ask for. */
  async #adopt(inputs: DeploymentInputs, id: string): Promise<Accepted> {
    if (this.#knownIds.has(id)) {
      throw new PlatformError(
        `deployment ${id} cannot be adopted for "${inputs.name}": another resource of this run has it`,
      );
    }
    const seen = await this.#client.getDeployment(id);
    const differences = (["name", "appType"] as const).filter((key) => seen[key] !== inputs[key]);
    if (differences.length > 0) {
      const told = differences.map((key) => `its ${key} is "${seen[key] ?? ""}", not "${inputs[key]}"`).join(" and ");
      throw new PlatformError(`deployment ${id} cannot be adopted for "${inputs.name}": ${told}`);
    }
    return { deploymentId: seen.id, operationId: seen.operationId };
  }

  async #waitOutCreate(outs: DeploymentOuts, context: WaitContext): Promise<void> {
    const seen = await this.#seen(outs.deploymentId, context);
    if (seen === undefined || !isUnfinished(seen.status)) return;
    context.reporter.info("it is still being created, waiting for that first");
    const operationId = outs.operationId ?? seen.operationId;
    if (operationId === undefined) return;
    const end = await waitForOperation(operationId, context, undefined, 0);
    if (end.kind === "timeout" || end.kind === "aborted") throw whyNotSeen(end, subjectOf(outs), context);
  }

  /** Waits until what stands in the way of a destroy is over; throws the conflict itself when that cannot be seen. */
  async #waitOutConflict(
    outs: DeploymentOuts,
    conflict: ApiError,
    seen: Deployment,
    context: WaitContext,
  ): Promise<void> {
    const operationId = conflict.operationId ?? seen.operationId;
    context.reporter.info(`${conflict.reason}; waiting for that first`);
    const operation =
      operationId === undefined
        ? undefined
        : await this.#client.getOperation(operationId, { signal: context.signal }).catch(() => undefined);
    if (operationId === undefined || operation === undefined || isTerminal(operation)) {
      if (!isUnfinished(seen.status)) throw conflict;
      await this.#clock.sleep(2_000, context.signal);
    } else {
      const end = await waitForOperation(operationId, context);
      if (end.kind === "timeout" || end.kind === "aborted") throw whyNotSeen(end, subjectOf(outs), context);
    }
    if (this.#clock.now() >= context.deadline) throw whyNotSeen({ kind: "timeout" }, subjectOf(outs), context);
  }

  async #waitUntilGone(outs: DeploymentOuts, operationId: string | undefined, context: WaitContext): Promise<void> {
    let failure: string | undefined;
    if (operationId !== undefined) {
      const end = await waitForOperation(operationId, context);
      if (end.kind === "done") {
        if (end.answer.status === "succeeded") return;
        const { code, message } = end.answer.error ?? {};
        failure = [`operation ${operationId} ${end.answer.status}`, code, message ?? end.answer.message]
          .filter((part) => part !== undefined)
          .join(": ");
      } else if (end.kind === "timeout" || end.kind === "aborted") {
        throw whyNotSeen(end, subjectOf(outs), context);
      }
    }
    const end = await waitUntil<Deployment>({
      ...context,
      key: `deployment/${outs.deploymentId}`,
      fetch: (signal) => this.#client.getDeployment(outs.deploymentId, { signal, retry: "none" }),
      isDone: ({ status }) => status === "destroyed" || (failure !== undefined && status !== "destroying"),
      firstPollDelayMs: 0,
      onAnswer: ({ status }) => context.reporter.phase({ status, message: "waiting until the deployment is gone" }),
      onError: (error) =>
        context.reporter.trouble(`the deployment cannot be seen at the moment, trying on: ${error.message}`),
    });
    if (end.kind === "vanished" || (end.kind === "done" && end.answer.status === "destroyed")) return;
    if (end.kind === "done") {
      throw new OperationFailedError(
        `delete of ${subjectOf(outs)} did not succeed: ${failure}; it is still there as "${end.answer.status}", and the ` +
          "next `pulumi up` or `pulumi destroy` tries again",
      );
    }
    throw whyNotSeen(end, subjectOf(outs), context);
  }

  async #seen(id: string, { signal }: WaitContext): Promise<Deployment | undefined> {
    try {
      const seen = await this.#client.getDeployment(id, { signal });
      return seen.status === "destroyed" ? undefined : seen;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
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

function outcomeUnknown(inputs: DeploymentInputs, lostBy: Error, why: string): CreateOutcomeUnknownError {
  return new CreateOutcomeUnknownError(
    `the create of "${inputs.name}" got no usable answer (${lostBy.message}), ${why}. Nothing was sent again. Look at ` +
      "Onvera whether the deployment is there; if it is yours, take it over with " +
      "`pulumi config set --path 'onvera:adopt.<resource>' <deployment id>` and `pulumi up`; if it is not there, `pulumi up` makes it",
    { cause: lostBy },
  );
}
