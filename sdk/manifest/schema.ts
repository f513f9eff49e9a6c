import * as z from "zod";
import { appTypes, type InputName } from "../../provider/deployment/properties";

/*
 * What a manifest may hold. The descriptions are the manifest's documentation: the JSON Schema that editors show is
 * generated from here. So each rule is one that JSON Schema can say too; what it cannot say (that `dependsOn` names
 * other entries, without a circle) is checked in `dependencies.ts`. Validators in other languages compile the patterns
 * too, so they use no classes such as \p or \d, which those do not know, or read differently.
 */

/** Part of Go's form, which Pulumi's `customTimeouts` take: hours, minutes, seconds, milliseconds, each at most once. */
const duration = z
  .string('expected a duration such as "30m"')
  .regex(
    /^(?=.*[1-9])([0-9]{1,6}(\.[0-9]{1,3})?h)?([0-9]{1,6}(\.[0-9]{1,3})?m)?([0-9]{1,6}(\.[0-9]{1,3})?s)?([0-9]{1,6}(\.[0-9]{1,3})?ms)?$/u,
    'expected a duration longer than zero, such as "45s", "30m" or "1h30m"',
  );

const timeouts = z
  .strictObject({
    create: duration
      .exactOptional()
      .meta({ description: "How long a creation may take. 30m if left out.", examples: ["30m", "1h30m"] }),
    delete: duration
      .exactOptional()
      .meta({ description: "How long a deletion may take. 20m if left out.", examples: ["20m", "1h"] }),
  })
  .describe(
    'How long to wait for the platform, as durations such as "45s", "30m" or "1h30m". When the time is over the run fails, ' +
      "while the platform goes on; the next run takes up the same work.",
  );

const appType = z.enum(appTypes).describe("The application to run. Changing it replaces the deployment.");
const protect = z
  .boolean()
  .describe("Refuse to delete or replace the deployment until this is taken back. false if left out.");
const retainOnDelete = z
  .boolean()
  .describe("Leave the deployment running on the platform when Pulumi forgets it. false if left out.");

const shared = {
  appType: appType.optional(),
  timeouts: timeouts.optional(),
  protect: protect.optional(),
  retainOnDelete: retainOnDelete.optional(),
};

/** The longest name that the platform accepts. */
const maxNameLength = 255;
/** The automatic name of a deployment adds a hyphen and seven characters to its key. */
const maxKeyLength = maxNameLength - 8;

/** The deployment's name in Pulumi: the last part of the URN, whose parts `::` separates. */
const logicalName = z
  .string()
  .regex(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a name with control characters is refused
    /^(?:(?!::)[^\u0000-\u001f\u007f-\u009f])+$(?!\n)/u,
    'a name must not be empty, nor hold "::" or control characters',
  )
  .max(maxKeyLength, `a key must not be longer than ${maxKeyLength} characters`);

/** The inputs of a deployment, as an entry of the manifest has them. */
const inputs = {
  appType: shared.appType.describe(
    "The application to run; required unless `defaults` has one. Changing it replaces the deployment.",
  ),
  name: z
    .string()
    .regex(/\S/u, "a name must not be empty; leave it out to get an automatic name")
    .max(maxNameLength, `a name must not be longer than ${maxNameLength} characters`)
    .optional()
    .describe(
      "The name shown on the platform. If left out, the entry's key with seven random characters, which then stays. " +
        "Changing it replaces the deployment.",
    ),
} satisfies Record<InputName, z.ZodType>;

const dependency = z.string().min(1, "the name of another entry must not be empty");

export const deploymentSchema = z
  .strictObject({
    ...shared,
    ...inputs,
    dependsOn: z
      .array(dependency)
      .optional()
      .describe("Keys of other entries, which are created before this one and deleted after it."),
  })
  .describe("One deployment. `{}` takes everything from `defaults`.");

export const manifestSchema = z
  .strictObject({
    defaults: z
      .strictObject(shared)
      .optional()
      .describe(
        "Applied to each deployment that does not say otherwise; of `timeouts`, create and delete each by itself.",
      ),
    deployments: z
      .record(logicalName, deploymentSchema)
      .describe(
        "The deployments, each under its key, which is its name in Pulumi: renaming a key replaces the deployment. " +
          "`{}` is valid and removes all that were declared before.",
      ),
  })
  .superRefine(requireAppTypes, { when: () => true })
  .meta({
    title: "Onvera deployments",
    description: "The Apache Airflow and Apache Superset deployments that should exist on Onvera.",
    // What `requireAppTypes` says, in JSON Schema.
    if: { properties: { defaults: { required: ["appType"] } }, required: ["defaults"] },
    else: { properties: { deployments: { additionalProperties: { required: ["appType"] } } } },
  });

/** A manifest as written, before `defaults` are applied. */
export type ManifestFile = z.infer<typeof manifestSchema>;

/** Also runs beside other mistakes, so that all are reported at once; the value may then have any form. */
function requireAppTypes(manifest: unknown, context: z.RefinementCtx): void {
  if (!isObject(manifest) || !isObject(manifest["deployments"])) return;
  if (isObject(manifest["defaults"]) && Object.hasOwn(manifest["defaults"], "appType")) return;
  for (const [name, deployment] of Object.entries(manifest["deployments"])) {
    if (!isObject(deployment) || Object.hasOwn(deployment, "appType")) continue;
    context.addIssue({
      code: "custom",
      path: ["deployments", name, "appType"],
      message: `is missing, here and in defaults; set it to ${appTypes.map((type) => JSON.stringify(type)).join(" or ")}`,
    });
  }
}

/** Of parsed values: neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The keys that a mapping at this path may have; none where the path leads to no mapping of fixed keys. */
export function knownKeys([top, ...rest]: readonly (string | number)[]): readonly string[] {
  if (top === undefined) return Object.keys(manifestSchema.shape);
  const { shape } = top === "defaults" ? manifestSchema.shape.defaults.unwrap() : deploymentSchema;
  const inner = top === "defaults" ? rest : rest.slice(1);
  if (inner.length === 0) return Object.keys(shape);
  return inner[0] === "timeouts" ? Object.keys(timeouts.shape) : [];
}

/** The schema for editors. Draft 7, which every YAML language server knows; several treat newer drafts as unknown. */
export function manifestJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(manifestSchema, { target: "draft-7", io: "input" });
}
