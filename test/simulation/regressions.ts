import { usualDialect } from "./dialect";
import type { Fault } from "./faults";
import { type History, plainRun, type Resource, type Run } from "./history";

const plain: Omit<History, "resources" | "runs"> = {
  entropy: 0,
  host: "dynamic",
  refreshBeforeUpdate: true,
  slots: 1,
  operationMs: 4_000,
  clockSkewMs: 0,
};

const plainResource: Resource = {
  appType: "airflow",
  name: "automatic",
  dependencies: 0,
  ignoresName: false,
  deletesBeforeReplace: false,
};

/** The response to the create of a replacement is lost before Ctrl-C, the search fails, and someone renames the deployment that it replaces. */
const lostReplacement = (conflict: Pick<Fault, "nth" | "times">): Run => ({
  ...plainRun,
  edits: [{ kind: "appType", resource: 0 }],
  meanwhile: [{ kind: "rename", resource: 0, afterMs: 5_000 }],
  faults: [
    { on: "create", nth: 0, times: 1, kind: "silentAfter", variant: 0 },
    { on: "listDeployments", ...conflict, kind: "conflict", variant: 0 },
  ],
  end: { kind: "cancel", afterMs: 1_600 },
});

/** Shrunk histories that once broke an invariant. (A seed gives another history once the generator has changed.) */
export const regressions: Readonly<Record<string, History>> = {
  "two deployments of one chosen name are excluded one after the other": {
    ...plain,
    refreshBeforeUpdate: false,
    resources: [
      { ...plainResource, ignoresName: true },
      { ...plainResource, name: "web", dependencies: 1, ignoresName: true },
    ],
    runs: [
      {
        ...plainRun,
        interference: [{ kind: "destroy", resource: 0 }],
        replaces: [0],
        faults: [{ on: "create", nth: 0, times: 12, kind: "resetAfter", variant: 0 }],
      },
      {
        ...plainRun,
        replaces: [0],
        end: { kind: "cancel", afterMs: 0 },
      },
    ],
  },
  "a run is killed in a create after its refresh has removed the deployment of the resource": {
    ...plain,
    resources: [{ ...plainResource, ignoresName: true, deletesBeforeReplace: true }, plainResource],
    runs: [
      {
        ...plainRun,
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
      },
      {
        ...plainRun,
        interference: [{ kind: "destroy", resource: 0 }],
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
        refreshes: true,
        end: { kind: "kill", event: 11 },
      },
    ],
  },
  "a deployment with an automatic name is renamed while it is created": {
    ...plain,
    entropy: 5,
    refreshBeforeUpdate: false,
    operationMs: 40_000,
    resources: [
      { ...plainResource, createTimeout: 8 },
      { ...plainResource, name: "web", repeats: 1 },
    ],
    runs: [
      {
        ...plainRun,
        refreshes: true,
        faults: [{ on: "create", nth: 2, times: 1, kind: "refused", variant: 0 }],
      },
      {
        ...plainRun,
        interference: [{ kind: "rename", resource: 3 }],
        faults: [{ on: "create", nth: 0, times: 1, kind: "refused", variant: 0 }],
      },
      {
        ...plainRun,
        faults: [{ on: "create", nth: 0, times: 1, kind: "refused", variant: 0 }],
      },
    ],
  },
  "a deployment is replaced by force with the key of another organization": {
    ...plain,
    resources: [{ ...plainResource, createTimeout: 8 }],
    runs: [
      {
        ...plainRun,
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
        replaces: [0],
        faults: [{ on: "create", nth: 0, times: 1, kind: "refused", variant: 0 }],
      },
      {
        ...plainRun,
        edits: [{ kind: "organization" }],
        interference: [{ kind: "fail", resource: 0 }],
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
        replaces: [0],
        targets: [0],
        faults: [{ on: "create", nth: 0, times: 1, kind: "refused", variant: 0 }],
        end: { kind: "cancel", afterMs: 0 },
      },
      {
        ...plainRun,
        interference: [{ kind: "destroy", resource: 0 }],
        replaces: [0],
        refreshes: true,
        faults: [{ on: "create", nth: 0, times: 1, kind: "refused", variant: 0 }],
        end: { kind: "cancel", afterMs: 0 },
      },
    ],
  },
  "the state holds a deployment that is to be deleted, and the next create gets its name": {
    ...plain,
    resources: [plainResource],
    runs: [
      plainRun,
      {
        ...plainRun,
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
        replaces: [0],
      },
      {
        ...plainRun,
        command: "refresh",
        interference: [{ kind: "destroy", resource: 1 }],
      },
      // The deployment is adopted.
      plainRun,
    ],
  },
  "the adopt setting names a deployment that the platform shows as destroyed": {
    ...plain,
    dialect: { ...usualDialect, destroyed: "shown" },
    resources: [{ ...plainResource, name: "web" }],
    runs: [
      plainRun,
      {
        ...plainRun,
        edits: [
          { kind: "taint", resource: 0 },
          { kind: "adoptLeftover", resource: 0, value: "other" },
        ],
      },
      { ...plainRun, interference: [{ kind: "destroy", resource: 0 }], replaces: [0] },
    ],
  },
  "a deployment is ready although the operation of its create failed, and cannot be read at first": {
    ...plain,
    resources: [{ ...plainResource, deletesBeforeReplace: true }],
    runs: [
      {
        ...plainRun,
        operationEnds: [{ operation: "create", nth: 1, result: "fail", deployment: "ready" }],
        faults: [{ on: "getDeployment", nth: 0, times: 1, kind: "refused", variant: 0 }],
      },
    ],
  },
  "the clock is set to another day before a create that follows one without a response": {
    ...plain,
    resources: [{ ...plainResource, name: "web", deletesBeforeReplace: true }],
    runs: [
      {
        ...plainRun,
        faults: [{ on: "create", nth: 0, times: 1, kind: "empty", variant: 0 }],
        end: { kind: "kill", event: 12 },
      },
      { ...plainRun, clockJump: { afterMs: 0, byMs: 3 * 24 * 3_600_000 } },
    ],
  },
  "a run is killed in a forced replacement after its refresh has found another name": {
    ...plain,
    refreshBeforeUpdate: false,
    resources: [plainResource],
    runs: [
      plainRun,
      {
        ...plainRun,
        interference: [{ kind: "rename", resource: 0 }],
        replaces: [0],
        refreshes: true,
        end: { kind: "killAtRequest", on: "create", nth: 0, when: "after" },
      },
    ],
  },
  "the state holds a deployment that is to be deleted, and two runs read it in another order": {
    ...plain,
    host: "plugin",
    slots: 8,
    resources: [plainResource],
    runs: [
      plainRun,
      {
        ...plainRun,
        operationEnds: [{ operation: "destroy", nth: 1, result: "fail" }],
        replaces: [0],
      },
      {
        ...plainRun,
        replaces: [0],
        faults: [{ on: "listDeployments", nth: 0, times: 1, kind: "errorBefore", variant: 1 }],
        end: { kind: "killAtRequest", on: "create", nth: 0, when: "after" },
      },
    ],
  },
  "an error hook repeats a create that Ctrl-C has ended": {
    ...plain,
    host: "plugin",
    resources: [{ ...plainResource, repeats: 1 }],
    runs: [{ ...plainRun, end: { kind: "cancel", afterMs: 1_000 } }],
  },
  "a run with another configuration is killed in a forced replacement, and repeated": {
    ...plain,
    host: "plugin",
    resources: [plainResource],
    runs: [
      plainRun,
      { ...plainRun, replaces: [0] },
      {
        ...plainRun,
        edits: [{ kind: "adoptLeftover", resource: 0, value: "not" }],
        replaces: [0],
        end: { kind: "killAtRequest", on: "create", nth: 0, when: "after" },
      },
    ],
  },
  "the deployment that a killed run was replacing is destroyed by others": {
    ...plain,
    resources: [plainResource],
    runs: [
      plainRun,
      {
        ...plainRun,
        edits: [{ kind: "appType", resource: 0 }],
        end: { kind: "killAtRequest", on: "create", nth: 0, when: "after" },
      },
      { ...plainRun, interference: [{ kind: "destroy", resource: 0 }], refreshes: true },
    ],
  },
  "a run with another configuration is killed in a create after its refresh has found the deployment gone": {
    ...plain,
    host: "dynamic",
    resources: [plainResource],
    runs: [
      plainRun,
      {
        ...plainRun,
        edits: [{ kind: "adoptLeftover", resource: 0, value: "not" }],
        interference: [{ kind: "destroy", resource: 0 }],
        refreshes: true,
        end: { kind: "killAtRequest", on: "create", nth: 0, when: "after" },
      },
    ],
  },
  "a destroy waits for a create that hangs until its timeout is over": {
    ...plain,
    resources: [{ ...plainResource, createTimeout: 8 }],
    runs: [
      { ...plainRun, operationEnds: [{ operation: "create", nth: 1, result: "hang" }] },
      { ...plainRun, command: "destroy" },
    ],
  },
  "the destroy of a replaced deployment hangs, whose name two resources have": {
    ...plain,
    host: "dynamic",
    resources: [
      { ...plainResource, name: "web" },
      { ...plainResource, name: "web" },
    ],
    runs: [plainRun, { ...plainRun, replaces: [0], operationEnds: [{ operation: "destroy", nth: 1, result: "hang" }] }],
  },
  "a destroy that no operation names is canceled on the platform": {
    ...plain,
    dialect: { ...usualDialect, deleteResponse: "operation", operation: "flat" },
    resources: [plainResource],
    runs: [
      plainRun,
      { ...plainRun, command: "destroy", operationEnds: [{ operation: "destroy", nth: 1, result: "cancel" }] },
    ],
  },
  "a page of the list is empty once when the next run searches for what a killed one has created": {
    ...plain,
    dialect: { ...usualDialect, order: "oldestFirst", maxPerPage: 2 },
    resources: [plainResource, plainResource, plainResource],
    runs: [
      { ...plainRun, end: { kind: "killAtRequest", on: "create", nth: 2, when: "after" } },
      { ...plainRun, faults: [{ on: "listDeployments", nth: 2, times: 1, kind: "emptyPage", variant: 0 }] },
    ],
  },
  "a create with a short timeout comes first after the key was changed and two runs were killed": {
    ...plain,
    host: "plugin",
    refreshBeforeUpdate: false,
    resources: [{ ...plainResource, createTimeout: 8 }],
    runs: [
      { ...plainRun, end: { kind: "kill", event: 0 } },
      { ...plainRun, edits: [{ kind: "rotateKey" }], refreshes: true, end: { kind: "kill", event: 0 } },
    ],
  },
  "the replacement of a renamed deployment is killed, and the user adopts it more than a day later": {
    ...plain,
    host: "plugin",
    resources: [plainResource],
    runs: [
      plainRun,
      {
        ...plainRun,
        interference: [{ kind: "rename", resource: 0 }],
        replaces: [0],
        end: { kind: "killAtRequest", on: "create", nth: 0, when: "after" },
      },
      { ...plainRun, replaces: [0] },
    ],
  },
  "the response to the create of a replacement is lost before Ctrl-C, and someone renames the deployment that it replaces":
    {
      ...plain,
      host: "plugin",
      resources: [plainResource],
      runs: [plainRun, lostReplacement({ nth: 2, times: 1 })],
    },
  "the response to the create of a replacement is lost before Ctrl-C, and someone renames the deployment before a refresh":
    {
      ...plain,
      refreshBeforeUpdate: false,
      resources: [plainResource],
      runs: [plainRun, lostReplacement({ nth: 1, times: 12 }), { ...plainRun, refreshes: true }],
    },
  "a destroy fails while its operation cannot be read until the timeout is over": {
    ...plain,
    operationMs: 40_000,
    resources: [{ ...plainResource, deleteTimeout: 60 }],
    runs: [
      plainRun,
      {
        ...plainRun,
        command: "destroy",
        operationEnds: [{ operation: "destroy", result: "fail", nth: 1 }],
        faults: [
          { on: "listOperations", nth: 1, times: 12, kind: "refused", variant: 0 },
          { on: "getOperation", nth: 0, times: 12, kind: "refused", variant: 0 },
        ],
      },
    ],
  },
  "a create follows a read that has failed, with the key of another organization": {
    ...plain,
    host: "plugin",
    resources: [plainResource, plainResource],
    runs: [
      { ...plainRun, edits: [{ kind: "remove", resource: 1 }] },
      {
        ...plainRun,
        edits: [{ kind: "organization" }, { kind: "restore", resource: 1 }],
        faults: [{ on: "getDeployment", nth: 0, times: 1, kind: "refused", variant: 0 }],
      },
    ],
  },
  "the create of a new resource fails that has the earlier name of one which was renamed with an alias": {
    ...plain,
    resources: [plainResource],
    runs: [
      plainRun,
      { ...plainRun, edits: [{ kind: "alias", resource: 0 }] },
      {
        ...plainRun,
        edits: [{ kind: "reuseName", resource: 0 }],
        operationEnds: [{ operation: "create", nth: 1, result: "fail" }],
      },
    ],
  },
  "the delete of a removed resource takes long, and another one has the same chosen name": {
    ...plain,
    operationMs: 15_000,
    resources: [
      { ...plainResource, name: "web", deleteTimeout: 8 },
      { ...plainResource, name: "web" },
    ],
    runs: [plainRun, { ...plainRun, edits: [{ kind: "remove", resource: 0 }] }],
  },
  "a deployment is imported for a second resource in a run with another key, and the first one is deleted before its replacement":
    {
      ...plain,
      host: "plugin",
      resources: [
        { ...plainResource, deletesBeforeReplace: true },
        { ...plainResource, name: "web", ignoresName: true, createTimeout: 8, repeats: 1 },
      ],
      runs: [
        {
          ...plainRun,
          operationEnds: [{ operation: "create", result: "fail", nth: 1 }],
          refreshes: true,
          faults: [{ on: "create", nth: 0, times: 1, kind: "refused", variant: 0 }],
          end: { kind: "cancel", afterMs: 644 },
        },
        {
          ...plainRun,
          edits: [{ kind: "rotateKey" }, { kind: "import", resource: 1, value: "held" }],
          meanwhile: [{ kind: "destroy", resource: 0, afterMs: 359 }],
          replaces: [0],
          end: { kind: "kill", event: 12 },
        },
      ],
    },
  "the state has one deployment for two resources, and one of them is deleted before its replacement": {
    ...plain,
    host: "plugin",
    refreshBeforeUpdate: false,
    resources: [
      { ...plainResource, appType: "superset", name: "web", ignoresName: true, deletesBeforeReplace: true },
      { ...plainResource, appType: "superset", name: "web" },
    ],
    runs: [
      plainRun,
      {
        ...plainRun,
        edits: [
          { kind: "import", resource: 0, value: "held" },
          { kind: "appType", resource: 0 },
        ],
        replaces: [0],
      },
    ],
  },
};
