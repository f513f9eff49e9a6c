import { readFileSync } from "node:fs";
import type { OnveraClient } from "../api/client";
import { displayText } from "../api/display-text";
import type { Deployment } from "../api/schemas";
import { resolveSettings } from "../runtime/settings";

/** The input of `pulumi import --file`. Source: https://www.pulumi.com/docs/iac/guides/migration/import/#bulk-import-operations */
export interface ImportFile {
  readonly resources: readonly { readonly type: string; readonly name: string; readonly id: string }[];
}

/** The longest name: short enough for the number that is appended to it, for an automatic name and for a manifest. */
const maxNameLength = 230;

/** An import file for these deployments, and the deployments that it omits because they can never be used again. */
export function importFileFor(
  deployments: readonly Deployment[],
  /** Names that other resources have. */
  takenNames: Iterable<string> = [],
): { file: ImportFile; skipped: Deployment[] } {
  const usedNames = new Set(takenNames);
  // Oldest first, so that new deployments do not change the names of older ones.
  const oldestFirst = [...deployments].reverse();
  const usable = oldestFirst.filter(({ status }) => status === "ready" || status === "provisioning");
  const resources = usable.map(({ id, name = "" }) => {
    const preferred =
      name
        .replaceAll(/[^\w.-]+/g, "-")
        .replace(/^[_.-]+/, "")
        .slice(0, maxNameLength) || "deployment";
    let unique = preferred;
    for (let number = 2; usedNames.has(unique); number += 1) unique = `${preferred}-${number}`;
    usedNames.add(unique);
    return { type: "onvera:index:Deployment", name: unique, id };
  });
  return { file: { resources }, skipped: oldestFirst.filter((deployment) => !usable.includes(deployment)) };
}

/** The ids of a stack's resources, from the output of `pulumi stack export`. Throws if the text is something else. */
export function heldIdsOf(stackExport: string): Set<string> {
  const { deployment } = JSON.parse(stackExport) as { deployment?: { resources?: readonly { id?: unknown }[] } };
  if (deployment === undefined) throw new Error("not the output of `pulumi stack export`");
  return new Set((deployment.resources ?? []).flatMap(({ id }) => (typeof id === "string" ? [id] : [])));
}

/**
 * `pulumi-resource-onvera import-file [<stack export>]`: prints an import file for every deployment that the key can read and the
 * stack does not hold.
 */
export async function printImportFile(exportFile: string | undefined): Promise<void> {
  const heldIds = exportFile === undefined ? new Set<string>() : heldIdsOf(readFileSync(exportFile, "utf8"));
  const { OnveraClient: Client } = require("../api/client") as typeof import("../api/client");
  const client: Pick<OnveraClient, "allDeployments"> = new Client({ settings: resolveSettings() });
  const all = await client.allDeployments();
  const { file, skipped } = importFileFor(all.filter(({ id }) => !heldIds.has(id)));
  process.stdout.write(`${JSON.stringify(file, null, 2)}\n`);
  for (const { id, name } of all.filter(({ id }) => heldIds.has(id))) {
    console.error(displayText(`omitted: "${name ?? ""}" (${id}) is already in the stack`));
  }
  for (const { id, name, status } of skipped)
    console.error(displayText(`omitted: "${name ?? ""}" (${id}) has the status "${status}"`));
  console.error(`${file.resources.length} deployments; next, run \`pulumi import --file <this output>\``);
}
