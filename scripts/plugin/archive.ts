import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";
import type { PluginBundle } from "./bundle";
import { thirdPartyNotices } from "./notices";
import type { Platform } from "./platforms";

export interface ArchiveFile {
  readonly name: string;
  readonly content: string | Buffer;
  readonly isExecutable?: boolean;
}

/** The file that the engine starts. On Windows, the engine looks for `.exe`, then `.cmd`. */
const executable = "pulumi-resource-onvera";

/** The files of an archive that needs Node.js on PATH. Only the launcher differs between platforms. */
export function scriptFiles(bundle: PluginBundle, { os }: Platform): ArchiveFile[] {
  // Without it, a package.json in a parent folder could declare these files to be ES modules.
  const manifest = { name: "pulumi-onvera", version: bundle.version, type: "commonjs", private: true };
  const start: ArchiveFile[] =
    os === "windows"
      ? [
          { name: `${executable}.cmd`, content: '@echo off\r\nnode "%~dp0launcher.js" %*\r\n', isExecutable: true },
          { name: "launcher.js", content: bundle.launcher },
        ]
      : [{ name: executable, content: `#!/usr/bin/env node\n${bundle.launcher}`, isExecutable: true }];
  return [
    ...start,
    ...[...bundle.parts].map(([name, content]) => ({ name: `${name}.js`, content })),
    { name: "package.json", content: `${JSON.stringify(manifest, null, 2)}\n` },
    ...licences(thirdPartyNotices(bundle.packages)),
  ];
}

/** The files of an archive that includes Node.js. */
export function executableFiles(bundle: PluginBundle, { os }: Platform, content: Buffer): ArchiveFile[] {
  const name = os === "windows" ? `${executable}.exe` : executable;
  const notices = thirdPartyNotices(bundle.packages, { nodeVersion: process.version });
  return [{ name, content, isExecutable: true }, ...licences(notices)];
}

function licences(notices: string): ArchiveFile[] {
  const own = readFileSync(resolve(__dirname, "..", "..", "LICENSE"), "utf8");
  return [
    { name: "LICENSE", content: own },
    { name: "THIRD-PARTY-NOTICES", content: notices },
  ];
}

/** A `.tar.gz` that depends only on these files: it holds no times, no owners and no trace of the machine. */
export async function writeArchive(files: readonly ArchiveFile[]): Promise<Buffer> {
  const tar = pack();
  const whole = buffer(tar);
  for (const { name, content, isExecutable = false } of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    tar.entry({ name, mode: isExecutable ? 0o755 : 0o644, mtime: new Date(0) }, content);
  }
  tar.finalize();
  const archive = await promisify(gzip)(await whole, { level: 9 });
  // The gzip header names the operating system; 255 is "unknown" (RFC 1952).
  archive[9] = 255;
  return archive;
}
