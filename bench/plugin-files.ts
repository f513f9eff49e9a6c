import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ArchiveFile, executableFiles, scriptFiles } from "../scripts/plugin/archive";
import { bundlePlugin } from "../scripts/plugin/bundle";
import { hostPlatform } from "../scripts/plugin/platforms";
import { buildSingleExecutable } from "../scripts/plugin/single-executable";
import { newerNode } from "./newer-node";

/** The files of the plugin's archives. */
export interface PluginFiles {
  /** The folder without Node.js, which is started with `launcher`. */
  readonly scripts: string;
  readonly launcher: string;
  /** The folder of the archive for this machine: with Node.js if possible, else `scripts`. */
  readonly installed: string;
}

/** Writes the files of the archives into subfolders. */
export async function writePluginFiles(folder: string): Promise<PluginFiles> {
  const platform = hostPlatform();
  if (platform === undefined) throw new Error(`there are no archives for ${process.platform} on ${process.arch}`);
  const bundle = await bundlePlugin();
  const scripts = write(join(folder, "scripts"), scriptFiles(bundle, platform));
  const node = await newerNode();
  const single = await buildSingleExecutable(bundle, node === undefined ? {} : { node });
  const installed =
    "executable" in single
      ? write(join(folder, "executable"), executableFiles(bundle, platform, single.executable))
      : scripts;
  return { scripts, launcher: join(scripts, "pulumi-resource-onvera"), installed };
}

function write(folder: string, files: readonly ArchiveFile[]): string {
  mkdirSync(folder, { recursive: true });
  for (const { name, content, isExecutable = false } of files) {
    writeFileSync(join(folder, name), content, { mode: isExecutable ? 0o755 : 0o644 });
  }
  return folder;
}
