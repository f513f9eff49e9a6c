import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, parse as parsePath, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const seconds = z.number().positive();

const settingsSchema = z.strictObject({
  teams: z.string(),
  project: z.string().regex(/^[\w.-]+$/),
  slots: z.int().positive(),
  leaseSeconds: seconds,
  stopSeconds: z.number().nonnegative(),
  taskSeconds: z.int().positive(),
  retry: z.strictObject({ limit: z.int().nonnegative(), delaySeconds: z.int().positive() }),
  rateLimit: z.strictObject({ requests: z.int().positive(), perSeconds: seconds }).optional(),
});

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, "expected lower-case letters, digits and hyphens");
const deploymentsSchema = z.record(name, z.enum(["airflow", "superset"]));
const teamSchema = z.strictObject({
  apiKey: z.string().regex(/^ONVERA_API_KEY[A-Z0-9_]*$/, "expected a variable's name such as ONVERA_API_KEY_DATA"),
  stacks: z.record(name, deploymentsSchema),
});

export type Settings = z.infer<typeof settingsSchema>;

/** What one stack has to hold. */
export interface Desired {
  readonly stack: string;
  readonly team: string;
  readonly keyVariable: string;
  readonly deployments: Readonly<Record<string, "airflow" | "superset">>;
}

/** Reads fleet.yaml. Throws with the file and the property where something is wrong. */
export function readSettings(file: string): Settings {
  return readYaml(file, settingsSchema);
}

/** Reads the stacks of every team, named `<team>-<stack>`. Throws if two files have a stack of one name. */
export function readDesired(file: string, { teams }: Settings): Desired[] {
  const folder = resolve(dirname(file), teams);
  const files = new Map<string, string>();
  return readdirSync(folder)
    .filter((entry) => /\.ya?ml$/.test(entry))
    .sort()
    .flatMap((entry) => {
      const path = join(folder, entry);
      const { name: team, ext } = parsePath(entry);
      if (ext !== ".yaml") throw new Error(`${path}: expected the extension .yaml`);
      const { error } = name.safeParse(team);
      if (error) throw new Error(`${path}: the file's name is the team's: ${error.issues[0]?.message}`);
      const { apiKey, stacks } = readYaml(path, teamSchema);
      return Object.entries(stacks).map(([key, deployments]) => {
        const stack = `${team}-${key}`;
        const other = files.get(stack);
        if (other !== undefined) throw new Error(`the stack "${stack}" is in two files: ${other} and ${path}`);
        files.set(stack, path);
        return { stack, team, keyVariable: apiKey, deployments };
      });
    });
}

function readYaml<T>(file: string, schema: z.ZodType<T>): T {
  const text = readFileSync(file, "utf8");
  let value: unknown;
  try {
    // Hundreds of stacks may be aliases of one. The limit protects from files of strangers, which these are not.
    value = parse(text, { maxAliasCount: -1 });
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const issues = error.issues.map(({ path, message }) => `${file} ${path.join(".")}: ${message}`);
  throw new Error(issues.join("\n"));
}
