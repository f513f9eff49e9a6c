import type { Clock } from "../clock";
import { isOutcomeUnknown } from "../onvera/client";
import { ApiError, CreateOutcomeUnknownError, OperationFailedError, PlatformError } from "../onvera/errors";
import type { Deployment } from "../onvera/schemas";
import type { Poller } from "../operations/poller";
import { waitUntil } from "../operations/waiter";
import { isUnfinished } from "./diff";
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

export interface CreateOptions extends CallOptions {
  /** True where the name was made by us in this very run, so that a deployment of that name can be nobody else's. */
  readonly isNameOurs: boolean;
  /** A deployment to take over instead of making one: how a lost create is recovered by hand. */
  readonly adopt?: string | undefined;
}

/** How often a create without an answer is looked for before it counts as not made; the delays are in milliseconds. */
const lookDelaysMs = [0, 2_000, 5_000, 10_000];
const maxCreateRequests = 3;
/** The platform's clock may be this much behind ours. */
const clockSkewMs = 5 * 60_000;

/** The life of deployments on the platform: create, resume, read, delete. Plain objects in and out. */
export class DeploymentLifecycle {
  readonly #client: LifecycleClient;
  readonly #poller: Poller;
  readonly #clock: Clock;
  /** Every deployment that this process has had to do with: none of them is what a lost create made. */
  readonly #knownIds = new Set<string>();

  constructor({ client, poller, clock }: { client: LifecycleClient; poller: Poller; clock: Clock }) {
    this.#client = client;
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
    const accepted =
      options.adopt === undefined
        ? await this.#createOnce(inputs, options.isNameOurs, context)
        : await this.#adopt(inputs, options.adopt);
    this.#knownIds.add(accepted.deploymentId);
    return outsOrThrow(accepted.deploymentId, await this.#settle(acceptedOuts(inputs, accepted), context));
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

  async #settle(outs: DeploymentOuts, context: WaitContext, firstPollDelayMs?: number): Promise<Settled> {
    try {
      return await settleCreate(outs, context, firstPollDelayMs);
    } catch (error) {
      // Whatever it is, a mistake of ours included: the deployment exists, and its id must not be lost.
      return { kind: "unfinished", outs, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Sends the create; after a lost answer it looks for what was made, and sends again only where nothing was. */
  async #createOnce(
    inputs: DeploymentInputs,
    isNameOurs: boolean,
    context: WaitContext,
  ): Promise<{ deploymentId: string; operationId?: string | undefined }> {
    const askedAt = this.#clock.wallNow();
    for (let request = 1; ; request += 1) {
      try {
        return await this.#client.createDeployment(inputs, { signal: context.signal });
      } catch (error) {
        if (!isOutcomeUnknown(error)) throw error;
        const made = await this.#lookForLost(inputs, { askedAt, isNameOurs, lostBy: error as Error, context });
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
      isNameOurs,
      lostBy,
      context,
    }: { askedAt: number; isNameOurs: boolean; lostBy: Error; context: WaitContext },
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
      if (isNameOurs && others.length === 0) return only;
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
  async #adopt(
    inputs: DeploymentInputs,
    id: string,
  ): Promise<{ deploymentId: string; operationId?: string | undefined }> {
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
