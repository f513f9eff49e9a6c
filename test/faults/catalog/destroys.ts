import { dynamicHost as dynamicDoor, pluginHost as pluginDoor } from "../../../scripts/engine/hosts";
import type { FaultCase, Scene } from "../case";
import {
  type AnswerFault,
  bodyFaults,
  deploymentFaults,
  networkFaults,
  operationFaults,
  statusFaults,
} from "./answers";
import { callNames, casesFor, lastingCasesFor } from "./calls";
import { allUp, run } from "./commands";
import { interferences, operationTroubles } from "./creates";

const command = "destroy";
const shortWait = { declaration: { timeouts: { delete: "8s" } } };

const destroyOutcomes: readonly FaultCase[] = [
  ...(["queued", "revoking_access", "tearing_down_infra"] as const).map((phase) => ({
    fault: `the operation fails in phase ${phase}`,
    call: callNames.operation,
    outcomes: [{ result: "fail", phase, match: { operation: "destroy" } } as const],
  })),
  {
    fault: "the operation is canceled",
    call: callNames.operation,
    outcomes: [{ result: "cancel", match: { operation: "destroy" } }],
  },
  {
    fault: "the operation vanishes (404), the work goes on",
    call: callNames.operation,
    outcomes: [{ result: "vanish", match: { operation: "destroy" } }],
  },
  {
    fault: "the operation fails, though the deployment is gone",
    call: callNames.operation,
    outcomes: [{ result: "fail", deployment: "gone", match: { operation: "destroy" } }],
  },
  {
    fault: "the operation does not end before the run does",
    call: callNames.operation,
    outcomes: [{ result: "hang", match: { operation: "destroy" } }],
    afterwards: { change: "finishOperation" },
    ...shortWait,
  },
  {
    fault: "the operation does not end before somebody cancels it",
    call: callNames.operation,
    outcomes: [{ result: "hang", match: { operation: "destroy" } }],
    afterwards: { change: "cancelOperation" },
    ...shortWait,
  },
];

/**
 * Looks at the deployment itself only come where the operation cannot be followed; the plugin's first one is the refresh
 * that goes before.
 */
const withoutOperation = (faults: readonly AnswerFault[]): FaultCase[] =>
  [
    ...casesFor("deployment", faults, { doors: [dynamicDoor] }),
    ...casesFor("deployment", faults, { doors: [pluginDoor] }, 2),
  ].map((each) => ({
    ...each,
    outcomes: [{ result: "vanish", phase: "queued", match: { operation: "destroy" } }],
  }));

const noOperationId: AnswerFault = {
  fault: "no `operation_id`, no links",
  rule: { action: { type: "alter", remove: ["data.operation_id", "data.links"] } },
};

export const destroyScenes: readonly Scene[] = [
  {
    id: "destroy-long",
    withoutOperationsList: true,
    command,
    prepare: allUp,
    run: run.destroy,
    cases: [
      ...casesFor("destroy", [
        { fault: "hangs past every deadline", rule: { action: { type: "hang" } } },
        {
          fault: "hangs past every deadline, though the platform acted",
          rule: { when: "after", action: { type: "hang" } },
        },
      ]),
      ...lastingCasesFor("destroy", [
        ...networkFaults.slice(0, 2),
        ...statusFaults.filter(({ fault }) => /^500|^40[13]|redirect.*307/.test(fault)),
        ...bodyFaults.slice(0, 7),
        noOperationId,
      ]),
      ...lastingCasesFor(
        "operation",
        [
          { fault: "hangs past every deadline", rule: { action: { type: "hang" } } },
          ...networkFaults.slice(0, 1),
          ...statusFaults.filter(({ fault }) => /^500$|^40[13]/.test(fault)),
          ...bodyFaults.slice(0, 2),
          ...operationFaults,
        ],
        shortWait,
      ),
    ],
  },
  {
    id: "destroy-answers",
    command,
    prepare: allUp,
    run: run.destroy,
    cases: [...casesFor("destroy", statusFaults)],
  },
  {
    id: "destroy-meanwhile",
    command,
    prepare: allUp,
    run: run.destroy,
    succeeds: true,
    cases: [...casesFor("destroy", [...networkFaults, ...bodyFaults, noOperationId]), ...interferences("destroy")],
  },
  {
    id: "destroy-polls",
    withoutOperationsList: true,
    command,
    prepare: allUp,
    run: run.destroy,
    isFast: true,
    speed: 200,
    cases: [
      ...casesFor("operation", [...networkFaults, ...operationFaults]),
      ...operationTroubles,
      ...interferences("operation"),
      ...destroyOutcomes,
    ],
  },
  {
    id: "destroy-reads",
    withoutOperationsList: true,
    withoutDeploymentsList: "from the start",
    command,
    prepare: allUp,
    run: run.destroy,
    speed: 200,
    cases: withoutOperation([...networkFaults, ...statusFaults, ...bodyFaults, ...deploymentFaults]),
  },
];
