/** @import { ShownDeployment } from "../src/console/view" */

/**
 * What people can do to a deployment behind Pulumi's back.
 *
 * @typedef {object} Interference
 * @property {"destroy" | "destroyNow" | "markFailed" | "rename" | "vanish"} change
 * @property {string} label
 * @property {(deployment: ShownDeployment) => string | undefined} refusal Why it makes no sense at the moment, if so.
 * @property {(former: string, name: string) => string} done
 */

/** @type {readonly Interference[]} */
export const interferences = [
  {
    change: "destroy",
    label: "Destroy",
    refusal: ({ name, status }) => (status === "destroying" ? `“${name}” is being destroyed already` : undefined),
    done: (name) => `“${name}” is being destroyed`,
  },
  {
    change: "destroyNow",
    label: "Destroy at once",
    refusal: () => undefined,
    done: (name) => `“${name}” is destroyed`,
  },
  {
    change: "markFailed",
    label: "Break",
    refusal: ({ name, status }) => (status === "failed" ? `“${name}” has failed already` : undefined),
    done: (name) => `“${name}” has failed`,
  },
  {
    change: "rename",
    label: "Rename",
    refusal: () => undefined,
    done: (former, name) => `“${former}” is now called “${name}”`,
  },
  {
    change: "vanish",
    label: "Vanish",
    refusal: () => undefined,
    done: (name) => `“${name}” has vanished without a trace`,
  },
];
