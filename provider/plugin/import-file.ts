import { readFileSync } from "node:fs";
import * as z from "zod";
import type { OnveraClient } from "../api/client";
import { displayText } from "../api/display-text";
import { PlatformError } from "../api/errors";
import type { Deployment } from "../api/schemas";
import { nameInUrn } from "../runtime/engine-values";
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

const exportSchema = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ urn: z.string(), id: z.string().optional(), external: z.boolean().optional() }))
      .nullish(),
  }),
});

/** What an import must not use: the ids of these resources of a stack, except those that it only reads, and the names of all. */
export function heldBy(
  resources: readonly { urn: string; id?: string | undefined; external?: boolean | undefined }[],
): {
  ids: Set<string>;
  names: string[];
} {
  return {
    ids: new Set(resources.flatMap(({ id, external }) => (external === true ? [] : id || []))),
    names: resources.map(({ urn }) => nameInUrn(urn)),
  };
}

/** The ids and names of a stack's resources, from the output of `pulumi stack export`. Throws if the text is something else. */
export function readHeld(stackExport: string): { ids: Set<string>; names: Set<string> } {
  const { ids, names } = heldBy(exportSchema.parse(JSON.parse(stackExport)).deployment.resources ?? []);
  return { ids, names: new Set(names) };
}

/** Throws `PlatformError`, whose message does not quote the file: it can contain secrets. */
function readHeldFrom(file: string): ReturnType<typeof readHeld> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PlatformError(`"${file}" cannot be read: ${reason}`, { cause: error });
  }
  try {
    return readHeld(text);
  } catch (error) {
    throw new PlatformError(`"${file}" is not the output of \`pulumi stack export\``, { cause: error });
  }
}

/**
 * `pulumi-resource-onvera import-file [<stack export>]`: prints an import file for every deployment that the key can read and the
 * stack does not hold.
 */
export async function printImportFile(exportFile: string | undefined): Promise<void> {
  const held = exportFile === undefined ? undefined : readHeldFrom(exportFile);
  const isHeld = ({ id }: Deployment) => held?.ids.has(id) ?? false;
  const { OnveraClient: Client } = require("../api/client") as typeof import("../api/client");
  const client: Pick<OnveraClient, "allDeployments"> = new Client({ settings: resolveSettings() });
  const all = await client.allDeployments();
  const { file, skipped } = importFileFor(
    all.filter((each) => !isHeld(each)),
    held?.names,
  );
  process.stdout.write(`${JSON.stringify(file, null, 2)}\n`);
  for (const { id, name } of all.filter(isHeld)) {
    console.error(displayText(`omitted: "${name ?? ""}" (${id}) is already in the stack`));
  }
  for (const { id, name, status } of skipped)
    console.error(displayText(`omitted: "${name ?? ""}" (${id}) has the status "${status}"`));
  console.error(`${file.resources.length} deployments; next, run \`pulumi import --file <this output>\``);
}
