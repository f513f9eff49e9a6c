import type { Clock } from "../clock";
import { isOutcomeUnknown } from "../onvera/client";
import { CreateOutcomeUnknownError, PlatformError } from "../onvera/errors";
import type { Deployment } from "../onvera/schemas";
import type { DeploymentInputs } from "./inputs";
import type { LifecycleClient, WaitContext } from "./settle";

/** How often a create without an answer is looked for before it counts as not made; the delays are in milliseconds. */
const lookDelaysMs = [0, 2_000, 5_000, 10_000];
const maxCreateRequests = 3;
/** Longer ago, a deployment of ours that the state does not know is no killed run's, but one that was let go on purpose. */
const adoptWithinMs = 24 * 60 * 60_000;
/** The platform's clock may be this much behind ours. */
const clockSkewMs = 5 * 60_000;

export interface Accepted {
  readonly deploymentId: string;
  readonly operationId?: string | undefined;
}

export type NameOwner = "run" | "stack" | "unknown";

export interface AcceptOptions {
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
  /** What the resource is called in the program, for the command that recovers it by hand. */
  readonly logicalName?: string | undefined;
}

/** One create, as it goes through all that is done for it. */
interface Asked {
  readonly inputs: DeploymentInputs;
  readonly nameOwner: NameOwner;
  readonly resource: string;
  readonly logicalName: string;
}

/** A create that was sent without any usable answer to it. */
interface Lost {
  /** When it was sent, on the clock's `wallNow()`. */
  readonly askedAt: number;
  readonly by: Error;
}

/**
 * Has the platform accept deployments, one for each resource: what a lost answer or a killed run has made already is found
 * and gone on with, not made again. The reasoning is in docs/exactly-once.md.
 */
export class Acceptance {
  readonly #client: LifecycleClient;
  readonly #clock: Clock;
  readonly #knownIds: ReadonlySet<string>;
  /** The platform's deployments as they were before this process made any. */
  #atStart: Promise<Deployment[]> | undefined;
  /** Creates whose outcome is unknown yet, by resource: the engine's error hooks may call them again in the same run. */
  readonly #lost = new Map<string, Lost>();

  constructor({
    client,
    clock,
    knownIds,
  }: {
    client: LifecycleClient;
    clock: Clock;
    /** Deployments that the state holds, or that this process has had to do with: none of them is what a lost create made. */
    knownIds: ReadonlySet<string>;
  }) {
    this.#client = client;
    this.#clock = clock;
    this.#knownIds = knownIds;
  }

  /**
   * Resolves with the deployment that was made, or found. Throws `CreateOutcomeUnknownError` where what is there may be
   * somebody else's or what was sent cannot be seen; nothing was sent again then.
   */
  async accept(inputs: DeploymentInputs, options: AcceptOptions, context: WaitContext): Promise<Accepted> {
    const { adopt, nameOwner, resource = `${inputs.appType} ${inputs.name}`, logicalName = "<resource>" } = options;
    const asked: Asked = { inputs, nameOwner, resource, logicalName };
    if (adopt !== undefined && adopt !== "new") return this.#adopt(inputs, adopt);
    if (nameOwner !== "run" && adopt !== "new") {
      const made = await this.#madeByEarlierRun(asked, context);
      if (made !== undefined) return { deploymentId: made.id, operationId: made.operationId };
    }
    const accepted = await this.#createOnce(asked, context);
    this.#lost.delete(resource);
    return accepted;
  }

  /**
   * What a run that was killed in the middle of this create has made, if it has. All creates of a process share one
   * reading of the list: no earlier run makes anything any more. Throws where something of the name is there that is not
   * provably such a run's.
   */
  async #madeByEarlierRun(asked: Asked, { reporter }: WaitContext): Promise<Deployment | undefined> {
    const { inputs, nameOwner } = asked;
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
        seen.status !== "destroying" &&
        seen.status !== "destroyed" &&
        !this.#knownIds.has(seen.id) &&
        // Names are not unique: an older one of a name that somebody chose is simply another deployment.
        (nameOwner === "stack" || (seen.appType === inputs.appType && isFresh(seen))),
    );
    const [only, ...others] = found;
    if (only === undefined) return undefined;
    // One that failed is taken over as well: so it gets into the state, and is replaced from there.
    if (nameOwner === "stack" && others.length === 0 && isFresh(only) && only.appType === inputs.appType) {
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
        `${adoptCommand(asked, found)} and then \`pulumi up\`; to have another one of that name, the same with \`new\` ` +
        "instead of the id",
    );
  }

  /** Sends the create; after a lost answer it looks for what was made, and sends again only where nothing was. */
  async #createOnce(asked: Asked, context: WaitContext): Promise<Accepted> {
    const { inputs, resource } = asked;
    let lost = this.#lost.get(resource);
    const askedAt = lost?.askedAt ?? this.#clock.wallNow();
    for (let request = 1; ; request += 1) {
      if (lost === undefined) {
        try {
          return await this.#client.createDeployment(inputs, { signal: context.signal });
        } catch (error) {
          if (!isOutcomeUnknown(error)) throw error;
          lost = { askedAt, by: error as Error };
          this.#lost.set(resource, lost);
        }
      }
      const made = await this.#lookForLost(asked, lost, context);
      if (made !== undefined) return { deploymentId: made.id, operationId: made.operationId };
      if (context.signal?.aborted) throw outcomeUnknown(asked, lost.by, "and the run was canceled");
      if (request === maxCreateRequests) throw lost.by;
      context.reporter.trouble(`${lost.by.message}; nothing was made by it, so it is sent again`);
      lost = undefined;
    }
  }

  /**
   * Looks for the deployment that a create without an answer may have made. Undefined means that there is none. Throws
   * `CreateOutcomeUnknownError` where one is there that may as well be somebody else's, or where it cannot be seen.
   */
  async #lookForLost(
    asked: Asked,
    { askedAt, by: lostBy }: Lost,
    { clock, reporter, deadline, signal }: WaitContext,
  ): Promise<Deployment | undefined> {
    const { inputs, nameOwner } = asked;
    reporter.trouble(`${lostBy.message}; looking for what it made`);
    const isNew = await this.#isNewSince(askedAt);
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
            isNew(deployment),
        );
      } catch (error) {
        throw outcomeUnknown(asked, lostBy, `and whether it was made cannot be seen: ${(error as Error).message}`);
      }
      const [only, ...others] = found;
      if (only === undefined) continue;
      if (nameOwner !== "unknown" && others.length === 0) return only;
      const ids = found.map(({ id }) => id).join(", ");
      throw outcomeUnknown(
        asked,
        lostBy,
        `and the name was not made by us, so it cannot be told whose this is: ${ids}`,
        found,
      );
    }
    return undefined;
  }

  /**
   * Tells what this create may have made from what was there before: by the list from before, whatever the platform's clock
   * says; only where that was not needed, by the clocks.
   */
  async #isNewSince(askedAt: number): Promise<(deployment: Deployment) => boolean> {
    const atStart = await this.#atStart?.catch(() => undefined);
    if (atStart === undefined) return ({ createdAt }) => !(Date.parse(createdAt ?? "") < askedAt - clockSkewMs);
    const before = new Set(atStart.map(({ id }) => id));
    return ({ id }) => !before.has(id);
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
}

function outcomeUnknown(
  asked: Asked,
  lostBy: Error,
  why: string,
  found: readonly Deployment[] = [],
): CreateOutcomeUnknownError {
  return new CreateOutcomeUnknownError(
    `the create of "${asked.inputs.name}" got no usable answer (${lostBy.message}), ${why}. Nothing was sent again. Look at ` +
      `Onvera whether the deployment is there; if it is yours, take it over with ${adoptCommand(asked, found)} and ` +
      "`pulumi up`; if it is not there, `pulumi up` makes it",
    { cause: lostBy },
  );
}

/** What takes a deployment over; it can be run as it stands where there is only one that it may be. */
function adoptCommand({ logicalName }: Asked, found: readonly Deployment[]): string {
  const [only, ...others] = found;
  const id = only === undefined || others.length > 0 ? "<deployment id>" : only.id;
  const isPlain = /^[\w-]+$/.test(logicalName) || logicalName === "<resource>";
  const key = isPlain ? `onvera:adopt.${logicalName}` : `onvera:adopt[${JSON.stringify(logicalName)}]`;
  return `\`pulumi config set --path '${key}' ${id}\``;
}
