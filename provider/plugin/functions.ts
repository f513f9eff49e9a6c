/** The package's functions, by token: what a program can read from the platform without managing it. */

import type { OnveraClient } from "../api/client";
import { type CheckFailure, unknownValue } from "../resource-handler";
import { kindOf } from "./config";

type Args = Readonly<Record<string, string | undefined>>;
type Call = (client: OnveraClient, args: Args, options: { signal: AbortSignal }) => Promise<object>;

interface PluginFunction {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly call: Call;
}

export const functions: Readonly<Record<string, PluginFunction>> = {
  "onvera:index:getDeployment": {
    required: ["id"],
    optional: [],
    call: (client, { id = "" }, options) => client.getDeployment(id, options),
  },
  "onvera:index:getDeployments": {
    required: [],
    optional: [],
    call: async (client, _, options) => ({ deployments: await client.allDeployments(options) }),
  },
  "onvera:index:getOperation": {
    required: ["id"],
    optional: [],
    call: (client, { id = "" }, options) => client.getOperation(id, options),
  },
  "onvera:index:getOperations": {
    required: [],
    optional: ["status", "type", "resourceId"],
    call: async (client, filter, options) => ({ operations: await client.allOperations(filter, options) }),
  },
  "onvera:index:getEnvironments": {
    required: [],
    optional: [],
    call: async (client, _, options) => ({ environments: await client.listEnvironments(options) }),
  },
};

/** Everything that is wrong with a function's arguments. */
export function checkArgs(
  { required, optional }: PluginFunction,
  values: Readonly<Record<string, unknown>>,
): CheckFailure[] {
  const known = [...required, ...optional];
  const failures: CheckFailure[] = Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((property) => ({
      property,
      reason: `is not an argument; ${known.length === 0 ? "there are none" : `expected ${known.join(", ")}`}`,
    }));
  for (const property of known) {
    const value = values[property];
    if (value === undefined && optional.includes(property)) continue;
    if (typeof value === "string" && value !== "") continue;
    const reason =
      value === undefined
        ? "is required"
        : value === unknownValue
          ? "must be known, but is unknown in this preview"
          : `expected a non-empty string, got ${kindOf(value)}`;
    failures.push({ property, reason });
  }
  return failures;
}
