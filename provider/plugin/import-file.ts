import { displayText } from "../display-text";
import type { OnveraClient } from "../onvera/client";
import type { Deployment } from "../onvera/schemas";
import { resolveSettings } from "../settings";

/** What `pulumi import --file` reads. Source: https://www.pulumi.com/docs/iac/guides/migration/import/#bulk-import-operations */
export interface ImportFile {
  readonly resources: readonly { readonly type: string; readonly name: string; readonly id: string }[];
}

/** An import file for these deployments, and those that it leaves out because they can never be used again. */
export function importFileFor(deployments: readonly Deployment[]): { file: ImportFile; skipped: Deployment[] } {
  const taken = new Set<string>();
  // Oldest first, so that the names of those that were there before stay the same when others come.
  const oldestFirst = [...deployments].reverse();
  const usable = oldestFirst.filter(({ status }) => status === "ready" || status === "provisioning");
  const resources = usable.map(({ id, name = "" }) => {
    const wanted = name.replaceAll(/[^\w.-]+/g, "-") || "deployment";
    let free = wanted;
    for (let number = 2; taken.has(free); number += 1) free = `${wanted}-${number}`;
    taken.add(free);
    return { type: "onvera:index:Deployment", name: free, id };
  });
  return { file: { resources }, skipped: oldestFirst.filter((deployment) => !usable.includes(deployment)) };
}

/** `pulumi-resource-onvera import-file`: prints an import file for every deployment that the key can see. */
export async function printImportFile(): Promise<void> {
  const { OnveraClient: Client } = require("../onvera/client") as typeof import("../onvera/client");
  const client: Pick<OnveraClient, "allDeployments"> = new Client({ settings: resolveSettings() });
  const { file, skipped } = importFileFor(await client.allDeployments());
  process.stdout.write(`${JSON.stringify(file, null, 2)}\n`);
  for (const { id, name, status } of skipped)
    console.error(displayText(`left out: "${name ?? ""}" (${id}) is ${status}`));
  console.error(`${file.resources.length} deployments; go on with \`pulumi import --file <this output>\``);
}
