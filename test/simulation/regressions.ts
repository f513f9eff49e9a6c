import type { History } from "./history";

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
  "a run is killed in a create after its refresh has removed the deployment of the resource": {
    entropy: 0,
    host: "dynamic",
    refreshBeforeUpdate: true,
    slots: 1,
    operationMs: 4000,
    clockSkewMs: 0,
    resources: [
      { appType: "airflow", name: "automatic", dependencies: 0, ignoresName: true, deletesBeforeReplace: true },
      { appType: "airflow", name: "automatic", dependencies: 0, ignoresName: false, deletesBeforeReplace: false },
    ],
    runs: [
      {
        command: "up",
        stack: "main",
        edits: [],
        interference: [],
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
        replaces: [],
        refreshes: false,
        faults: [],
        end: { kind: "finish" },
      },
      {
        command: "up",
        stack: "main",
        edits: [],
        interference: [{ kind: "destroy", resource: 0 }],
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
        replaces: [],
        refreshes: true,
        faults: [],
        end: { kind: "kill", event: 11 },
      },
    ],
  },
};
