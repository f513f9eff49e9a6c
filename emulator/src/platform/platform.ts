import { alreadyDestroying, stillProvisioning } from "../api/errors";
import type { Journal } from "../store/journal";
import type { Clock } from "./clock";
import { DueQueue } from "./due-queue";
import { historyOf, type PhaseInterval } from "./history";
import type { Ids } from "./ids";
import type { Outcomes } from "./outcomes";
import { type Outcome, plan } from "./plan";
import { finalView, interruptedView, viewOf } from "./progress";
import {
  type AppType,
  type DeploymentRecord,
  type DeploymentStatus,
  defaultEnvironmentId,
  type OperationRecord,
  type OperationType,
  type OperationView,
  type Origin,
  type ResultingStatus,
} from "./records";

export interface PlatformOptions {
  clock: Clock;
  journal: Journal;
  ids: Ids;
  outcomes: Outcomes;
}

export interface OperationFilter {
  status?: string | undefined;
  type?: string | undefined;
  resourceId?: string | undefined;
}

/**
 * The deployments and operations of one organization. Each call first ends the operations that are due; nothing runs
 * between calls. Changes are appended to the journal at once; flush it before you acknowledge a change.
 */
export class Platform {
  readonly #deployments = new Map<string, DeploymentRecord>();
  readonly #gone = new Map<string, DeploymentRecord>();
  readonly #operations = new Map<string, OperationRecord>();
  readonly #dueQueue = new DueQueue();
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #ids: Ids;
  readonly #outcomes: Outcomes;

  constructor({ clock, journal, ids, outcomes }: PlatformOptions) {
    this.#clock = clock;
    this.#journal = journal;
    this.#ids = ids;
    this.#outcomes = outcomes;
  }

  /** Loads the records of an earlier process, oldest first. */
  restore(deployments: Iterable<DeploymentRecord>, operations: Iterable<OperationRecord>): void {
    for (const deployment of deployments) this.#mapFor(deployment).set(deployment.id, deployment);
    for (const operation of operations) {
      this.#operations.set(operation.id, operation);
      this.#schedule(operation);
    }
  }

  /** Accepts a create and starts its operation. */
  create(options: { appType: AppType; name?: string | undefined; origin: Origin }): {
    deployment: DeploymentRecord;
    operation: OperationRecord;
  } {
    const deployment = this.#newDeployment({ ...options, status: "provisioning" });
    const outcome = this.#outcomes.takeFor("create", deployment.name);
    const operation = this.#startOperation("deployment.create", deployment, { outcome });
    return { deployment, operation };
  }

  /** Adds a deployment without an operation. */
  add(options: { appType: AppType; name?: string | undefined; status?: DeploymentStatus; origin: Origin }) {
    const { status = "ready" } = options;
    const deployment = this.#newDeployment({ ...options, status });
    this.#putDeployment(deployment);
    return deployment;
  }

  /**
   * Accepts a destroy and starts its operation. Throws RESOURCE_CONFLICT if one is in progress. During provisioning,
   * `conflict` throws RESOURCE_CONFLICT, and `accept` cancels the create.
   */
  destroy(deployment: DeploymentRecord, { whileProvisioning }: { whileProvisioning: "conflict" | "accept" }) {
    this.endDueOperations();
    const current = deployment.operationId ?? undefined;
    if (deployment.status === "destroying") throw alreadyDestroying(current);
    if (deployment.status === "provisioning") {
      if (whileProvisioning === "conflict") throw stillProvisioning(current);
      this.endOperation(deployment, "canceled");
      deployment.status = "failed";
    }
    const outcome = this.#outcomes.takeFor("destroy", deployment.name);
    return this.#startOperation("deployment.destroy", deployment, { outcome });
  }

  /** Returns the deployment, or `undefined` if it does not exist. */
  deployment(id: string): DeploymentRecord | undefined {
    this.endDueOperations();
    return this.#deployments.get(id);
  }

  /** Also finds deleted deployments. */
  anyDeployment(id: string): DeploymentRecord | undefined {
    return this.deployment(id) ?? this.#gone.get(id);
  }

  /** Newest first. */
  deployments(): DeploymentRecord[] {
    this.endDueOperations();
    return [...this.#deployments.values()].reverse();
  }

  /** Deleted deployments, newest first. */
  goneDeployments(): DeploymentRecord[] {
    this.endDueOperations();
    return [...this.#gone.values()].reverse();
  }

  /** Returns the operation, or `undefined` if it does not exist or has vanished. */
  operation(id: string): OperationRecord | undefined {
    this.endDueOperations();
    const operation = this.#operations.get(id);
    return operation === undefined || this.hasVanished(operation) ? undefined : operation;
  }

  /** Newest first. */
  operations({ status, type, resourceId }: OperationFilter = {}): OperationRecord[] {
    this.endDueOperations();
    const found: OperationRecord[] = [];
    for (const operation of this.#operations.values()) {
      if (type !== undefined && operation.type !== type) continue;
      if (resourceId !== undefined && operation.deploymentId !== resourceId) continue;
      if (status !== undefined && this.view(operation).status !== status) continue;
      if (!this.hasVanished(operation)) found.push(operation);
    }
    return found.reverse();
  }

  /** All operations, including vanished ones, newest first. */
  allOperations(): OperationRecord[] {
    this.endDueOperations();
    return [...this.#operations.values()].reverse();
  }

  view(operation: OperationRecord): OperationView {
    return viewOf(operation, this.#clock);
  }

  /** The phases that an operation has been through. The last one is the current or final phase. */
  history(operation: OperationRecord): PhaseInterval[] {
    return historyOf(operation, this.#clock);
  }

  hasVanished({ plan: { vanishesAt } }: OperationRecord): boolean {
    return vanishesAt !== null && vanishesAt <= this.#clock.workMs();
  }

  /** Ends the operation in progress of a deployment, if there is one. Does not change the deployment. */
  endOperation(
    deployment: DeploymentRecord,
    status: "failed" | "canceled",
    error: OperationView["error"] = null,
  ): void {
    const operation = this.#operations.get(deployment.operationId ?? "");
    if (operation === undefined || operation.final !== null) return;
    operation.final = interruptedView(operation, this.#clock, status, error);
    this.#putOperation(operation);
  }

  /**
   * Ends the operation in progress of a deployment with this outcome, which also changes the deployment. The outcome
   * `vanish` hides the operation while its work continues. Throws if no operation is in progress.
   */
  overrideOutcome(deployment: DeploymentRecord, outcome: Outcome): void {
    this.endDueOperations();
    const operation = this.#operations.get(deployment.operationId ?? "");
    if (operation === undefined || operation.final !== null) {
      throw new RangeError(`deployment "${deployment.name}" has no operation in progress`);
    }
    const now = this.#clock.workMs();
    const { plan: previous, type, statusBefore } = operation;
    if (outcome.result === "vanish") {
      operation.plan = { ...previous, vanishesAt: now };
    } else {
      const { phase } = this.view(operation).progress;
      const { appType } = deployment;
      const earlyPlan = plan({
        type,
        appType,
        startsAt: now,
        instant: true,
        outcome: { phase, ...outcome },
        statusBefore,
      });
      // Keep the past phases as they were.
      const keepIfPast = (before: number | null | undefined, planned: number | null): number | null =>
        typeof before === "number" && before < now ? before : planned;
      operation.plan = {
        ...earlyPlan,
        queuedUntil: keepIfPast(previous.queuedUntil, earlyPlan.queuedUntil),
        steps: earlyPlan.steps.map((step, index) => ({
          ...step,
          until: keepIfPast(previous.steps[index]?.until, step.until),
        })),
      };
      this.#schedule(operation);
    }
    this.#putOperation(operation);
    this.endDueOperations();
  }

  /** Deletes a deployment, and adds a destroy that has already succeeded. */
  destroyNow(deployment: DeploymentRecord): OperationRecord {
    this.endOperation(deployment, "canceled");
    const operation = this.#startOperation("deployment.destroy", deployment, { instant: true });
    this.endDueOperations();
    return operation;
  }

  /** Renames a deployment, sets its status, or deletes its record without an operation. */
  change(deployment: DeploymentRecord, change: { name?: string; status?: ResultingStatus }): void {
    const { name = deployment.name, status = deployment.status } = change;
    deployment.name = name;
    this.#setStatus(deployment, status, this.#clock.wallMs());
  }

  /** Ends every operation that is due, in order. */
  endDueOperations(): void {
    const now = this.#clock.workMs();
    for (let due = this.#dueQueue.takeDue(now); due !== undefined; due = this.#dueQueue.takeDue(now)) {
      const operation = this.#operations.get(due.id);
      if (operation === undefined || operation.final !== null) continue;
      operation.final = finalView(operation, this.#clock);
      this.#putOperation(operation);
      const deployment = this.#deployments.get(operation.deploymentId);
      // If the deployment was changed in the meantime, this operation no longer affects it.
      if (deployment?.operationId !== operation.id) continue;
      this.#setStatus(deployment, operation.plan.after, operation.final.endedAt ?? this.#clock.wallMs());
    }
  }

  /** Completes every operation in progress. */
  finishAll(): void {
    const { latest } = this.#dueQueue;
    if (latest !== undefined) this.#clock.advance(Math.max(0, latest - this.#clock.workMs()));
    this.endDueOperations();
  }

  /** Removes all deployments and operations. */
  reset(): void {
    this.#deployments.clear();
    this.#gone.clear();
    this.#operations.clear();
    this.#dueQueue.clear();
    this.#journal.append({ reset: "deployments" });
  }

  #newDeployment(options: {
    appType: AppType;
    name?: string | undefined;
    status: DeploymentStatus;
    origin: Origin;
  }): DeploymentRecord {
    this.endDueOperations();
    const { appType, name, status, origin } = options;
    const token = this.#ids.token();
    return {
      id: this.#ids.deployment(),
      name: name ?? `${appType}-${token}`,
      appType,
      status,
      url: urlOf(appType, name, token),
      environmentId: defaultEnvironmentId,
      createdAt: this.#clock.wallMs(),
      operationId: null,
      goneAt: null,
      origin,
    };
  }

  #startOperation(
    type: OperationType,
    deployment: DeploymentRecord,
    { instant = this.#clock.isInstant, outcome }: { instant?: boolean; outcome?: Outcome | undefined },
  ): OperationRecord {
    const isCreate = type === "deployment.create";
    const requestedAt = this.#clock.wallMs();
    const statusBefore = deployment.status === "failed" ? "failed" : "ready";
    const { appType } = deployment;
    const operation: OperationRecord = {
      id: this.#ids.operation(),
      type,
      deploymentId: deployment.id,
      deploymentName: deployment.name,
      requestedAt,
      statusBefore,
      plan: plan({ type, appType, startsAt: this.#clock.workMs(), instant, outcome, statusBefore }),
      final: null,
    };
    deployment.status = isCreate ? "provisioning" : "destroying";
    deployment.operationId = operation.id;
    this.#putDeployment(deployment);
    this.#putOperation(operation);
    this.#schedule(operation);
    return operation;
  }

  #schedule({ id, final, plan: { endsAt } }: OperationRecord): void {
    if (final === null && endsAt !== null) this.#dueQueue.add(id, endsAt);
  }

  #setStatus(deployment: DeploymentRecord, status: ResultingStatus, at: number): void {
    if (status === "gone" || status === "destroyed") {
      deployment.status = "destroyed";
      deployment.goneAt = at;
      this.#deployments.delete(deployment.id);
    } else {
      deployment.status = status;
      if (status === "ready") deployment.operationId = null;
    }
    this.#putDeployment(deployment);
  }

  #mapFor({ goneAt }: DeploymentRecord): Map<string, DeploymentRecord> {
    return goneAt === null ? this.#deployments : this.#gone;
  }

  #putDeployment(deployment: DeploymentRecord): void {
    this.#mapFor(deployment).set(deployment.id, deployment);
    this.#journal.append({ deployment });
  }

  #putOperation(operation: OperationRecord): void {
    this.#operations.set(operation.id, operation);
    this.#journal.append({ operation });
  }
}

/**
 * The two documented forms: `https://airflow.abc123.onvera.io` and, with a name,
 * `https://my-superset-abc123.onvera.io`.
 */
function urlOf(appType: AppType, name: string | undefined, token: string): string {
  const slug = (name ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-|-$/g, "");
  return slug === "" ? `https://${appType}.${token}.onvera.io` : `https://${slug}-${token}.onvera.io`;
}
