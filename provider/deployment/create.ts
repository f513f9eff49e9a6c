import { isOutcomeUnknown } from "../api/client";
import {
  ActionRequiredError,
  CreateOutcomeUnknownError,
  isNotFound,
  OperationDetachedError,
  OperationTimeoutError,
} from "../api/errors";
import type { Deployment } from "../api/schemas";
import { type CallContext, type CallEnd, callEnd, waitWithin } from "../call-context";
import type { Clock } from "../clock";
import type { CreateOptions, KnownState, NameOwner } from "../resource-handler";
import { type AdoptTarget, adoptInstruction, parseAdopt, removeAdoptInstruction } from "./adopt-setting";
import { isSameName, normalizedName, stemOf } from "./naming";
import { type DeclaredInputs, type DeploymentInputs, type InputName, inputNames } from "./properties";
import type { LifecycleClient, WaitContext } from "./wait-context";

/** The delays before the searches that follow a lost response, in milliseconds. */
const searchDelaysMs = [0, 2_000, 5_000, 10_000];
const maxCreateRequests = 3;
/** The time for one search after the call has ended, in milliseconds: it may still find the id of what was sent. */
const lastSearchMs = 1_000;
/** A deployment of an earlier run that is older than this, in milliseconds, is not adopted: it was probably kept on purpose. */
const adoptWithinMs = 24 * 60 * 60_000;
/** How far the clocks of the platform's servers can differ, or the local one if no response names the time; in milliseconds. */
const clockSkewMs = 5 * 60_000;

export interface CreatedDeployment {
  readonly deploymentId: string;
  readonly operationId?: string | undefined;
  /** Its name on the platform, if it is known. */
  readonly name?: string | undefined;
  /** Whether it was found, not created: an earlier request created it, or the `adopt` setting names it. */
  readonly isAdopted?: boolean;
}

/** One create, with everything that its requests and messages need. */
interface Create {
  readonly inputs: DeploymentInputs;
  readonly nameOwner: NameOwner;
  /**
   * Whether a deployment has the name of this create, or of a later replacement, which only this stack can derive: of the resource's
   * next deployment, or of one that had one of `previousNames`.
   */
  readonly hasOwnName: (deployment: Deployment, previousNames?: readonly string[]) => boolean;
  readonly resource: string;
  readonly target: AdoptTarget;
  readonly state: KnownState;
  /** Deployments that the user has excluded from adoption. */
  readonly excludedIds: ReadonlySet<string>;
}

/** A create request without a usable response. */
interface AmbiguousCreate {
  readonly sent: Sent;
  readonly error: Error;
}

/** What was known when a create request was sent. */
interface Sent {
  /** When that was, on the clock's `now()`. */
  readonly at: number;
  /** The deployments that existed; undefined if this process had not read the list. */
  readonly existingIds: ReadonlySet<string> | undefined;
}

/** The platform's deployments, as a list has shown them. */
interface Listed {
  readonly all: readonly Deployment[];
  readonly ids: ReadonlySet<string>;
  /** By the stem of the name (see `stemOf`): a list can have thousands, and each create searches it. */
  readonly byStem: ReadonlyMap<string, readonly Deployment[]>;
}

/**
 * Creates deployments, exactly one for each resource: finds what a killed run or a request with a lost response has created,
 * instead of creating it again. docs/internals/exactly-once.md has the reasoning.
 */
export class DeploymentCreator {
  readonly #client: LifecycleClient;
  readonly #clock: Clock;
  readonly #knownIds: ReadonlySet<string>;
  /** The first list that this process has requested for a create. */
  #list: Promise<Listed> | undefined;
  /** What it has shown. */
  #listed: Listed | undefined;
  /** Creates whose outcome is still unknown, by resource: the engine's error hooks can repeat them in the same run. */
  readonly #ambiguous = new Map<string, AmbiguousCreate>();
  /** The last create of each name: creates of one name run one after another, so that each knows what the others created. */
  readonly #lastOfName = new Map<string, Promise<unknown>>();

  constructor({
    client,
    clock,
    knownIds,
  }: {
    client: LifecycleClient;
    clock: Clock;
    /** Deployments that the state holds or that this process has handled. A search for what a lost request created ignores them. */
    knownIds: ReadonlySet<string>;
  }) {
    this.#client = client;
    this.#clock = clock;
    this.#knownIds = knownIds;
  }

  /**
   * Resolves with the deployment that was created or adopted. Throws `CreateOutcomeUnknownError` if one exists that could be
   * someone else's, or if the outcome of a request cannot be determined; nothing is sent again then. Throws
   * `ActionRequiredError` if the `adopt` setting cannot be followed.
   */
  create(inputs: DeploymentInputs, options: CreateOptions, context: WaitContext): Promise<CreatedDeployment> {
    const name = JSON.stringify([inputs.appType, normalizedName(inputs.name)]);
    const last = this.#lastOfName.get(name);
    const before =
      last === undefined ? Promise.resolve() : this.#waitWithin(() => last, context, "an earlier create of that name");
    const result = before.then(() => this.#create(inputs, options, context));
    // If this create is canceled while it waits, the earlier one continues. So the next one waits for both.
    this.#lastOfName.set(name, Promise.allSettled([last, result]));
    return result;
  }

  async #create(inputs: DeploymentInputs, options: CreateOptions, context: WaitContext): Promise<CreatedDeployment> {
    const {
      nameOwner,
      resource = `${inputs.appType} ${inputs.name}`,
      logicalName = "<resource>",
      explicitProvider,
      state = { isKnown: true },
    } = options;
    const target: AdoptTarget = { logicalName, explicitProvider };
    const adopt = parseAdopt(options.adopt, target);
    const excludedIds = adopt.kind === "exclude" ? adopt.ids : new Set<string>();
    const hasOwnName: Create["hasOwnName"] = ({ name = "" }, previousNames) =>
      isSameName(name, inputs.name) || (options.isLaterName?.(name, previousNames) ?? false);
    const create: Create = { inputs, nameOwner, hasOwnName, resource, target, state, excludedIds };
    if (adopt.kind === "adopt" && !state.ownIds?.includes(adopt.id)) return this.#adopt(create, adopt.id, context);
    if (nameOwner !== "run") {
      const found = await this.#findOfEarlierRun(create, context);
      if (found !== undefined) return adopted(found);
    }
    const accepted = await this.#createOnce(create, context);
    this.#ambiguous.delete(resource);
    return accepted;
  }

  /**
   * The deployment that an earlier, killed run created for this resource, if there is one. It has the name of a later replacement if
   * that run replaced a deployment which the state has lost since. All creates of a process share one list. Throws
   * `CreateOutcomeUnknownError` if a deployment of the name exists, but nothing proves that such a run created it.
   */
  async #findOfEarlierRun(create: Create, context: WaitContext): Promise<Deployment | undefined> {
    const { nameOwner, hasOwnName, state } = create;
    const { byStem } = await this.#waitWithin(() => this.#sharedList(), context, "the list of deployments");
    const now = this.#client.platformTime(this.#clock.now());
    const isFresh = ({ createdAt }: Deployment) => !(Date.parse(createdAt ?? "") < now - adoptWithinMs);
    const found = (byStem.get(stemOf(create.inputs.name)) ?? []).filter(
      (deployment) =>
        hasOwnName(deployment) &&
        deployment.status !== "destroying" &&
        deployment.status !== "destroyed" &&
        this.#isCandidate(deployment, create) &&
        // Names are not unique: an older deployment of a name that a user chose is unrelated.
        (nameOwner === "stack" || (hasDeclaredInputs(deployment, create) && isFresh(deployment))),
    );
    const [only, ...others] = found;
    if (only === undefined) return undefined;
    const isProven = nameOwner === "stack" && others.length === 0 && isFresh(only) && hasDeclaredInputs(only, create);
    // A failed one is adopted as well: this brings it into the state, and the next run replaces it.
    if (isProven && state.isKnown) {
      context.reporter.info(
        `deployment ${only.id} was created by an earlier run of this stack that did not end; continuing with it`,
      );
      return only;
    }
    const ids = found.map(({ id, status }) => `${id} (${status})`).join(", ");
    const names = [...new Set(found.map(({ name }) => `"${name}"`))].join(" or ");
    const isSpelledSame = nameOwner !== "user" || found.every(({ name }) => name === create.inputs.name);
    const spelling = isSpelledSame ? "" : ` (Onvera may have stored "${create.inputs.name}" with this spelling)`;
    const repeat =
      !state.isKnown && state.isKnownNextTime
        ? "Run the same command again, and continue with one of these only if this message comes back. "
        : "";
    throw new CreateOutcomeUnknownError(
      `a deployment ${names} already exists${spelling}: ${ids}; ${whyNotAdopted(create)}. Nothing was sent. ${repeat}` +
        bothInstructions(create, found),
    );
  }

  /** The list that all creates of this process share. One call that ends does not end it for the others. */
  #sharedList(): Promise<Listed> {
    if (this.#list === undefined) {
      const list = this.#client.allDeployments().then((all) => {
        this.#listed = listed(all);
        return this.#listed;
      });
      this.#list = list;
      list.catch(() => {
        if (this.#list === list) this.#list = undefined;
      });
    }
    return this.#list;
  }

  /** Waits for what `begin` returns. It is not called if the call has to end at once. */
  async #waitWithin<T>(begin: () => Promise<T>, context: CallContext, what: string): Promise<T> {
    const toError = (why: CallEnd) =>
      why === "canceled"
        ? new OperationDetachedError(`the create was canceled while it waited for ${what}; no request was sent`)
        : new OperationTimeoutError(
            `the create did not start within its timeout, because it waited for ${what}; no request was sent, and the next ` +
              "`pulumi up` tries again; to wait longer, raise customTimeouts.create",
          );
    const why = callEnd(context, this.#clock);
    if (why !== undefined) throw toError(why);
    return waitWithin(begin(), context, { clock: this.#clock, toError });
  }

  /** Sends the create. After a lost response it searches for the deployment, and sends again only if there is none. */
  async #createOnce(create: Create, context: WaitContext): Promise<CreatedDeployment> {
    const { inputs, resource } = create;
    let lost = this.#ambiguous.get(resource);
    const sent = lost?.sent ?? { at: this.#clock.now(), existingIds: this.#listed?.ids };
    for (let request = 1; ; request += 1) {
      let failure: Error | undefined;
      if (lost === undefined) {
        const sending = this.#client.createDeployment(requestOf(inputs), callOf(context));
        const result = await sending.catch((error: unknown) => error as Error);
        if (!(result instanceof Error)) {
          this.#assertNew(result.deploymentId, sent, create);
          return result;
        }
        if (isOutcomeUnknown(result)) {
          lost = { sent, error: result };
          this.#ambiguous.set(resource, lost);
        } else {
          const earlier = this.#ambiguous.get(resource);
          if (earlier === undefined) throw result;
          // What the earlier request has created can be the reason, such as its name.
          lost = earlier;
          failure = result;
        }
      }
      const found = await this.#findOfLostRequest(create, lost, context);
      if (found !== undefined) return adopted(found);
      const why = callEnd(context, this.#clock);
      if (why !== undefined) throw outcomeUnknown(create, lost.error, endOf(why));
      if (failure !== undefined) {
        throw outcomeUnknown(create, lost.error, `and the repeated request failed (${failure.message})`);
      }
      if (request === maxCreateRequests) {
        throw outcomeUnknown(
          create,
          lost.error,
          `and none of ${request} requests created a deployment that can be found`,
        );
      }
      context.reporter.warning(`${lost.error.message}; the request created nothing, so it is sent again`);
      lost = undefined;
    }
  }

  /**
   * The deployment that a create request without a response has created. Undefined if there is none. Throws
   * `CreateOutcomeUnknownError` if one exists that could be someone else's, or if the list cannot be read.
   */
  async #findOfLostRequest(
    create: Create,
    lost: AmbiguousCreate,
    context: WaitContext,
  ): Promise<Deployment | undefined> {
    const { clock, reporter, deadline, signal } = context;
    const { inputs, nameOwner } = create;
    reporter.warning(`${lost.error.message}; searching for the deployment that the request may have created`);
    const isNew = this.#isNewSince(lost.sent);
    for (const delayMs of searchDelaysMs) {
      const before = callEnd(context, clock);
      if (before !== undefined && delayMs > 0) return undefined;
      let found: Deployment[];
      try {
        await clock.sleep(Math.min(delayMs, Math.max(0, deadline - clock.now())), signal).catch(() => undefined);
        // A call that ended while the POST was on the wire still searches once: the id must not be lost.
        const time = before === undefined ? callOf(context) : { deadline: clock.now() + lastSearchMs };
        found = (await this.#client.allDeployments(time)).filter(
          (deployment) =>
            isSameName(deployment.name ?? "", inputs.name) &&
            hasDeclaredInputs(deployment, create) &&
            this.#isCandidate(deployment, create) &&
            isNew(deployment),
        );
      } catch (error) {
        const why = callEnd(context, clock);
        if (why !== undefined) throw outcomeUnknown(create, lost.error, endOf(why));
        throw outcomeUnknown(
          create,
          lost.error,
          `and the list of deployments cannot be read: ${(error as Error).message}`,
        );
      }
      const [only, ...others] = found;
      if (only === undefined) continue;
      if (nameOwner !== "user" && others.length === 0) return only;
      const ids = found.map(({ id }) => id).join(", ");
      const why = "and because the name is not an automatic one, nothing proves whose deployment this is";
      throw outcomeUnknown(create, lost.error, `${why}: ${ids}`, found);
    }
    return undefined;
  }

  /**
   * Throws `CreateOutcomeUnknownError` if the response to a create names a deployment that existed before: it is not known whose
   * it is.
   */
  #assertNew(id: string, { existingIds }: Sent, create: Create): void {
    if (!this.#knownIds.has(id) && existingIds?.has(id) !== true) return;
    throw new CreateOutcomeUnknownError(
      `the response to the create of "${create.inputs.name}" names deployment ${id}, which existed before. No further create is ` +
        `sent. Check on Onvera whose deployment it is. ${bothInstructions(create, [{ id }])}`,
    );
  }

  #isCandidate({ id }: Deployment, { excludedIds }: Create): boolean {
    return !this.#knownIds.has(id) && !excludedIds.has(id);
  }

  /**
   * Distinguishes what a request can have created from what existed before: by a list that was read before it was sent, regardless
   * of the platform's clock; without such a list, by the clocks.
   */
  #isNewSince({ at, existingIds }: Sent): (deployment: Deployment) => boolean {
    if (existingIds !== undefined) return ({ id }) => !existingIds.has(id);
    return ({ createdAt }) => !(Date.parse(createdAt ?? "") < this.#client.platformTime(at) - clockSkewMs);
  }

  /** Adopts the deployment that the user has named, if it matches the inputs and no other resource has it. */
  async #adopt(create: Create, id: string, context: WaitContext): Promise<CreatedDeployment> {
    const { inputs, nameOwner, hasOwnName, target, state } = create;
    const refuse = (why: string) =>
      new ActionRequiredError(
        `deployment ${id} cannot be adopted for "${inputs.name}": ${why}; ${removeAdoptInstruction(target)}`,
      );
    if (state.adoptHeldBy !== undefined) throw refuse(`the state already holds it for ${state.adoptHeldBy}`);
    if (this.#knownIds.has(id)) throw refuse("another resource of this stack has it");
    let deployment: Deployment;
    try {
      deployment = await this.#client.getDeployment(id, callOf(context));
    } catch (error) {
      if (isNotFound(error)) throw refuse("it does not exist");
      throw error;
    }
    if (deployment.status === "destroying" || deployment.status === "destroyed")
      throw refuse(`its status is "${deployment.status}"`);
    let differing = differingInputs(deployment, create);
    if (nameOwner === "stack" && differing.includes("name")) {
      // It can replace a renamed deployment that this process has not seen, because the setting changes the plugin's configuration.
      const { all } = await this.#waitWithin(() => this.#sharedList(), context, "the list of deployments");
      const names = all.flatMap(({ name }) => name ?? []);
      if (hasOwnName(deployment, names)) differing = differing.filter((key) => key !== "name");
    }
    const differences = differing.map((key) => `its ${key} is "${deployment[key] ?? ""}", not "${inputs[key] ?? ""}"`);
    if (differences.length > 0) throw refuse(differences.join(" and "));
    return adopted(deployment);
  }
}

function listed(all: readonly Deployment[]): Listed {
  const byStem = new Map<string, Deployment[]>();
  for (const deployment of all) {
    const stem = stemOf(deployment.name ?? "");
    const others = byStem.get(stem);
    if (others === undefined) byStem.set(stem, [deployment]);
    else others.push(deployment);
  }
  return { all, ids: new Set(all.map(({ id }) => id)), byStem };
}

function adopted({ id, operationId, name }: Deployment): CreatedDeployment {
  return { deploymentId: id, operationId, name, isAdopted: true };
}

function whyNotAdopted({ nameOwner, state }: Create): string {
  if (!state.isKnown && (nameOwner === "stack" || state.isKnownNextTime)) {
    return state.whyUnknown ?? "the provider does not know whether the state already holds it";
  }
  if (nameOwner === "stack") {
    return (
      "an earlier run of this stack created it, and it may have been kept on purpose (`pulumi stack --show-ids` shows what the " +
      "state holds)"
    );
  }
  return (
    "it was created in the last 24 hours, by an earlier run of this stack that was killed or by someone else (if " +
    "`pulumi stack --show-ids` shows it, even as this resource's own, do not adopt it, but create another one)"
  );
}

function outcomeUnknown(
  create: Create,
  error: Error,
  why: string,
  found: readonly Deployment[] = [],
): CreateOutcomeUnknownError {
  return new CreateOutcomeUnknownError(
    `the create of "${create.inputs.name}" got no usable response (${error.message}), ${why}. No further create is sent. Check on ` +
      `Onvera whether the deployment exists. ${bothInstructions(create, found)}. If it does not exist, run \`pulumi up\``,
    { cause: error },
  );
}

function bothInstructions({ target, excludedIds }: Create, found: readonly Pick<Deployment, "id">[]): string {
  const ids = found.map(({ id }) => id);
  const [only, ...others] = ids;
  const id = only === undefined || others.length > 0 ? "<deployment id>" : only;
  // The command replaces the setting, so it repeats what the setting excludes already.
  const excluded = [...new Set([...excludedIds, ...(ids.length === 0 ? ["<deployment id>"] : ids)])].join(",");
  return (
    `To adopt it, ${adoptInstruction(target, id)}; to create another one, ` +
    adoptInstruction(target, `not:${excluded}`)
  );
}

/** The inputs that differ from the deployment. The name of a later replacement is no difference. */
function differingInputs(deployment: Deployment, { inputs, hasOwnName }: Create): InputName[] {
  return inputNames.filter((name) => {
    if (name === "name") return !hasOwnName(deployment);
    return inputs[name] !== undefined && deployment[name] !== inputs[name];
  });
}

function hasDeclaredInputs(deployment: Deployment, create: Create): boolean {
  return differingInputs(deployment, create).length === 0;
}

/** The inputs that are sent to the platform. */
function requestOf(inputs: DeploymentInputs): DeclaredInputs {
  const given = Object.entries(inputs).filter(([name]) => (inputNames as readonly string[]).includes(name));
  return { appType: inputs.appType, ...Object.fromEntries(given) };
}

/** The part of a call's context that applies to each request. */
function callOf({ signal, deadline }: CallContext): CallContext {
  return { signal, deadline };
}

function endOf(why: CallEnd): string {
  return why === "canceled" ? "and the run was canceled" : "and the time for the create is over";
}
