import * as z from "zod";
import { suggestion } from "../suggestion";
import { type AppType, appTypes } from "./app-types";
import type { Timeouts } from "./timeouts";

/** Checked inputs: what the engine keeps in the state and passes to `create`. */
export interface DeploymentInputs {
  readonly appType: AppType;
  readonly name: string;
  /** Only what the user has set. */
  readonly timeouts?: Timeouts;
}

/** Stands for a value that is not known yet, in a preview. */
export const unknownValue: unique symbol = Symbol("unknown");

export interface CheckFailure {
  /** The property's path, as in `timeouts.create`. */
  readonly property: string;
  readonly reason: string;
}

export interface CheckResult {
  /** The inputs to go on with; in a preview, values may be `unknownValue`. Meaningless where there are failures. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Everything that is wrong, at once. */
  readonly failures: readonly CheckFailure[];
  /** The name that was made here, now, if one was: nobody can have chosen it before. */
  readonly newAutoName?: string;
}

const seconds = z
  .number({ error: (issue) => `expected a number of seconds, got ${describe(issue.input)}` })
  .positive({ error: "must be more than zero seconds" });

const inputsSchema = z.object({
  appType: z.enum(appTypes, {
    error: ({ input }) =>
      input === undefined
        ? 'is required: "airflow" or "superset"'
        : `must be "airflow" or "superset", got ${describe(input)}`,
  }),
  name: z
    .string({ error: ({ input }) => `expected a string, got ${describe(input)}` })
    .refine((name) => name.trim() !== "", { error: "must not be empty; leave it out to have one made" })
    .optional(),
  timeouts: z
    .object(
      { create: seconds.optional(), update: seconds.optional(), delete: seconds.optional() },
      { error: ({ input }) => `expected an object, got ${describe(input)}` },
    )
    .optional(),
});

/**
 * Checks what the user wrote, without any request. A name that is left out stays what it was in `olds`; where there is
 * none, one is made. (So a name that is taken out of a program
 * stays as it is: the deployment is not replaced for it.)
 */
export function checkInputs({
  olds,
  news,
  autoName,
}: {
  readonly olds: Readonly<Record<string, unknown>>;
  readonly news: Readonly<Record<string, unknown>>;
  /** Makes the name where there is none; undefined while it cannot be known yet. */
  readonly autoName: () => string | undefined;
}): CheckResult {
  const known: Record<string, unknown> = {};
  const unknowns: Record<string, unknown> = {};
  const failures: CheckFailure[] = [];
  for (const [key, value] of Object.entries(news)) {
    if (value === undefined || value === null) continue;
    if (!Object.hasOwn(inputsSchema.shape, key)) {
      const names = Object.keys(inputsSchema.shape).filter((name) => name !== "timeouts");
      const otherwise = `; it has ${names.join(" and ")}`;
      failures.push({
        property: key,
        reason: `is not a property of a deployment${suggestion(key, names, otherwise)}`,
      });
    } else if (containsUnknown(value)) {
      unknowns[key] = unknownValue;
    } else {
      known[key] = value;
    }
  }

  const parsed = inputsSchema.safeParse(known);
  for (const issue of parsed.error?.issues ?? []) {
    const [top] = issue.path;
    if (typeof top === "string" && top in unknowns) continue;
    failures.push({ property: issue.path.join("."), reason: issue.message });
  }

  if (known["name"] !== undefined || "name" in unknowns) return { inputs: { ...known, ...unknowns }, failures };
  if (typeof olds["name"] === "string" && olds["name"] !== "") {
    return { inputs: { ...known, ...unknowns, name: olds["name"] }, failures };
  }
  const newAutoName = autoName();
  if (newAutoName === undefined) return { inputs: { ...known, ...unknowns, name: unknownValue }, failures };
  return { inputs: { ...known, ...unknowns, name: newAutoName }, failures, newAutoName };
}

function containsUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(containsUnknown);
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "an array" : "an object";
}
