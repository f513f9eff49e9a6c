import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { type ArchiveFile, writeArchive } from "../plugin/archive";
import { npm } from "./commands";

export interface NpmPackage {
  /** As npm calls the tarball. */
  readonly name: string;
  readonly content: Buffer;
}

/**
 * What `npm pack` makes of the package and of the emulator, their build included, but for the permissions of files: npm takes over
 * those that the umask has left.
 */
export async function packNpmPackages(root: string): Promise<NpmPackage[]> {
  // The first one builds both.
  const main = await packNpmPackage(root, []);
  return [main, await packNpmPackage(root, ["--workspace", "emulator"])];
}

async function packNpmPackage(root: string, which: readonly string[]): Promise<NpmPackage> {
  const folder = mkdtempSync(join(tmpdir(), "npm-package-"));
  try {
    const pack = ["pack", "--json", "--foreground-scripts=false", ...which, "--pack-destination", folder];
    const [{ filename }] = JSON.parse(await npm(pack, root)) as [{ filename: string }];
    const files = await readTarball(readFileSync(join(folder, filename)));
    return { name: filename, content: await writeArchive(files) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readTarball(tarball: Buffer): Promise<(ArchiveFile & { content: Buffer })[]> {
  const files: (ArchiveFile & { content: Buffer })[] = [];
  for await (const entry of Readable.from([gunzipSync(tarball)]).pipe(extract())) {
    const { name, mode = 0 } = entry.header;
    files.push({ name, content: await buffer(entry), isExecutable: (mode & 0o100) !== 0 });
  }
  return files;
}
