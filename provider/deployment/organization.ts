import { createHmac } from "node:crypto";
import type { OnveraClient } from "../api/client";
import { ActionRequiredError, ApiError, isNotFound, PlatformError } from "../api/errors";
import { type CallContext, type CallEnd, waitWithin } from "../call-context";
import type { Clock } from "../clock";
import { shellQuoted } from "../shell";
import type { DeploymentOuts } from "./properties";

/** Nothing that the state holds is visible with the API key, so a 404 does not mean that a deployment is gone. */
export class DeploymentNotVisibleError extends ActionRequiredError {
  override readonly name = "DeploymentNotVisibleError";
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(`${problem}. ${remedy}`);
  }
}

/** How many deployments of the state are enough to check that the key sees their organization. */
const sampleSize = 3;
/** How long a create waits for the first read of a deployment that the state holds, in milliseconds. */
const evidenceMs = 10_000;

export interface GoneOptions extends CallContext {
  /** The resource's URN, for the message, if the host knows it. */
  readonly urn?: string | undefined;
  /** The resource comes from another provider, which can have a key of another organization. */
  readonly isMoved?: boolean | undefined;
}

/** Identifies an API key and a base URL. The state keeps it; it is too short to find the key with. */
export function originOf({ apiKey, baseUrl }: { readonly apiKey: string; readonly baseUrl: string }): string {
  return createHmac("sha256", apiKey).update(baseUrl).digest("base64url").slice(0, 7);
}

/**
 * Decides what a 404 means. A key of another organization, or another base URL, gets 404 for every deployment of the state. A 404
 * means "gone" only if one of these holds:
 *
 * - According to the state, the deployment was created with the same key and base URL.
 * - The key can read a deployment that the state holds and that another key created. (One that the key itself created shows
 *   nothing about the others.)
 * - The key can read the operation that created the deployment. This takes at most one more request in each process.
 */
export class Organization {
  /** See `originOf`. */
  readonly origin: string;
  readonly #baseUrl: string;
  readonly #clock: Clock;
  readonly #client: Pick<OnveraClient, "getOperation">;
  /** Deployments of the state that were not created with this key, as far as they are known. */
  readonly #held = new Set<string>();
  readonly #visible = new Set<string>();
  /** The first few deployments of the state that the engine has named. */
  readonly sample: DeploymentOuts[] = [];
  #isProven = false;
  #lookup: Promise<boolean> | undefined;
  #error: DeploymentNotVisibleError | undefined;
  /** Resolves once a deployment of the state has shown whether the key sees its organization. */
  #onEvidence: () => void = () => undefined;
  readonly #evidence = new Promise<void>((resolve) => {
    this.#onEvidence = resolve;
  });

  constructor({
    settings,
    client,
    clock,
  }: {
    settings: { readonly apiKey: string; readonly baseUrl: string };
    client: Pick<OnveraClient, "getOperation">;
    clock: Clock;
  }) {
    this.origin = originOf(settings);
    this.#baseUrl = settings.baseUrl;
    this.#client = client;
    this.#clock = clock;
  }

  /** Call it with each deployment that the state holds. */
  recordHeld(outs: DeploymentOuts): void {
    const { deploymentId, __origin } = outs;
    if (this.sample.length < sampleSize) this.sample.push(outs);
    if (__origin === this.origin) {
      this.#onEvidence();
      return;
    }
    this.#held.add(deploymentId);
    if (this.#visible.has(deploymentId)) this.#prove();
  }

  /** Call it with each deployment that the platform shows. */
  recordVisible(deploymentId: string): void {
    this.#visible.add(deploymentId);
    if (this.#held.has(deploymentId)) this.#prove();
  }

  isVisible(deploymentId: string): boolean {
    return this.#visible.has(deploymentId);
  }

  /** Whether a 404 for this deployment is known to mean that it is gone. Sends no request. */
  isTrusted({ __origin }: DeploymentOuts): boolean {
    return __origin === this.origin || this.#isProven;
  }

  /** Throws if a deployment of the state was not visible: then this key must not create anything. */
  assertNothingMissing(): void {
    if (this.#error !== undefined && !this.#isProven) throw this.#error;
  }

  /**
   * Waits until a deployment of the state has shown whether the key sees its organization. If the engine names none within
   * `evidenceMs`, or half of the time that is left, the state is assumed to hold none.
   */
  async waitForEvidence({ signal, deadline }: CallContext): Promise<void> {
    const now = this.#clock.now();
    const leftMs = deadline === undefined ? Number.POSITIVE_INFINITY : deadline - now;
    const context = { signal, deadline: now + Math.min(evidenceMs, leftMs / 2) };
    await waitWithin(this.#evidence, context, { clock: this.#clock, toError: (why) => new Error(why) }).catch(
      () => undefined,
    );
  }

  /**
   * Call it after a 404. Throws `DeploymentNotVisibleError` unless the 404 means that the deployment is gone; rejects as
   * `getOperation` does if that cannot be read.
   */
  async assertGone(outs: DeploymentOuts, { urn, isMoved = false, ...context }: GoneOptions): Promise<void> {
    if (this.isTrusted(outs) || (await this.#showsOperationOf(outs, context))) return;
    const error = notVisible(outs, this.#baseUrl, urn);
    if (!isMoved) {
      this.#error = error;
      this.#onEvidence();
    }
    throw error;
  }

  #prove(): void {
    this.#isProven = true;
    this.#onEvidence();
  }

  async #showsOperationOf({ operationId, deploymentId }: DeploymentOuts, context: CallContext): Promise<boolean> {
    if (operationId === undefined) return false;
    // Shared by several calls, so none of their signals and deadlines may end it.
    this.#lookup ??= this.#client.getOperation(operationId).then(
      ({ resourceId = deploymentId }) => resourceId === deploymentId,
      (error: unknown) => {
        if (isNotFound(error) || (error instanceof ApiError && error.status === 403)) return false;
        this.#lookup = undefined;
        throw error;
      },
    );
    const toError = (why: CallEnd) => new PlatformError(`the read of deployment ${deploymentId} ended early: ${why}`);
    if (await waitWithin(this.#lookup, context, { clock: this.#clock, toError })) this.#prove();
    return this.#isProven;
  }
}

function notVisible(
  { name, appType, deploymentId }: DeploymentOuts,
  baseUrl: string,
  urn: string | undefined,
): DeploymentNotVisibleError {
  const remove =
    urn === undefined
      ? "`pulumi state delete <urn>` (`pulumi stack --show-urns` lists the URNs)"
      : `\`pulumi state delete ${shellQuoted(urn)}\``;
  return new DeploymentNotVisibleError(
    `deployment "${name}" (${appType}, ${deploymentId}) is not visible with this API key at ${baseUrl}, nor is any other ` +
      "deployment that the stack is known to hold: the key can belong to another organization. Nothing was changed for it",
    "Check onvera:apiKey and onvera:baseUrl. If the key is right and the deployment is really gone, remove it from the " +
      `state with ${remove}`,
  );
}
