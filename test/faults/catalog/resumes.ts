import { dynamicHost as dynamicDoor, pluginHost as pluginDoor } from "../../../scripts/engine/hosts";
import type { FaultCase, Scene } from "../case";
import type { FaultWorld } from "../fault-world";
import {
  type AnswerFault,
  bodyFaults,
  deploymentFaults,
  networkFaults,
  operationFaults,
  statusFaults,
} from "./answers";
import { callNames, casesFor } from "./calls";
import { allUp, run } from "./commands";
import { interferences, operationTroubles } from "./creates";

const some: readonly AnswerFault[] = [
  ...networkFaults.slice(0, 6),
  ...statusFaults.filter(({ fault }) =>
    /^(500|three times 500|429 with Retry-After in|40[13])|502|redirect.*307/.test(fault),
  ),
  ...bodyFaults.slice(0, 8),
];

/** The plugin's first look at the deployment is the refresh that goes before. */
const atDeployment = (faults: readonly AnswerFault[]): FaultCase[] => [
  ...casesFor("deployment", faults, { doors: [dynamicDoor] }),
  ...casesFor("deployment", faults, { doors: [pluginDoor] }, 2),
];

/** What the platform has begun comes no further before its deadline. */
async function stall(world: FaultWorld, command: (world: FaultWorld) => Promise<unknown>): Promise<void> {
  await world.control.clock.pause();
  await command(world);
  await world.control.clock.resume();
}

export const resumeScenes: readonly Scene[] = [
  {
    id: "resume-create",
    command: "up, resuming a create",
    withoutOperationsList: true,
    withoutDeploymentsList: "from the start",
    speed: 60,
    declaration: { timeouts: { create: "4s", update: "60s" } },
    prepare: (world) => stall(world, run.up),
    run: run.up,
    cases: [
      ...casesFor("operation", [...some, ...operationFaults]),
      ...atDeployment([...some, ...deploymentFaults]),
      ...operationTroubles,
      ...interferences("operation"),
    ],
  },
  {
    id: "abandoned-create",
    command: "destroy, while a create is unfinished",
    withoutOperationsList: true,
    withoutDeploymentsList: "from the start",
    speed: 60,
    declaration: { timeouts: { create: "2s" } },
    prepare: (world) => stall(world, run.up),
    run: run.destroy,
    cases: [
      { fault: "nothing goes wrong", call: callNames.destroy },
      ...casesFor("operation", [...networkFaults.slice(0, 2), ...statusFaults.slice(0, 1), ...operationFaults]),
      ...operationTroubles,
      ...interferences("operation"),
    ],
  },
  {
    id: "resume-destroy",
    command: "destroy, going on with a destroy",
    withoutOperationsList: true,
    speed: 60,
    declaration: { timeouts: { delete: "2s" } },
    prepare: async (world) => {
      await allUp(world);
      await stall(world, run.destroy);
    },
    run: run.destroy,
    cases: [
      ...casesFor("destroy", some, { mayMiss: true }),
      ...casesFor("operation", [...some, ...operationFaults], { mayMiss: true }),
    ],
  },
];
