import type { History, HostName } from "./history";

/** Shrunk histories that once broke an invariant. (A seed gives another history once the generator has changed.) */
export const regressions: Readonly<Record<string, History>> = {
  "two deployments of one chosen name are excluded one after the other": {
    entropy: 0,
    host: "dynamic",
    refreshBeforeUpdate: false,
    slots: 1,
    operationMs: 4000,
    clockSkewMs: 0,
    resources: [
      { appType: "airflow", name: "automatic", dependencies: 0, ignoresName: true, deletesBeforeReplace: false },
      { appType: "airflow", name: "web", dependencies: 1, ignoresName: true, deletesBeforeReplace: false },
    ],
    runs: [
      {
        command: "up",
        stack: "main",
        edits: [],
        interference: [{ kind: "destroy", resource: 0 }],
        operationEnds: [],
        replaces: [0],
        refreshes: false,
        faults: [{ on: "create", nth: 0, times: 12, kind: "resetAfter", variant: 0 }],
        end: { kind: "finish" },
      },
      {
        command: "up",
        stack: "main",
        edits: [],
        interference: [],
        operationEnds: [],
        replaces: [0],
        refreshes: false,
        faults: [],
        end: { kind: "cancel", afterMs: 0 },
      },
    ],
  },
};

/** Seeds among the first of each host whose histories still break an invariant (docs/reliability.md). */
export const openSeeds: Readonly<Record<HostName, readonly number[]>> = { dynamic: [64], plugin: [] };
