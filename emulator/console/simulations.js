/** @import { ConsoleDeployment } from "../src/console/view" */
import { quoted } from "./text.js";

/**
 * A change to a deployment outside Pulumi.
 *
 * @typedef {object} Simulation
 * @property {"destroy" | "destroyNow" | "markFailed" | "rename" | "vanish" | "finishOperation" | "failOperation" | "cancelOperation"} change
 * @property {string} label
 * @property {boolean} [isDestructive] Deletes the deployment.
 * @property {(deployment: ConsoleDeployment) => string | undefined} unavailableReason Why it has no effect, if it has none.
 * @property {(former: string, name: string) => string} done What to report on success.
 */

const needsOperation = (/** @type {ConsoleDeployment} */ { name, phase }) =>
  phase === null ? `${quoted(name)} has no operation in progress` : undefined;

/** @type {readonly Simulation[]} */
export const simulations = [
  {
    change: "rename",
    label: "Rename…",
    unavailableReason: () => undefined,
    done: (former, name) => `Renamed ${quoted(former)} to ${quoted(name)}`,
  },
  {
    change: "markFailed",
    label: "Mark as failed",
    unavailableReason: ({ name, status }) => (status === "failed" ? `${quoted(name)} has already failed` : undefined),
    done: (name) => `Marked ${quoted(name)} as failed`,
  },
  {
    change: "finishOperation",
    label: "Complete its operation",
    unavailableReason: needsOperation,
    done: (name) => `Completed the operation of ${quoted(name)}`,
  },
  {
    change: "failOperation",
    label: "Fail its operation",
    unavailableReason: needsOperation,
    done: (name) => `Failed the operation of ${quoted(name)}`,
  },
  {
    change: "cancelOperation",
    label: "Cancel its operation",
    unavailableReason: needsOperation,
    done: (name) => `Canceled the operation of ${quoted(name)}`,
  },
  {
    change: "destroy",
    label: "Destroy",
    isDestructive: true,
    unavailableReason: ({ name, status }) =>
      status === "destroying" ? `${quoted(name)} is already being destroyed` : undefined,
    done: (name) => `Started to destroy ${quoted(name)}`,
  },
  {
    change: "destroyNow",
    label: "Destroy immediately",
    isDestructive: true,
    unavailableReason: () => undefined,
    done: (name) => `Destroyed ${quoted(name)}`,
  },
  {
    change: "vanish",
    label: "Remove without a destroy",
    isDestructive: true,
    unavailableReason: () => undefined,
    done: (name) => `Removed ${quoted(name)} without a destroy`,
  },
];
