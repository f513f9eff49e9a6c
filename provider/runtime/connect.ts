import type { ClientEvent, OnveraClient } from "../api/client";
import { type Clock, systemClock } from "../clock";
import type { ListSource } from "../lro/list-poller";
import type { PollSchedule } from "../lro/poll-schedule";
import type { Poller } from "../lro/poller";
import type { Settings } from "./settings";

/** What the calls of one process with the same settings share, such as one client and one poller. */
export interface Connection {
  readonly settings: Settings;
  readonly client: OnveraClient;
  readonly poller: Poller;
  readonly schedule: PollSchedule;
  readonly clock: Clock;
  /** Ids of deployments that the state holds, from the calls of the engine. */
  readonly knownIds: Set<string>;
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
  const { itemsPerPage } = require("../lro/list-poller") as typeof import("../lro/list-poller");
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
    // It contains ended operations, so the usual durations are known from the first poll on.
    isWorthReadingOnce: true,
    fetchPage: async (page) => {
      const response = await client.listOperations({ page, perPage: itemsPerPage }, asPoll);
      for (const operation of response.items) schedule.record(operation);
      return response;
    },
  };
  const deployments: ListSource = {
    keyPrefix: deploymentKey(""),
    fetchPage: (page) => client.listDeployments({ page, perPage: itemsPerPage }, asPoll),
  };
  const clock = systemClock;
  const poller = new Poller({ clock, lists: [operations, deployments], ...intervals });
  return { settings, client, poller, schedule, clock, knownIds };
}
