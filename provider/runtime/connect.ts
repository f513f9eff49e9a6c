import { systemClock } from "../clock";
import type { DeploymentLifecycle } from "../deployment/lifecycle";
import type { ClientEvent, OnveraClient } from "../api/client";
import type { BulkSource } from "../lro/list-poller";
import type { Settings } from "./settings";

/** What serves every call that one process makes with one key: one client, one poller and one lifecycle. */
export interface Connection {
  readonly client: OnveraClient;
  readonly lifecycle: DeploymentLifecycle;
}

/** Makes no request yet. Loads the HTTP client, which takes long: call it when the platform is really needed. */
export function connect(
  settings: Settings,
  {
    onEvent,
    knownIds,
  }: {
    readonly onEvent?: (event: ClientEvent) => void;
    /** Deployments that the state is known to hold, as far as the caller has been told of them. */
    readonly knownIds?: Set<string>;
  } = {},
): Connection {
  const { OnveraClient } = require("../api/client") as typeof import("../api/client");
  const { itemsPerPage } = require("../lro/list-poller") as typeof import("../lro/list-poller");
  const { Poller } = require("../lro/poller") as typeof import("../lro/poller");
  const { OperationPace } = require("../lro/poll-schedule") as typeof import("../lro/poll-schedule");
  const { deploymentKey, operationKey } = require("../deployment/wait-until-ready") as typeof import("../deployment/wait-until-ready");
  const { Organization } = require("../deployment/organization") as typeof import("../deployment/organization");
  const { DeploymentLifecycle } = require("../deployment/lifecycle") as typeof import("../deployment/lifecycle");
  const client = new OnveraClient({ settings, ...(onEvent === undefined ? {} : { onEvent }) });
  const { pollIntervalMs } = settings;
  const intervals =
    pollIntervalMs === undefined ? {} : { minIntervalMs: pollIntervalMs, maxIntervalMs: pollIntervalMs };
  const pace = new OperationPace(intervals);
  const asPoll = { retry: "none", urgency: "poll" } as const;
  const operations: BulkSource = {
    keyPrefix: operationKey(""),
    // It holds operations that have ended: so the pace is known from the first poll on.
    isWorthReadingOnce: true,
    fetchPage: async (page) => {
      const answer = await client.listOperations({ page, perPage: itemsPerPage }, asPoll);
      for (const operation of answer.items) pace.learn(operation);
      return answer;
    },
  };
  const deployments: BulkSource = {
    keyPrefix: deploymentKey(""),
    fetchPage: (page) => client.listDeployments({ page, perPage: itemsPerPage }, asPoll),
  };
  const lifecycle = new DeploymentLifecycle({
    client,
    poller: new Poller({ clock: systemClock, bulk: [operations, deployments], ...intervals }),
    pace,
    clock: systemClock,
    organization: new Organization({ settings, client, clock: systemClock }),
    ...(knownIds === undefined ? {} : { knownIds }),
  });
  return { client, lifecycle };
}
