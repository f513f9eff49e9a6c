import type { RateLimit, RateLimitOptions } from "../api/rate-limit";
import type { LoggedRequest, RequestLog } from "../api/request-log";
import { deploymentToWire, operationToWire, rfc3339, rfc3339OrNull } from "../api/wire";
import { type Counts, countsOf } from "../control/counts";
import type { AddedFault, Faults } from "../faults/rules";
import type { Clock } from "../platform/clock";
import type { AddedOutcome, Outcomes } from "../platform/outcomes";
import type { Platform } from "../platform/platform";
import {
  type AppType,
  appTypes,
  type DeploymentRecord,
  type DeploymentStatus,
  type OperationError,
  type OperationRecord,
  type OperationStatus,
  type OperationType,
} from "../platform/records";

export interface ClockView {
  /** `instant`: operations take no time. */
  speed: number | "instant";
  paused: boolean;
  /** The current time as timestamps show it. */
  time: string;
  skewMs: number;
  /** Work time since the platform was first started. */
  workMs: number;
}

/** Selects what the console shows. */
export interface ViewQuery {
  /** Part of a deployment's name or ID, case-insensitive. Default: no filter. */
  search?: string;
  /** Maximum number of deployments and of operations, the newest ones. Default 100 each. */
  deployments?: number;
  operations?: number;
  /** Only deployments with this status. `destroyed` selects deleted deployments. Default: all that exist. */
  status?: DeploymentStatus;
  /** Maximum number of requests, the newest ones. Default 0. */
  requests?: number;
  /** Only requests with this text in their method, path, status, key or fault, case-insensitive. */
  filter?: string;
}

export interface ConsoleDeployment {
  id: string;
  name: string;
  app_type: AppType;
  status: DeploymentStatus;
  /** The current phase of the operation in progress, if there is one. */
  phase: string | null;
  url: string | null;
  environment_id: string;
  created_at: string;
  /** Set after the deployment was deleted. The console shows it for a few more seconds. */
  gone_at: string | null;
}

export interface ConsoleOperation {
  id: string;
  type: OperationType;
  status: OperationStatus;
  /** The API returns 404 for it. */
  vanished: boolean;
  deployment_name: string;
  app_type: AppType | null;
  error: OperationError | null;
  requested_at: string;
  ended_at: string | null;
  /** The phases that it has reached. The last one is the current or final phase. */
  phases: ConsolePhase[];
}

export interface ConsolePhase {
  phase: string;
  started_at: string;
  ended_at: string | null;
}

/** A request to the API. Its bodies are too large for every update; get them from `/_emulator/requests/{seq}`. */
export type ConsoleRequest = Pick<
  LoggedRequest,
  "seq" | "at" | "method" | "path" | "status" | "durationMs" | "key" | "fault"
>;

/** Everything that the console shows. API keys appear as fingerprints only. */
export interface ConsoleView {
  clock: Pick<ClockView, "speed" | "paused" | "time">;
  counts: Counts;
  /** Newest first; `found` is the number of all that match the query. */
  deployments: { items: ConsoleDeployment[]; found: number };
  operations: { items: ConsoleOperation[]; found: number };
  /** Newest first; `found` is the number of all that match the filter. */
  requests: { items: ConsoleRequest[]; found: number };
  /** The active faults, outcomes and rate limit. */
  faults: AddedFault[];
  outcomes: AddedOutcome[];
  rateLimit: RateLimitOptions | null;
  /** The applications that a new deployment can have. */
  appTypes: readonly AppType[];
}

/** How long a deleted deployment remains visible. */
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
  const matchesSearch = textMatcher(search);
  const hasStatus = (each: DeploymentRecord) => status === undefined || each.status === status;
  const gone = platform.goneDeployments().filter(({ name, id }) => matchesSearch(name, id));
  const matching =
    status === "destroyed"
      ? [...gone].sort((a, b) => b.createdAt - a.createdAt)
      : platform.deployments().filter((each) => matchesSearch(each.name, each.id) && hasStatus(each));
  const recentlyGone =
    status === undefined
      ? gone.filter(({ goneAt }) => goneAt !== null && goneAt <= now && now - goneAt < goneDisplayMs)
      : [];
  const operations = platform.allOperations().filter((each) => matchesSearch(each.deploymentName, each.deploymentId));
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
    appTypes,
  };
}

function consoleRequests(log: RequestLog, count: number, filter: string): ConsoleView["requests"] {
  if (count === 0) return { items: [], found: 0 };
  const matchesFilter = textMatcher(filter);
  const { items, found } = log.latest(count, ({ method, path, status, key, fault }) =>
    matchesFilter(`${method} ${path}`, String(status ?? ""), key ?? "", fault ?? ""),
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
  const { links: _, ...deployment } = deploymentToWire(record);
  const operation = record.operationId === null ? undefined : platform.operation(record.operationId);
  const view = operation === undefined ? undefined : platform.view(operation);
  return {
    ...deployment,
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
