import * as z from "zod";
import { redactKeys } from "../api/redaction";
import { type CheckFailure, type CheckResult, RequestError, unknownValue, type Values } from "../resource-handler";
import { suggestion } from "../suggestion";
import { wordList } from "../word-list";
import { maxLogicalNameLength, maxNameLength } from "./name-lengths";
import { choiceOf, type DeploymentInputs, type InputName, inputNames, inputProperties } from "./properties";

const seconds = z
  .number({ error: (issue) => `expected a number of seconds, got ${describe(issue.input)}` })
  .positive({ error: "must be more than zero seconds" });

const timeouts = z
  .object(
    { create: seconds.optional(), update: seconds.optional(), delete: seconds.optional() },
    { error: ({ input }) => `expected an object, got ${describe(input)}` },
  )
  .optional();

const inputsSchema = z.object({
  ...(Object.fromEntries(inputNames.map((name) => [name, valueSchema(name)])) as Record<InputName, z.ZodType>),
  timeouts,
});

function valueSchema(name: InputName): z.ZodType {
  const property: { isRequired: boolean; values?: Readonly<Record<string, string>> } = inputProperties[name];
  const { isRequired, values } = property;
  if (values === undefined) {
    const hint = name === "name" ? "; omit it to get an automatic name" : "";
    const text = z
      .string({ error: ({ input }) => `expected a string, got ${describe(input)}` })
      .refine((value) => value.trim() !== "", { error: `must not be empty${hint}` })
      .max(maxNameLength, { error: `must not be longer than ${maxNameLength} characters` });
    return isRequired ? text : text.optional();
  }
  const allowed = Object.keys(values);
  const choice = choiceOf(allowed);
  const oneOf = z.enum(allowed, {
    error: ({ input }) =>
      input === undefined ? `is required: ${choice}` : `must be ${choice}, got ${describe(input)}`,
  });
  return isRequired ? oneOf : oneOf.optional();
}

/**
 * Checks the inputs that the user wrote, without any request. If the name is omitted, the one in `olds` stays; if
 * there is none, the name is automatic. (So if a name is removed from a program, the deployment keeps it and is not replaced.)
 */
export function checkInputs({
  olds,
  news,
  logicalName,
  autoName,
}: {
  readonly olds: Values;
  readonly news: Values;
  /** The resource's name in the program. */
  readonly logicalName: string;
  /** Returns an automatic name; undefined if it cannot be known yet. */
  readonly autoName: () => string | undefined;
}): CheckResult {
  const known: Record<string, unknown> = {};
  const unknowns: Record<string, unknown> = {};
  const failures: CheckFailure[] = [];
  for (const [key, value] of Object.entries(news)) {
    if (value === undefined || value === null) continue;
    if (!Object.hasOwn(inputsSchema.shape, key)) {
      const otherwise = `; it has ${wordList(inputNames, "and")}`;
      failures.push({
        property: key,
        reason: `is not a property of a deployment${suggestion(key, inputNames, otherwise)}`,
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

  const inputs = { ...known, ...unknowns };
  if ("name" in inputs) return { inputs, failures };
  const oldName = typeof olds["name"] === "string" && olds["name"] !== "" ? olds["name"] : undefined;
  if (oldName === undefined && logicalName.length > maxLogicalNameLength) {
    failures.push({
      property: "name",
      reason:
        `an automatic name needs a resource name of at most ${maxLogicalNameLength} characters: shorten the resource's name, or ` +
        "give the deployment a name",
    });
  }
  return { inputs: { ...inputs, name: oldName ?? autoName() ?? unknownValue }, failures };
}

/** The inputs of a create or an update. Throws `RequestError` if they are not what `checkInputs` returns. */
export function parseInputs(values: Values): DeploymentInputs {
  const unknown = inputNames.filter((name) => values[name] === unknownValue);
  if (unknown.length > 0) {
    throw new RequestError(`${wordList(unknown, "and")} of a deployment must be known before it is created`);
  }
  const { inputs, failures } = checkInputs({
    olds: {},
    news: { ...values, name: values["name"] ?? "" },
    logicalName: "",
    autoName: () => "",
  });
  if (failures.length > 0) {
    throw new RequestError(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
  }
  return inputs as unknown as DeploymentInputs;
}

function containsUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(containsUnknown);
}

function describe(value: unknown): string {
  if (typeof value === "string") return redactKeys(JSON.stringify(value));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "an array" : "an object";
}
