import type { ClientEvent } from "../api/client";
import { maxPerPage } from "../api/pages";
import { systemClock } from "../clock";
import type { DeploymentConnection } from "../deployment/handler";
import type { ListSource } from "../lro/list-poller";
import type { Settings } from "./settings";

/** What the calls of one process with the same settings share, such as one client and one poller. */
export interface Connection extends DeploymentConnection {
  readonly settings: Settings;
}

/** Sends no request. Call it only if the platform is needed, because it loads the HTTP client, which takes long. */
export function connect(
  settings: Settings,
  {
    onEvent,
    knownIds = new Set(),
  }: { readonly onEvent?: (event: ClientEvent) => void; readonly knownIds?: Set<string> } = {},
): Connection {
  const { OnveraClient } = require("../api/client") as typeof import("../api/client");
  const { Poller } = require("../lro/poller") as typeof import("../lro/poller");
  const { PollSchedule } = require("../lro/poll-schedule") as typeof import("../lro/poll-schedule");
  const { deploymentKey, operationKey } =
    require("../deployment/wait-context") as typeof import("../deployment/wait-context");
  const client = new OnveraClient({ settings, ...(onEvent === undefined ? {} : { onEvent }) });
  const { pollIntervalMs } = settings;
  const intervals =
    pollIntervalMs === undefined ? {} : { minIntervalMs: pollIntervalMs, maxIntervalMs: pollIntervalMs };
  const schedule = new PollSchedule(intervals);
  const asPoll = { retry: "rateLimit", priority: "poll" } as const;
  const operations: ListSource = {
    keyPrefix: operationKey(""),
    itemsPerPage: maxPerPage,
    // It contains ended operations, so the usual durations are known from the first poll on.
    isWorthReadingOnce: true,
    fetchPage: async (page) => {
      const response = await client.listOperations({ page, perPage: maxPerPage }, asPoll);
      for (const operation of response.items) schedule.record(operation);
      return response;
    },
  };
  const deployments: ListSource = {
    keyPrefix: deploymentKey(""),
    itemsPerPage: maxPerPage,
    fetchPage: (page) => client.listDeployments({ page, perPage: maxPerPage }, asPoll),
  };
  const clock = systemClock;
  const poller = new Poller({ clock, lists: [operations, deployments], ...intervals });
  return { settings, client, poller, schedule, clock, knownIds };
}
