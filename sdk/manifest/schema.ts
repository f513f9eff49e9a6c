import * as z from "zod";
import { maxLogicalNameLength, maxNameLength } from "../../provider/deployment/name-lengths";
import {
  applications,
  appTypes,
  choiceOf,
  type DeclaredInputs,
  type InputName,
  inputNames,
  inputProperties,
} from "../../provider/deployment/properties";
import { defaultTimeoutsMs } from "../../provider/deployment/timeouts";
import { wordList } from "../../provider/word-list";

/*
 * The schema of a manifest, from which the JSON Schema for editors is generated. So it has only rules that JSON Schema can express;
 * `dependencies.ts` checks the others (`dependsOn` names other entries, without a circle). Validators in other languages compile the
 * patterns, too, so the patterns do not use classes such as \p or \d, which are unknown or different there.
 */

/** A part of the format of Pulumi's `customTimeouts` (Go's): hours, minutes, seconds, milliseconds, each at most once. */
const duration = z
  .string('expected a duration such as "30m"')
  .regex(
    /^(?=.*[1-9])([0-9]{1,6}(\.[0-9]{1,3})?h)?([0-9]{1,6}(\.[0-9]{1,3})?m)?([0-9]{1,6}(\.[0-9]{1,3})?s)?([0-9]{1,6}(\.[0-9]{1,3})?ms)?$/u,
    'expected a duration longer than zero, such as "45s", "30m" or "1h30m"',
  );

const timeouts = z
  .strictObject({
    create: duration.exactOptional().meta({
      description: `The timeout of a create. Default: ${defaultTimeoutsMs.create / 60_000}m.`,
      examples: ["30m", "1h30m"],
    }),
    delete: duration.exactOptional().meta({
      description: `The timeout of a delete. Default: ${defaultTimeoutsMs.delete / 60_000}m.`,
      examples: ["20m", "1h"],
    }),
  })
  .describe(
    'Timeouts as durations such as "45s", "30m" or "1h30m". After a timeout the run fails, but the operation continues on the ' +
      "platform, and the next run continues to wait for it.",
  );

const appType = z.enum(appTypes).describe("The application to run. Changing it replaces the deployment.");
const protect = z
  .boolean()
  .describe("Whether to prevent the deletion and replacement of the deployment. Default: false.");
const retainOnDelete = z
  .boolean()
  .describe("Whether the deployment keeps running on the platform after it is removed from Pulumi. Default: false.");

const shared = {
  appType: appType.optional(),
  timeouts: timeouts.optional(),
  protect: protect.optional(),
  retainOnDelete: retainOnDelete.optional(),
};

/** The resource's name in Pulumi: the last part of the URN, whose parts are separated by `::`. */
const logicalName = z
  .string()
  .regex(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: rejects control characters
    /^(?:(?!::)[^\u0000-\u001f\u007f-\u009f])+$(?!\n)/u,
    'a name must not be empty, and must not contain "::" or control characters',
  )
  .max(maxLogicalNameLength, `a key must not be longer than ${maxLogicalNameLength} characters`);

type InputSchemas = { readonly [K in InputName]: z.ZodOptional<z.ZodType<NonNullable<DeclaredInputs[K]>>> };

/** The inputs of a deployment in an entry of the manifest: each as its description says, except for those that a manifest completes. */
const inputs = {
  ...(Object.fromEntries(inputNames.map((name) => [name, inputSchema(name)])) as unknown as InputSchemas),
  appType: shared.appType.describe(
    "The application to run. Required unless `defaults` has one. Changing it replaces the deployment.",
  ),
  name: z
    .string()
    .regex(/\S/u, "a name must not be empty; omit it to get an automatic name")
    .max(maxNameLength, `a name must not be longer than ${maxNameLength} characters`)
    .optional()
    .describe(
      "The name on the platform. Default: the entry's key, a hyphen and random characters, which do not change afterwards. " +
        "Changing it replaces the deployment.",
    ),
};

function inputSchema(name: InputName) {
  const { description, values }: { description: string; values?: object } = inputProperties[name];
  const value = values === undefined ? z.string().regex(/\S/u, "must not be empty") : z.enum(Object.keys(values));
  return value.optional().describe(description);
}

const dependency = z.string().min(1, "the name of another entry must not be empty");

export const deploymentSchema = z
  .strictObject({
    ...shared,
    ...inputs,
    dependsOn: z
      .array(dependency)
      .optional()
      .describe("The keys of other entries, which are created before this one and deleted after it."),
  })
  .describe("One deployment. `{}` uses `defaults` only.");

export const manifestSchema = z
  .strictObject({
    defaults: z
      .strictObject(shared)
      .optional()
      .describe(
        "Values for each deployment that does not set them. The timeouts of create and delete apply separately.",
      ),
    deployments: z
      .record(logicalName, deploymentSchema)
      .describe(
        "The deployments by key. The key is the name in Pulumi: renaming it replaces the deployment. `{}` is valid, and removes " +
          "all deployments that were declared before.",
      ),
  })
  .superRefine(requireAppTypes, { when: () => true })
  .meta({
    title: "Onvera deployments",
    description: `The ${wordList(Object.values(applications), "and")} deployments that should exist on Onvera.`,
    // The equivalent of `requireAppTypes` in JSON Schema.
    if: { properties: { defaults: { required: ["appType"] } }, required: ["defaults"] },
    else: { properties: { deployments: { additionalProperties: { required: ["appType"] } } } },
  });

/** A manifest as written, before `defaults` are applied. */
export type ManifestFile = z.infer<typeof manifestSchema>;

/** Also runs if there are other errors, so that all are reported at once. The value can then have any type. */
function requireAppTypes(manifest: unknown, context: z.RefinementCtx): void {
  if (!isObject(manifest) || !isObject(manifest["deployments"])) return;
  if (isObject(manifest["defaults"]) && Object.hasOwn(manifest["defaults"], "appType")) return;
  for (const [name, deployment] of Object.entries(manifest["deployments"])) {
    if (!isObject(deployment) || Object.hasOwn(deployment, "appType")) continue;
    context.addIssue({
      code: "custom",
      path: ["deployments", name, "appType"],
      message: `is missing, here and in defaults; set it to ${choiceOf(appTypes)}`,
    });
  }
}

/** Whether a parsed value is a mapping. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The allowed keys of the mapping at a path; none if the mapping has no fixed keys. */
export function knownKeys([top, ...rest]: readonly (string | number)[]): readonly string[] {
  if (top === undefined) return Object.keys(manifestSchema.shape);
  const { shape } = top === "defaults" ? manifestSchema.shape.defaults.unwrap() : deploymentSchema;
  const inner = top === "defaults" ? rest : rest.slice(1);
  if (inner.length === 0) return Object.keys(shape);
  return inner[0] === "timeouts" ? Object.keys(timeouts.shape) : [];
}

/** The JSON Schema for editors. Draft 7, because several YAML language servers do not support newer drafts. */
export function manifestJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(manifestSchema, { target: "draft-7", io: "input" });
}
