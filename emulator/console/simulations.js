/** @import { ConsoleDeployment } from "../src/console/view" */
import { quoted } from "./text.js";

/**
 * What someone else can do to a deployment, outside Pulumi.
 *
 * @typedef {object} Simulation
 * @property {"destroy" | "destroyNow" | "markFailed" | "rename" | "vanish" | "finishOperation" | "failOperation" | "cancelOperation"} change
 * @property {string} label
 * @property {boolean} [isDestructive] The deployment is gone afterwards.
 * @property {(deployment: ConsoleDeployment) => string | undefined} unavailableReason Why it has no effect now, if so.
 * @property {(former: string, name: string) => string} done What to report afterwards.
 */

const needsOperation = (/** @type {ConsoleDeployment} */ { name, phase }) =>
  phase === null ? `No operation of ${quoted(name)} is running` : undefined;

/** @type {readonly Simulation[]} */
export const simulations = [
  {
    change: "rename",
    label: "Rename…",
    unavailableReason: () => undefined,
    done: (former, name) => `${quoted(former)} is now called ${quoted(name)}`,
  },
  {
    change: "markFailed",
    label: "Mark as failed",
    unavailableReason: ({ name, status }) => (status === "failed" ? `${quoted(name)} has failed already` : undefined),
    done: (name) => `${quoted(name)} has failed`,
  },
  {
    change: "finishOperation",
    label: "Finish its operation",
    unavailableReason: needsOperation,
    done: (name) => `The operation of ${quoted(name)} has succeeded`,
  },
  {
    change: "failOperation",
    label: "Fail its operation",
    unavailableReason: needsOperation,
    done: (name) => `The operation of ${quoted(name)} has failed`,
  },
  {
    change: "cancelOperation",
    label: "Cancel its operation",
    unavailableReason: needsOperation,
    done: (name) => `The operation of ${quoted(name)} is canceled`,
  },
  {
    change: "destroy",
    label: "Destroy",
    isDestructive: true,
    unavailableReason: ({ name, status }) =>
      status === "destroying" ? `${quoted(name)} is being destroyed already` : undefined,
    done: (name) => `${quoted(name)} is being destroyed`,
  },
  {
    change: "destroyNow",
    label: "Destroy immediately",
    isDestructive: true,
    unavailableReason: () => undefined,
    done: (name) => `${quoted(name)} is destroyed`,
  },
  {
    change: "vanish",
    label: "Remove without a trace",
    isDestructive: true,
    unavailableReason: () => undefined,
    done: (name) => `${quoted(name)} is removed, and no destroy is listed`,
  },
];
