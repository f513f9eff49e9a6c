import { z } from "zod";
import { dynamicType, pluginType } from "../provider/deployment/properties";
import { heldBy } from "../provider/plugin/import-file";
import { CommandError } from "./errors";
import type { Ended, PulumiCli } from "./pulumi";

/** The options of every command. */
export interface StackOptions {
  /** Default: the selected stack. */
  readonly stack?: string;
  /** The project's folder. */
  readonly cwd: string;
  /** The Pulumi CLI: a path, or a name on PATH. */
  readonly pulumi: string;
}

export function isDeployment(type: string): boolean {
  return type === pluginType || type === dynamicType;
}

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  external: z.boolean().optional(),
  delete: z.boolean().optional(),
  pendingReplacement: z.boolean().optional(),
  initErrors: z.array(z.string()).nullish(),
});

/** The parts of `pulumi stack export` that the commands depend on. */
const exportSchema = z.object({
  deployment: z.object({
    resources: z.array(resourceSchema).nullish(),
    pending_operations: z.array(z.object({ type: z.string(), resource: resourceSchema })).nullish(),
  }),
});

export type StackState = z.infer<typeof exportSchema>["deployment"];

/** The state in the output of `pulumi stack export`. Undefined if the command failed. */
export function readState({ stdout }: Ended): StackState | undefined {
  return exportSchema.safeParse(parse(stdout)).data?.deployment;
}

/** Throws `CommandError` if the state cannot be read. */
export async function exportState(pulumi: PulumiCli): Promise<StackState> {
  const ended = await pulumi.runOnStack(["stack", "export"]);
  const state = readState(ended);
  if (state === undefined) throw new CommandError(pulumi.failureText("stack export", ended));
  return state;
}

/** The resources that a stack manages, without those that it only reads and those that are replaced already. */
export function managedDeployments({ resources }: StackState) {
  return (resources ?? []).filter(
    ({ type, external, delete: isReplaced }) => isDeployment(type) && external !== true && isReplaced !== true,
  );
}

/** See `heldBy`, for the deployments in a stack's state. A replaced deployment keeps its id and name until it is deleted. */
export function heldDeployments({ resources }: StackState): ReturnType<typeof heldBy> {
  return heldBy((resources ?? []).filter(({ type }) => isDeployment(type)));
}

const configSchema = z.record(
  z.string(),
  z.object({ value: z.string().optional(), objectValue: z.unknown().optional(), secret: z.boolean().optional() }),
);

export interface ConfigValue {
  readonly value: unknown;
  readonly isSecret: boolean;
}

/** The settings `onvera:…` of a stack by their names, such as `apiKey`. */
export type OnveraConfig = ReadonlyMap<string, ConfigValue>;

/** The `onvera:` settings of the stack, decrypted. Throws `CommandError` if they cannot be read. */
export async function readConfig(pulumi: PulumiCli): Promise<OnveraConfig> {
  const ended = await pulumi.runOnStack(["config", "--show-secrets", "--json"]);
  const { data } = configSchema.safeParse(ended.how === undefined ? parse(ended.stdout) : undefined);
  if (data === undefined) throw new CommandError(pulumi.failureText("config", { ...ended, stdout: "" }));
  const namespace = "onvera:";
  return new Map(
    Object.entries(data)
      .filter(([key]) => key.startsWith(namespace))
      .map(([key, { value, objectValue, secret }]) => [
        key.slice(namespace.length),
        { value: objectValue ?? value, isSecret: secret === true },
      ]),
  );
}

/** A setting that is a text. Undefined if it is not set. */
export function textSetting(config: OnveraConfig, name: string): string | undefined {
  const value = config.get(name)?.value;
  return typeof value === "string" ? value : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The command failed, or is a version whose output is something else.
    return undefined;
  }
}
