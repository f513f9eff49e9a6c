import type { FaultCase, Scene } from "../case";
import { type AnswerFault, acceptedFaults, bodyFaults, networkFaults, statusFaults } from "./answers";
import { callNames, casesFor } from "./calls";
import { allUp, run } from "./commands";
import { interferences, meanwhile } from "./creates";

/** Those that stand for their kind; all of them strike creates and destroys elsewhere. */
const some: readonly AnswerFault[] = [
  ...networkFaults.slice(0, 2),
  ...statusFaults.filter(({ fault }) => /^500|^429 with Retry-After in|^40[13]|redirect.*307/.test(fault)),
  ...bodyFaults.slice(0, 1),
];

const atCreate: readonly FaultCase[] = [
  ...casesFor("create", [...some, ...acceptedFaults.slice(0, 1)]),
  meanwhile(
    "create",
    "somebody renames the new one at once",
    { change: "rename", name: "somebody-elses-idea" },
    "after",
  ),
  meanwhile("create", "somebody has destroyed the new one at once", { change: "destroyNow" }, "after"),
  {
    fault: "the create fails",
    call: callNames.operation,
    outcomes: [{ result: "fail", match: { operation: "create" } }],
  },
  {
    fault: "the create is canceled",
    call: callNames.operation,
    outcomes: [{ result: "cancel", match: { operation: "create" } }],
  },
];

const atDestroy: readonly FaultCase[] = [
  ...casesFor("destroy", some),
  ...interferences("destroy"),
  {
    fault: "the destroy fails",
    call: callNames.operation,
    outcomes: [{ result: "fail", match: { operation: "destroy" } }],
  },
  {
    fault: "the destroy is canceled",
    call: callNames.operation,
    outcomes: [{ result: "cancel", match: { operation: "destroy" } }],
  },
];

const destroyFails = ({ fault }: FaultCase) => /^40|redirect|the destroy (fails|is canceled)/.test(fault);

/** Apart, as a create that fails keeps the engine from destroying what was replaced. */
export const replaceScenes: readonly Scene[] = [
  { id: "replace-creates", order: "the new one first", declaration: {}, cases: atCreate },
  { id: "replace-destroys", order: "the new one first", declaration: {}, cases: atDestroy },
  {
    id: "replace-creates-last",
    order: "the old one first",
    declaration: { deleteBeforeReplace: true },
    cases: atCreate,
  },
  {
    id: "replace-destroys-first",
    order: "the old one first",
    declaration: { deleteBeforeReplace: true },
    cases: atDestroy.filter((each) => !destroyFails(each)),
  },
  ...atDestroy.filter(destroyFails).map((each, index) => ({
    id: `replace-destroy-fails-${index + 1}`,
    order: "the old one first",
    declaration: { deleteBeforeReplace: true },
    cases: [each],
    // Told to continue, the engine (3.259.0) waits for ever for what such a failed destroy was to make room for.
    run: run.replaceOrStop,
  })),
].map(({ order, ...scene }) => ({
  command: `up, replacing, ${order}`,
  prepare: allUp,
  run: run.replace,
  ...scene,
}));
