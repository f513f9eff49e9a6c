import { dynamicHost as dynamicDoor, pluginHost as pluginDoor } from "../../../scripts/engine/hosts";
import type { FaultCase, Scene } from "../case";
import type { FaultWorld } from "../fault-world";
import { bodyFaults, deploymentFaults, listBodyFaults, networkFaults, statusFaults } from "./answers";
import { callNames, calls, casesFor, lastingCasesFor } from "./calls";
import { allUp, run } from "./commands";
import { interferences } from "./creates";

const lasting = [
  ...networkFaults.slice(0, 2),
  ...statusFaults.filter(({ fault }) => /^(500|40[138])$|^40[13]|redirect.*302/.test(fault)),
  ...bodyFaults.slice(0, 8),
  ...deploymentFaults,
];

/** A list that lags behind, or breaks: only the dynamic resource goes by it. */
const staleLists: readonly FaultCase[] = [
  ...networkFaults.slice(0, 2),
  ...statusFaults.slice(0, 1),
  ...bodyFaults.slice(0, 1),
  ...listBodyFaults,
].map(({ fault, rule }) => ({
  fault,
  call: callNames.list,
  doors: [dynamicDoor],
  everywhere: true,
  rules: [{ ...rule, match: { ...calls.list } }],
}));

const idsOf = (world: FaultWorld) => world.control.state().deployments.map(({ id }) => id);

/** Nothing has changed, so nothing may be replaced. */
async function upInPlace(world: FaultWorld): Promise<void> {
  const before = idsOf(world);
  await run.up(world);
  const after = idsOf(world);
  if (before.join() !== after.join()) throw new Error(`replaced without a reason: ${before.join()} → ${after.join()}`);
}

/** Looking at what is there must never lose it. */
export const refreshScenes: readonly Scene[] = [
  ...staleLists.map(
    (each, index): Scene => ({
      id: `stale-list-${index + 1}`,
      command: "up, with nothing to do",
      prepare: allUp,
      run: upInPlace,
      doors: [dynamicDoor],
      cases: [each],
    }),
  ),
  {
    id: "refresh-long",
    withoutDeploymentsList: "from the start",
    command: "refresh",
    prepare: allUp,
    run: run.refresh,
    cases: lastingCasesFor("deployment", lasting),
  },
  {
    id: "refresh-answers",
    withoutDeploymentsList: "from the start",
    command: "refresh",
    prepare: allUp,
    run: run.refresh,
    cases: [
      ...casesFor("deployment", [...networkFaults, ...statusFaults, ...bodyFaults, ...deploymentFaults]),
      ...interferences("deployment"),
    ],
  },
  {
    id: "preview",
    withoutDeploymentsList: "from the start",
    command: "preview",
    prepare: allUp,
    run: run.preview,
    cases: [
      ...casesFor("deployment", [...networkFaults.slice(0, 2), ...bodyFaults.slice(0, 2)], { doors: [pluginDoor] }),
      ...casesFor("deployment", statusFaults, { doors: [pluginDoor] }),
      // Another door need not look in a preview; what changes behind its back is found by the up.
      ...interferences("deployment").map((each) => ({ ...each, mayMiss: true })),
    ],
  },
];
