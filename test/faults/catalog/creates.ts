import type { DeploymentChange } from "../../../emulator/src/faults/rules";
import type { FaultCase, Scene } from "../case";
import { acceptedFaults, bodyFaults, deploymentFaults, networkFaults, operationFaults, statusFaults } from "./answers";
import { callNames, calls, casesFor, lastingCasesFor } from "./calls";
import { run } from "./commands";

const command = "up, creating";

/** Somebody does this to the deployment while it is asked for at this call. */
export function meanwhile(
  call: "create" | "operation" | "deployment" | "destroy",
  fault: string,
  change: DeploymentChange,
  when: "before" | "after" = "before",
): FaultCase {
  return {
    fault,
    call: callNames[call],
    rules: [{ when, match: { ...calls[call] }, changes: [{ ...change, deployment: "@request" }] }],
  };
}

/** What others do to a deployment, whatever is going on with it. */
export const interferences = (call: "operation" | "deployment" | "destroy"): FaultCase[] => [
  meanwhile(call, "somebody begins to destroy it", { change: "destroy" }),
  meanwhile(call, "somebody has destroyed it", { change: "destroyNow" }),
  meanwhile(call, "it vanishes without a trace", { change: "vanish" }),
  meanwhile(call, "somebody renames it", { change: "rename", name: "somebody-elses-idea" }),
  meanwhile(call, "it breaks down", { change: "markFailed" }),
];

/** Its operation goes wrong while it is looked at. */
export const operationTroubles: readonly FaultCase[] = [
  meanwhile("operation", "the operation fails", { change: "failOperation", code: "QUOTA", message: "No room" }),
  meanwhile("operation", "the operation is canceled", { change: "cancelOperation" }),
  meanwhile("operation", "the operation vanishes (404), the work goes on", { change: "vanishOperation" }),
  meanwhile("operation", "the operation ends all at once", { change: "finishOperation" }),
];

const shortWait = { declaration: { timeouts: { create: "4s", update: "30s" } } };
const hang = [{ fault: "hangs past every deadline", rule: { action: { type: "hang" } } }] as const;
const hangAfter = [
  { fault: "hangs past every deadline, though the platform acted", rule: { when: "after", action: { type: "hang" } } },
] as const;

export const createScenes: readonly Scene[] = [
  {
    id: "create-long",
    withoutOperationsList: true,
    command,
    run: run.up,
    cases: [
      ...casesFor("create", [...hang, ...hangAfter]),
      ...casesFor("operation", hang),
      ...lastingCasesFor("create", [...networkFaults.slice(0, 2), ...statusFaults.slice(0, 2)]),
      ...lastingCasesFor("create", bodyFaults.slice(0, 1)),
      ...lastingCasesFor("create", acceptedFaults.slice(0, 1)),
      ...lastingCasesFor(
        "create",
        statusFaults.filter(({ fault }) => /^40[13]|redirect.*307/.test(fault)),
      ),
      ...lastingCasesFor("operation", hang, shortWait),
      ...lastingCasesFor(
        "operation",
        [...networkFaults.slice(1, 2), ...statusFaults.slice(0, 1), ...bodyFaults.slice(0, 1), ...operationFaults],
        shortWait,
      ),
      ...lastingCasesFor(
        "operation",
        statusFaults.filter(({ fault }) => /^40[13]/.test(fault)),
        shortWait,
      ),
    ],
  },
  {
    // Of its own: what one request is told of the rate limit holds back all of the process.
    id: "create-limited",
    withoutOperationsList: true,
    command,
    run: run.up,
    cases: [
      {
        fault: "429 without Retry-After, all along",
        call: callNames.operation,
        rules: [
          {
            match: { ...calls.operation, times: "always" },
            action: { type: "answer", status: 429, message: "Rate limit exceeded" },
          },
        ],
        ...shortWait,
      },
    ],
  },
  {
    id: "create-long-reads",
    withoutDeploymentsList: "from the first create",
    command,
    run: run.up,
    cases: [
      ...casesFor("deployment", hang),
      ...lastingCasesFor(
        "deployment",
        [...networkFaults.slice(1, 2), ...statusFaults.slice(0, 1), ...bodyFaults.slice(0, 1), ...deploymentFaults],
        shortWait,
      ),
      ...lastingCasesFor(
        "deployment",
        statusFaults.filter(({ fault }) => /^40[13]/.test(fault)),
        shortWait,
      ),
    ],
  },
  { id: "create-answers", command, run: run.up, cases: casesFor("create", [...networkFaults, ...statusFaults]) },
  {
    id: "create-bodies",
    command,
    run: run.up,
    isFast: true,
    cases: casesFor("create", [...bodyFaults, ...acceptedFaults]),
  },
  {
    id: "create-polls",
    withoutOperationsList: true,
    command,
    run: run.up,
    succeeds: true,
    cases: casesFor("operation", [...networkFaults, ...statusFaults, ...bodyFaults, ...operationFaults]),
  },
  {
    id: "create-reads",
    withoutDeploymentsList: "from the first create",
    command,
    run: run.up,
    succeeds: true,
    cases: casesFor("deployment", [
      ...networkFaults,
      ...statusFaults,
      ...bodyFaults,
      ...deploymentFaults,
      { fault: "404 once", rule: { action: { type: "answer", status: 404 } } },
    ]),
  },
  {
    id: "create-operations",
    withoutOperationsList: true,
    withoutDeploymentsList: "from the first create",
    command,
    run: run.up,
    speed: 100,
    isFast: true,
    cases: [
      ...operationTroubles,
      ...interferences("operation"),
      ...interferences("deployment"),
      meanwhile("create", "somebody renames it at once", { change: "rename", name: "somebody-elses-idea" }, "after"),
      meanwhile("create", "somebody begins to destroy it at once", { change: "destroy" }, "after"),
      meanwhile("create", "somebody has destroyed it at once", { change: "destroyNow" }, "after"),
      meanwhile("create", "it vanishes at once", { change: "vanish" }, "after"),
      ...(["queued", "initialization", "subdomain_configuration"] as const).map((phase) => ({
        fault: `the operation fails in phase ${phase}`,
        call: callNames.operation,
        outcomes: [{ result: "fail", phase, match: { operation: "create" } } as const],
      })),
      {
        fault: "the operation fails, though the deployment becomes ready",
        call: callNames.operation,
        mayDestroy: true,
        outcomes: [{ result: "fail", deployment: "ready", match: { operation: "create" } }],
      },
      {
        fault: "the operation succeeds, though the deployment is failed",
        call: callNames.operation,
        outcomes: [{ result: "succeed", deployment: "failed", match: { operation: "create" } }],
      },
      {
        fault: "the operation succeeds, though the deployment is gone",
        call: callNames.operation,
        outcomes: [{ result: "succeed", deployment: "gone", match: { operation: "create" } }],
      },
      {
        fault: "the operation succeeds, though the deployment is being destroyed",
        call: callNames.operation,
        outcomes: [{ result: "succeed", deployment: "destroying", match: { operation: "create" } }],
        afterwards: { change: "vanish" },
      },
      {
        fault: "the operation does not end before somebody cancels it",
        call: callNames.operation,
        outcomes: [{ result: "hang", match: { operation: "create" } }],
        declaration: { timeouts: { create: "6s", update: "30s" } },
        afterwards: { change: "cancelOperation" },
      },
      {
        fault: "the operation does not end before the run does",
        call: callNames.operation,
        outcomes: [{ result: "hang", match: { operation: "create" } }],
        declaration: { timeouts: { create: "6s", update: "30s" } },
        afterwards: { change: "finishOperation" },
      },
    ],
  },
];
