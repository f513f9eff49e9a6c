import { PlatformError } from "../onvera/errors";

/** What the `onvera:adopt` setting says for one resource. */
export type Adopt =
  | { readonly kind: "none" }
  /** Adopt this deployment instead of creating one. */
  | { readonly kind: "adopt"; readonly id: string }
  /** These deployments are not the resource's: create another one although they have its name. */
  | { readonly kind: "exclude"; readonly ids: ReadonlySet<string> };

/**
 * Reads the setting of a resource: a deployment's id, or `not:` and ids. It has an effect only on a create. A setting that is
 * left in place is harmless: an excluded id stays excluded, and an id that cannot be adopted is an error that names the setting.
 *
 * Throws `PlatformError` for any other value.
 */
export function parseAdopt(value: string | undefined, logicalName: string): Adopt {
  if (value === undefined) return { kind: "none" };
  const [, list] = /^not:(.*)$/s.exec(value) ?? [];
  const ids = (list ?? value).split(",").map((id) => id.trim());
  const isValid = ids.every((id) => id !== "" && !/\s/.test(id)) && (list !== undefined || ids.length === 1);
  if (!isValid || value === "new") {
    throw new PlatformError(
      `${adoptSettingOf(logicalName)} is ${JSON.stringify(value)}; expected the id of the deployment to adopt, or "not:" and the ` +
        "ids, separated by commas, of those that are not this resource's",
    );
  }
  return list === undefined ? { kind: "adopt", id: value.trim() } : { kind: "exclude", ids: new Set(ids) };
}

/** The path of the setting in the stack's configuration. */
export function adoptSettingOf(logicalName: string): string {
  const isPlain = /^[\w-]+$/.test(logicalName) || logicalName === "<resource>";
  return isPlain ? `onvera:adopt.${logicalName}` : `onvera:adopt[${JSON.stringify(logicalName)}]`;
}

/** The command that sets it, to be pasted as it is if the value names ids. */
export function adoptCommand(logicalName: string, value: string): string {
  return `\`pulumi config set --path ${shellQuoted(adoptSettingOf(logicalName))} ${value}\``;
}

export function removeAdoptCommand(logicalName: string): string {
  return `\`pulumi config rm --path ${shellQuoted(adoptSettingOf(logicalName))}\``;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
