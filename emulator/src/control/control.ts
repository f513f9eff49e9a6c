import type { RateLimit, RateLimitOptions } from "../api/rate-limit";
import type { LoggedRequest, RequestLog, RequestLogView } from "../api/request-log";
import {
  type DeploymentWire,
  deploymentToWire,
  type OperationWire,
  operationToWire,
  rfc3339,
  rfc3339OrNull,
} from "../api/wire";
import { type ClockView, type ConsoleView, consoleView, type ViewQuery } from "../console/view";
import {
  type AddedFault,
  type Change,
  type DeploymentChange,
  type FaultMatch,
  type FaultRule,
  type Faults,
  matches,
} from "../faults/rules";
import { globToRegExp } from "../glob";
import type { Clock } from "../platform/clock";
import type { KeyOptions, KeyRecord, Keys, Scope } from "../platform/keys";
import type { AddedOutcome, OutcomeRule, Outcomes } from "../platform/outcomes";
import type { Platform } from "../platform/platform";
import type { AppType, DeploymentRecord, DeploymentStatus, OperationRecord, Origin } from "../platform/records";
import type { Settings } from "../settings";
import type { Journal } from "../store/journal";
import { type Counts, countsOf } from "./counts";

/** Reports a control request for an unknown thing, or for a change that is not possible. */
export class ControlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ControlError";
  }
}

export interface DeploymentState extends DeploymentWire {
  origin: Origin;
  gone_at: string | null;
}

export interface OperationState extends OperationWire {
  deployment_name: string;
  /** The deployment's status before the operation; `ready` for a create. */
  deployment_before: "ready" | "failed";
  /** The API returns 404 for it. */
  vanished: boolean;
}

export interface PlatformState {
  counts: Counts;
  /** Newest first, like the other lists. */
  deployments: DeploymentState[];
  /** Deployments whose record was deleted. */
  gone: DeploymentState[];
  operations: OperationState[];
  clock: ClockView;
  settings: Settings;
  rateLimit: Required<RateLimitOptions> | null;
}

export interface ControlOptions {
  platform: Platform;
  clock: Clock;
  keys: Keys;
  outcomes: Outcomes;
  faults: Faults;
  log: RequestLog;
  rateLimit: RateLimit;
  settings: Settings;
  journal: Journal;
  /** The values that a reset restores. */
  initial: { settings: Settings; speed: number; rateLimit: RateLimitOptions | undefined; keys: readonly KeyOptions[] };
  outage(forMs: number, afterResponse?: Promise<unknown>): Promise<void>;
}

const controlOrigin: Origin = { by: "control", key: null };

/**
 * Simulates failures and changes outside Pulumi, for tests. The HTTP API under `/_emulator/` offers the same. Methods
 * that change stored data resolve once the change is on disk. Deployments are identified by ID, or by a name (a glob)
 * that matches exactly one deployment.
 */
export class Control {
  readonly #parts: ControlOptions;

  constructor(parts: ControlOptions) {
    this.#parts = parts;
  }

  readonly requests = {
    /** The requests after `since` (a `seq`), oldest first. */
    list: (options: { since?: number } = {}): RequestLogView => this.#parts.log.view(options),
    /** A request with its bodies, by its `seq`. */
    get: (seq: number): LoggedRequest => {
      const found = this.#parts.log.find(seq);
      if (found === undefined) throw new ControlError("the log does not contain this request");
      return { ...found };
    },
    clear: (): void => this.#parts.log.clear(),
    /** Resolves with the next matching request, when it arrives and before it is handled. */
    next: (match: Pick<FaultMatch, "method" | "path" | "key"> = {}): Promise<LoggedRequest> =>
      new Promise((resolve) => {
        const unsubscribe = this.#parts.log.subscribe((entry) => {
          if (!matches(match, entry)) return;
          unsubscribe();
          resolve(entry);
        });
      }),
    /** Calls `listener` with each request as it arrives. Returns a function that unsubscribes. */
    subscribe: (listener: (entry: LoggedRequest) => void): (() => void) => this.#parts.log.subscribe(listener),
  };

  readonly faults = {
    add: (rule: FaultRule): AddedFault => this.#parts.faults.add(rule),
    list: (): AddedFault[] => this.#parts.faults.list(),
    /** Requests that the fault holds then continue. */
    remove: (id: string): boolean => this.#parts.faults.remove(id),
    clear: (): void => this.#parts.faults.clear(),
  };

  readonly outcomes = {
    add: (rule: OutcomeRule): AddedOutcome => this.#parts.outcomes.add(rule),
    list: (): AddedOutcome[] => this.#parts.outcomes.list(),
    remove: (id: string): boolean => this.#parts.outcomes.remove(id),
    clear: (): void => this.#parts.outcomes.clear(),
  };

  readonly clock = {
    get: (): ClockView => this.#clockView(),
    /** `Infinity` also completes the operations in progress. */
    setSpeed: (speed: number): Promise<ClockView> =>
      this.#changeClock(({ clock, platform }) => {
        clock.setSpeed(speed);
        if (speed === Number.POSITIVE_INFINITY) platform.finishAll();
      }),
    pause: (): Promise<ClockView> => this.#changeClock(({ clock }) => clock.pause()),
    resume: (): Promise<ClockView> => this.#changeClock(({ clock }) => clock.resume()),
    /** Advances work time by `ms`. */
    advance: (ms: number): Promise<ClockView> => this.#changeClock(({ clock }) => clock.advance(ms)),
    /** Completes every operation in progress that can end. */
    finishAll: (): Promise<ClockView> => this.#changeClock(({ platform }) => platform.finishAll()),
    /** Sets the skew of timestamps. */
    skew: (ms: number): Promise<ClockView> => this.#changeClock(({ clock }) => clock.setSkew(ms)),
  };

  readonly deployments = {
    /** Adds a deployment without an API request or an operation. Default status `ready`. */
    create: async (options: {
      appType: AppType;
      name?: string;
      status?: DeploymentStatus;
    }): Promise<DeploymentState> => {
      const record = this.#parts.platform.add({ ...options, origin: controlOrigin });
      return this.#flushed(toDeploymentState(record));
    },
    get: (which: string): DeploymentState => toDeploymentState(this.#find(which)),
    /** Also finds deleted deployments, by ID. Operations are listed newest first. */
    details: (which: string): { deployment: DeploymentState; operations: OperationState[] } => {
      const record = this.#parts.platform.anyDeployment(which) ?? this.#find(which);
      const operations = this.#parts.platform.allOperations().filter(({ deploymentId }) => deploymentId === record.id);
      return {
        deployment: toDeploymentState(record),
        operations: operations.map((each) => this.#operationState(each)),
      };
    },
    destroyNow: (which: string) => this.deployments.change(which, { change: "destroyNow" }),
    destroy: (which: string) => this.deployments.change(which, { change: "destroy" }),
    rename: (which: string, name: string) => this.deployments.change(which, { change: "rename", name }),
    markFailed: (which: string) => this.deployments.change(which, { change: "markFailed" }),
    vanish: (which: string) => this.deployments.change(which, { change: "vanish" }),
    /** Returns the deployment after the change. */
    change: async (which: string, change: DeploymentChange): Promise<DeploymentState> => {
      const record = this.#find(which);
      this.#change(record, change);
      return this.#flushed(toDeploymentState(record));
    },
  };

  readonly keys = {
    list: (): KeyRecord[] => this.#parts.keys.list(),
    add: async (key: KeyOptions): Promise<KeyRecord> => this.#flushed(this.#parts.keys.put(key)),
    revoke: (which: string): Promise<KeyRecord> => this.keys.change(which, { revoked: true }),
    expire: (which: string, at = this.#clockView().time): Promise<KeyRecord> =>
      this.keys.change(which, { expiresAt: at }),
    setScopes: (which: string, scopes: readonly Scope[]): Promise<KeyRecord> => this.keys.change(which, { scopes }),
    /** Finds the key by its value or fingerprint. */
    change: async (which: string, change: Omit<KeyOptions, "key">): Promise<KeyRecord> => {
      const key = this.#parts.keys.find(which);
      if (key === undefined) throw new ControlError("no such API key");
      return this.#flushed(this.#parts.keys.put({ ...key, ...change }));
    },
  };

  readonly rateLimit = {
    get: (): Required<RateLimitOptions> | null => this.#parts.rateLimit.options,
    set: (options: RateLimitOptions): void => this.#parts.rateLimit.set(options),
    off: (): void => this.#parts.rateLimit.off(),
  };

  readonly settings = {
    get: (): Settings => ({ ...this.#parts.settings }),
    set: (settings: Partial<Settings>): Settings => ({ ...Object.assign(this.#parts.settings, settings) }),
  };

  /**
   * Starts an outage of `forMs` real milliseconds: refuses new connections, and closes the open ones after
   * `afterResponse` has settled. Resolves when all connections are closed.
   */
  outage({ forMs, afterResponse }: { forMs: number; afterResponse?: Promise<unknown> }): Promise<void> {
    return this.#parts.outage(forMs, afterResponse);
  }

  /** Applies a change, as a fault does during a request. */
  async apply(
    change: Change,
    context: { deploymentId?: string | undefined; key?: string | undefined } = {},
  ): Promise<void> {
    const keyOf = (key = context.key): string => {
      if (key === undefined) throw new ControlError(`"${change.change}" needs a key`);
      return key;
    };
    switch (change.change) {
      case "revokeKey":
        return discardResult(this.keys.revoke(keyOf(change.key)));
      case "expireKey":
        return discardResult(this.keys.expire(keyOf(change.key)));
      case "setScopes":
        return discardResult(this.keys.setScopes(keyOf(change.key), change.scopes));
      case "outage":
        return this.outage(change);
      case "advance":
        return discardResult(this.clock.advance(change.ms));
      case "skew":
        return discardResult(this.clock.skew(change.ms));
      default: {
        const which = change.deployment === "@request" ? context.deploymentId : change.deployment;
        if (which === undefined)
          throw new ControlError(`"${change.change}" needs a deployment, and the request concerns none`);
        return discardResult(this.deployments.change(which, change));
      }
    }
  }

  /** The whole state, including what the API no longer returns. */
  state(): PlatformState {
    const { platform, settings, rateLimit } = this.#parts;
    const deployments = platform.deployments().map(toDeploymentState);
    const gone = platform.goneDeployments().map(toDeploymentState);
    const operations = platform.allOperations().map((operation) => this.#operationState(operation));
    return {
      counts: countsOf(platform),
      deployments,
      gone,
      operations,
      clock: this.#clockView(),
      settings: { ...settings },
      rateLimit: rateLimit.options,
    };
  }

  /** What the console shows: the newest deployments, operations and requests, with counts of all. */
  view(query: ViewQuery = {}): ConsoleView {
    return consoleView(this.#parts, query);
  }

  /**
   * Restores the initial state: no deployments, operations, faults, outcomes or logged requests, and the initial keys,
   * clock, settings and rate limit.
   */
  async reset(): Promise<void> {
    const { platform, clock, faults, outcomes, log, rateLimit, settings, keys, initial, journal } = this.#parts;
    platform.reset();
    faults.clear();
    outcomes.clear();
    log.clear();
    if (initial.rateLimit === undefined) rateLimit.off();
    else rateLimit.set(initial.rateLimit);
    Object.assign(settings, initial.settings);
    clock.resume();
    clock.setSkew(0);
    clock.setSpeed(initial.speed);
    keys.clear();
    for (const key of initial.keys) keys.put(key);
    await journal.flush();
  }

  #operationState(operation: OperationRecord): OperationState {
    const { platform } = this.#parts;
    return {
      ...operationToWire(operation, platform.view(operation)),
      deployment_name: operation.deploymentName,
      deployment_before: operation.statusBefore,
      vanished: platform.hasVanished(operation),
    };
  }

  #change(record: DeploymentRecord, change: DeploymentChange): void {
    const { platform } = this.#parts;
    switch (change.change) {
      case "destroy":
        platform.destroy(record, { whileProvisioning: "accept" });
        return;
      case "destroyNow":
        platform.destroyNow(record);
        return;
      case "rename":
        platform.change(record, { name: change.name });
        return;
      case "markFailed":
        platform.endOperation(record, "failed", { code: "DEPLOYMENT_FAILED", message: "The deployment failed" });
        platform.change(record, { status: "failed" });
        return;
      case "vanish":
        platform.change(record, { status: "gone" });
        return;
      case "finishOperation":
        platform.overrideOutcome(record, { result: "succeed" });
        return;
      case "cancelOperation":
        platform.overrideOutcome(record, { result: "cancel" });
        return;
      case "vanishOperation":
        platform.overrideOutcome(record, { result: "vanish" });
        return;
      case "failOperation": {
        const { code, message } = change;
        platform.overrideOutcome(record, {
          result: "fail",
          ...(code === undefined ? {} : { code }),
          ...(message === undefined ? {} : { message }),
        });
        return;
      }
    }
  }

  #find(which: string): DeploymentRecord {
    const { platform } = this.#parts;
    const byId = platform.deployment(which);
    if (byId !== undefined) return byId;
    const pattern = globToRegExp(which);
    const matching = platform.deployments().filter(({ name }) => pattern.test(name));
    const [only, ...others] = matching;
    if (only === undefined) throw new ControlError(`no deployment has the ID or name "${which}"`);
    if (others.length > 0) throw new ControlError(`${matching.length} deployments match "${which}"; specify the ID`);
    return only;
  }

  async #changeClock(change: (parts: ControlOptions) => void): Promise<ClockView> {
    change(this.#parts);
    return this.#flushed(this.#clockView());
  }

  #clockView(): ClockView {
    const { clock } = this.#parts;
    return {
      speed: clock.isInstant ? "instant" : clock.speed,
      paused: clock.isPaused,
      time: rfc3339(clock.wallMs()),
      skewMs: clock.skewMs,
      workMs: clock.workMs(),
    };
  }

  async #flushed<T>(result: T): Promise<T> {
    await this.#parts.journal.flush();
    return result;
  }
}

const discardResult = async (work: Promise<unknown>): Promise<void> => {
  await work;
};

function toDeploymentState(record: DeploymentRecord): DeploymentState {
  const { origin, goneAt } = record;
  return { ...deploymentToWire(record), origin, gone_at: rfc3339OrNull(goneAt) };
}
