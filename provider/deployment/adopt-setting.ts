import { ActionRequiredError } from "../api/errors";
import { shellQuoted } from "../shell";

/** The resource that an `adopt` setting is for, and where the setting is. */
export interface AdoptTarget {
  /** The resource's name in the program. */
  readonly logicalName: string;
  /** The name of the explicit provider that takes the setting as an input. Undefined: the stack's configuration has it. */
  readonly explicitProvider?: string | undefined;
}

/** The `adopt` setting of one resource. */
export type Adopt =
  | { readonly kind: "none" }
  /** Adopt this deployment instead of creating one. */
  | { readonly kind: "adopt"; readonly id: string }
  /** These deployments are not the resource's: create another one although they have its name. */
  | { readonly kind: "exclude"; readonly ids: ReadonlySet<string> };

/**
 * The text of a setting, for `parseAdopt`: the Pulumi CLI writes an id of digits as a number, which is another one if it is too large.
 * Undefined for any other value.
 */
export function adoptText(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The settings with a valid text, by the resource's name. */
export function adoptTexts(settings: Readonly<Record<string, unknown>>): [name: string, text: string][] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const text = adoptText(value);
    return text === undefined ? [] : [[name, text]];
  });
}

/**
 * Parses the setting of a resource: a deployment's id, or `not:` and ids. It affects creates only. It is safe to leave it in place:
 * an excluded id stays excluded, and an id that cannot be adopted is an error that names the setting.
 *
 * Throws `ActionRequiredError` for any other value.
 */
export function parseAdopt(value: string | undefined, target: AdoptTarget): Adopt {
  if (value === undefined) return { kind: "none" };
  const [, list] = /^not:(.*)$/s.exec(value) ?? [];
  const ids = (list ?? value).split(",").map((id) => id.trim());
  const isValid = ids.every((id) => id !== "" && !/\s/.test(id)) && (list !== undefined || ids.length === 1);
  if (!isValid || value === "new") {
    throw new ActionRequiredError(
      `${adoptSettingOf(target)} is ${JSON.stringify(value)}; expected the id of the deployment to adopt, or "not:" and the ` +
        "ids, separated by commas, of those that are not this resource's",
    );
  }
  return list === undefined ? { kind: "adopt", id: value.trim() } : { kind: "exclude", ids: new Set(ids) };
}

/** The name of the setting in messages. */
function adoptSettingOf({ logicalName, explicitProvider }: AdoptTarget): string {
  if (explicitProvider === undefined) return configPathOf(logicalName);
  return `adopt[${JSON.stringify(logicalName)}] of the provider ${JSON.stringify(explicitProvider)}`;
}

/** The instruction to set it and continue. If the value contains ids, the command can be copied unchanged. */
export function adoptInstruction({ logicalName, explicitProvider }: AdoptTarget, value: string): string {
  if (explicitProvider === undefined) return `run \`${adoptCommand(logicalName, value)}\` and then \`pulumi up\``;
  const input = `adopt: { ${JSON.stringify(logicalName)}: ${JSON.stringify(value)} }`;
  return `add \`${input}\` to the inputs of the provider ${JSON.stringify(explicitProvider)} and then run \`pulumi up\``;
}

/** For a setting that cannot be applied: its name, and how to remove it. */
export function removeAdoptInstruction(target: AdoptTarget): string {
  const setting = `the setting ${adoptSettingOf(target)} names this deployment`;
  return target.explicitProvider === undefined
    ? `${setting}, and \`${removeAdoptCommand(target.logicalName)}\` removes the setting`
    : `${setting}; remove the setting from the inputs of that provider`;
}

/** The path of the setting in the stack's configuration. */
function configPathOf(logicalName: string): string {
  const isPlain = /^[\w-]+$/.test(logicalName) || logicalName === "<resource>";
  // In a path, only quotation marks are escaped.
  return isPlain ? `onvera:adopt.${logicalName}` : `onvera:adopt["${logicalName.replaceAll('"', '\\"')}"]`;
}

/** The command that changes the stack's configuration. */
export function adoptCommand(logicalName: string, value: string): string {
  const isPlain = /^[\w:.,-]+$/.test(value) || value.includes("<deployment id>");
  const path = shellQuoted(configPathOf(logicalName));
  return `pulumi config set --path ${path} ${isPlain ? value : shellQuoted(value)}`;
}

/** The command that removes the setting from the stack's configuration. */
export function removeAdoptCommand(logicalName: string): string {
  return `pulumi config rm --path ${shellQuoted(configPathOf(logicalName))}`;
}
