import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executableFiles, scriptFiles, writeArchive } from "./archive";
import { bundlePlugin } from "./bundle";
import { archiveName, hostPlatform, type Platform, platformName, platforms } from "./platforms";
import { buildSingleExecutable, type SingleExecutable } from "./single-executable";

export interface BuildOptions {
  /** The folder for the archives. Archives of an earlier run are removed. */
  readonly folder: string;
  /** Default: all platforms that Pulumi supports. */
  readonly only?: readonly Platform[];
  /** Whether to leave Node.js out of every archive. */
  readonly scriptsOnly?: boolean;
  readonly tell?: (line: string) => void;
}

export interface BuiltArchive {
  readonly platform: Platform;
  readonly file: string;
  /** What the archive needs on PATH. */
  readonly needs: "nothing" | "Node.js";
}

/**
 * Writes an archive for each platform, and their SHA-256 sums, into a folder that a web server can serve unchanged to
 * `pulumi plugin install --server`. The archive for this machine's platform includes Node.js if this Node.js allows it.
 */
export async function buildArchives({
  folder,
  only = platforms,
  scriptsOnly = false,
  tell = () => undefined,
}: BuildOptions): Promise<BuiltArchive[]> {
  const bundle = await bundlePlugin();
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (/^pulumi-resource-onvera-v.*\.tar\.gz$/.test(name)) rmSync(join(folder, name));
  }
  const built: BuiltArchive[] = [];
  const sums: string[] = [];
  for (const platform of only) {
    const single: SingleExecutable = scriptsOnly
      ? { reason: "as asked" }
      : platform === hostPlatform()
        ? await buildSingleExecutable(bundle)
        : { reason: `an archive that includes it is built on ${platformName(platform)}` };
    const hasNode = "executable" in single;
    const archive = await writeArchive(
      hasNode ? executableFiles(bundle, platform, single.executable) : scriptFiles(bundle, platform),
    );
    const name = archiveName(bundle.version, platform);
    writeFileSync(join(folder, name), archive);
    sums.push(`${createHash("sha256").update(archive).digest("hex")}  ${name}\n`);
    built.push({ platform, file: join(folder, name), needs: hasNode ? "nothing" : "Node.js" });
    const need = hasNode
      ? `includes Node.js ${process.version}`
      : `needs Node.js 20 or later on PATH (${single.reason})`;
    tell(`${name}  ${(archive.length / 1e6).toFixed(1)} MB  ${need}`);
  }
  writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
  return built;
}
