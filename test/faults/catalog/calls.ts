import type { FaultMatch } from "../../../emulator/src/faults/rules";
import type { FaultCase } from "../case";
import type { AnswerFault } from "./answers";

/** The calls that faults strike. */
export const calls = {
  create: { method: "POST", path: "/deployments" },
  operation: { method: "GET", path: "/operations/*" },
  operations: { method: "GET", path: "/operations" },
  deployment: { method: "GET", path: { regex: "/deployments/[^/]+$" } },
  list: { method: "GET", path: "/deployments" },
  destroy: { method: "DELETE", path: { regex: "/deployments/[^/]+$" } },
} as const satisfies Record<string, FaultMatch>;

export type Call = keyof typeof calls;

export const callNames: Readonly<Record<Call, string>> = {
  create: "POST /deployments",
  operation: "GET /operations/{id}",
  operations: "GET /operations",
  deployment: "GET /deployments/{id}",
  list: "GET /deployments",
  destroy: "DELETE /deployments/{id}",
};

/** A case for each fault, striking this call; `nth` counts from 1. */
export function casesFor(
  call: Call,
  faults: readonly AnswerFault[],
  more: Partial<FaultCase> = {},
  nth = 1,
): FaultCase[] {
  return faults.map(({ fault, rule, times = 1 }) => ({
    fault,
    call: callNames[call],
    rules: [{ ...rule, match: { ...calls[call], nth, times } }],
    ...more,
  }));
}

/** A case in which the fault strikes for as long as the command lasts. */
export function lastingCasesFor(
  call: Call,
  faults: readonly AnswerFault[],
  more: Partial<FaultCase> = {},
): FaultCase[] {
  return faults.map(({ fault, rule }) => ({
    fault: `${fault}, all along`,
    call: callNames[call],
    rules: [{ ...rule, match: { ...calls[call], times: "always" } }],
    ...more,
  }));
}
