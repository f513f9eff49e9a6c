import { pluginDoor } from "../../support/doors";
import type { Scene } from "../case";
import { bodyFaults, deploymentFaults, networkFaults, statusFaults } from "./answers";
import { casesFor, lastingCasesFor } from "./calls";
import { allUp, run } from "./commands";
import { interferences } from "./creates";

const lasting = [
  ...networkFaults.slice(0, 2),
  ...statusFaults.filter(({ fault }) => /^(500|40[138])$|^40[13]|redirect.*302/.test(fault)),
  ...bodyFaults.slice(0, 8),
  ...deploymentFaults,
];

/** Looking at what is there must never lose it. */
export const refreshScenes: readonly Scene[] = [
  {
    id: "refresh-long",
    command: "refresh",
    prepare: allUp,
    run: run.refresh,
    cases: lastingCasesFor("deployment", lasting),
  },
  {
    id: "refresh-answers",
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
