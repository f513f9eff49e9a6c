import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npm } from "./commands";

interface Bom {
  serialNumber?: string;
  readonly metadata: { timestamp?: string };
  readonly components: readonly { readonly "bom-ref": string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * A CycloneDX document of the packages in the lockfile that users install or that the plugin's archives hold. It holds no times
 * and no paths, and needs neither `node_modules` nor a network.
 */
export async function writeBom(root: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "sbom-"));
  try {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    // npm takes the name of the document from the folder.
    const folder = join(scratch, manifest.name);
    mkdirSync(folder);
    // Without the development dependencies and the emulator, this is what is published.
    const { devDependencies: _, workspaces: __, ...published } = manifest;
    writeFileSync(join(folder, "package.json"), JSON.stringify(published));
    copyFileSync(join(root, "package-lock.json"), join(folder, "package-lock.json"));
    await npm(["install", "--package-lock-only", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
    const bom = JSON.parse(await npm(["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], folder)) as Bom;
    delete bom.serialNumber;
    delete bom.metadata.timestamp;
    const sorted = {
      ...bom,
      components: sortedBy(bom.components, (component) => component["bom-ref"]),
      dependencies: sortedBy(bom.dependencies, ({ ref }) => ref),
    };
    return `${JSON.stringify(sorted, null, 2)}\n`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Sorts by code units, which do not depend on the locale. */
function sortedBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
