import type { RateLimit, RateLimitOptions } from "../api/rate-limit";
import type { LoggedRequest, RequestLog } from "../api/request-log";
import { deploymentToWire, operationToWire } from "../api/wire";
import type { ClockView } from "../control/control";
import { type Counts, countsOf } from "../control/counts";
import type { AddedFault, Faults } from "../faults/rules";
import type { Clock } from "../platform/clock";
import type { AddedOutcome, Outcomes } from "../platform/outcomes";
import type { Platform } from "../platform/platform";
import type {
  AppType,
  DeploymentRecord,
  DeploymentStatus,
  OperationError,
  OperationRecord,
  OperationStatus,
  OperationType,
} from "../platform/records";

/** What of the platform the console shows; everything else of it is only counted. */
export interface ViewQuery {
  /** Part of the deployment's name or id, in any case. Default: all of them. */
  search?: string;
  /** How many deployments and operations at most, the newest. Defaults: 100 and 100. */
  deployments?: number;
  operations?: number;
  /** Only deployments with this status; `destroyed` lists those whose record was deleted. Default: all that exist. */
  status?: DeploymentStatus;
  /** How many requests at most, the newest. Default: none. */
  requests?: number;
  /** Only requests that have this in their method, path, status, key or fault, in any case. */
  filter?: string;
}

export interface ConsoleDeployment {
  id: string;
  name: string;
  app_type: AppType;
  status: DeploymentStatus;
  /** The phase of the operation that holds it, while one does. */
  phase: string | null;
  url: string | null;
  environment_id: string;
  created_at: string;
  /** Set for a while after its record was deleted, so that people see it go. */
  gone_at: string | null;
}

export interface ConsoleOperation {
  id: string;
  type: OperationType;
  status: OperationStatus;
  /** The API answers 404 for it. */
  vanished: boolean;
  deployment_name: string;
  app_type: AppType | null;
  error: OperationError | null;
  requested_at: string;
  ended_at: string | null;
  /** Those that it has reached, the present or last one at the end. */
  phases: ConsolePhase[];
}

export interface ConsolePhase {
  phase: string;
  started_at: string;
  ended_at: string | null;
}

/** A request to the platform. Its bodies are too large to be followed: `/_emulator/requests/{seq}` has them. */
export type ConsoleRequest = Pick<
  LoggedRequest,
  "seq" | "at" | "method" | "path" | "status" | "durationMs" | "key" | "fault"
>;

/** Holds no API key; keys are told apart by their fingerprints. */
export interface ConsoleView {
  clock: Pick<ClockView, "speed" | "paused" | "time">;
  counts: Counts;
  /** Newest first; `found` is how many there are that fit the search. */
  deployments: { items: ConsoleDeployment[]; found: number };
  operations: { items: ConsoleOperation[]; found: number };
  /** Newest first. */
  requests: { items: ConsoleRequest[]; found: number };
  /** What goes wrong with requests and operations to come, and the rate limit. */
  faults: AddedFault[];
  outcomes: AddedOutcome[];
  rateLimit: RateLimitOptions | null;
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString();
const rfc3339OrNull = (ms: number | null): string | null => (ms === null ? null : rfc3339(ms));

/** How long a deleted deployment is still shown. */
const goneDisplayMs = 10_000;

export interface ViewSources {
  platform: Platform;
  clock: Clock;
  log: RequestLog;
  faults: Faults;
  outcomes: Outcomes;
  rateLimit: RateLimit;
}

export function consoleView(
  { platform, clock, log, faults, outcomes, rateLimit }: ViewSources,
  {
    search = "",
    status,
    deployments: maxDeployments = 100,
    operations: maxOperations = 100,
    requests: maxRequests = 0,
    filter = "",
  }: ViewQuery = {},
): ConsoleView {
  const now = clock.wallMs();
  const isWanted = textMatcher(search);
  const hasStatus = (each: DeploymentRecord) => status === undefined || each.status === status;
  const gone = platform.goneDeployments().filter(({ name, id }) => isWanted(name, id));
  const matching =
    status === "destroyed"
      ? [...gone].sort((a, b) => b.createdAt - a.createdAt)
      : platform.deployments().filter((each) => isWanted(each.name, each.id) && hasStatus(each));
  const recentlyGone =
    status === undefined
      ? gone.filter(({ goneAt }) => goneAt !== null && goneAt <= now && now - goneAt < goneDisplayMs)
      : [];
  const operations = platform.allOperations().filter((each) => isWanted(each.deploymentName, each.deploymentId));
  return {
    clock: { speed: clock.isInstant ? "instant" : clock.speed, paused: clock.isPaused, time: rfc3339(now) },
    counts: countsOf(platform),
    deployments: {
      items: [...matching.slice(0, maxDeployments), ...recentlyGone.slice(0, maxDeployments)]
        .sort((a, b) => b.createdAt - a.createdAt)
        .map((each) => toConsoleDeployment(each, platform)),
      found: matching.length,
    },
    operations: {
      items: operations.slice(0, maxOperations).map((each) => toConsoleOperation(each, platform)),
      found: operations.length,
    },
    requests: consoleRequests(log, maxRequests, filter),
    faults: faults.list(),
    outcomes: outcomes.list(),
    rateLimit: rateLimit.options,
  };
}

function consoleRequests(log: RequestLog, count: number, filter: string): ConsoleView["requests"] {
  if (count === 0) return { items: [], found: 0 };
  const isWanted = textMatcher(filter);
  const { items, found } = log.latest(count, ({ method, path, status, key, fault }) =>
    isWanted(`${method} ${path}`, String(status ?? ""), key ?? "", fault ?? ""),
  );
  return {
    items: items.map(({ seq, at, method, path, status, durationMs, key, fault }) => ({
      ...{ seq, at, method, path, status, durationMs, key, fault },
    })),
    found,
  };
}

function textMatcher(search: string): (...texts: string[]) => boolean {
  const part = search.trim().toLowerCase();
  return (...texts) => part === "" || texts.some((text) => text.toLowerCase().includes(part));
}

function toConsoleDeployment(record: DeploymentRecord, platform: Platform): ConsoleDeployment {
  const { links: _, ...shown } = deploymentToWire(record);
  const operation = record.operationId === null ? undefined : platform.operation(record.operationId);
  const view = operation === undefined ? undefined : platform.view(operation);
  return {
    ...shown,
    phase: view !== undefined && view.endedAt === null ? view.progress.phase : null,
    gone_at: rfc3339OrNull(record.goneAt),
  };
}

function toConsoleOperation(operation: OperationRecord, platform: Platform): ConsoleOperation {
  const { id, type, status, error, requested_at, ended_at } = operationToWire(operation, platform.view(operation));
  return {
    ...{ id, type, status, error, requested_at, ended_at },
    vanished: platform.hasVanished(operation),
    deployment_name: operation.deploymentName,
    app_type: platform.anyDeployment(operation.deploymentId)?.appType ?? null,
    phases: platform.history(operation).map(({ phase, startedAt, endedAt }) => ({
      phase,
      started_at: rfc3339(startedAt),
      ended_at: rfc3339OrNull(endedAt),
    })),
  };
}
