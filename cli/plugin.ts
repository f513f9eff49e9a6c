import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type Project, versionOf } from "./project";
import type { PulumiCli } from "./pulumi";

export interface FoundPlugin {
  /** For people. */
  readonly where: string;
  /** Undefined if it is not known. */
  readonly version: string | undefined;
}

/**
 * The provider plugin that a project's commands use. In the order in which the engine searches: the project's `plugins`, PATH,
 * then what `pulumi plugin install` installed, of which `preferredVersion` goes first. Undefined if there is none.
 */
export async function findPlugin(
  { pluginFolder }: Pick<Project, "pluginFolder">,
  { pulumi, env, preferredVersion }: { pulumi: PulumiCli; env: NodeJS.ProcessEnv; preferredVersion: string },
): Promise<FoundPlugin | undefined> {
  const executable = pluginFolder === undefined ? pluginOnPath(env) : pluginIn(pluginFolder);
  if (executable !== undefined) {
    const where = pluginFolder === undefined ? `${executable} (on PATH)` : executable;
    return { where, version: versionOfExecutable(executable) };
  }
  if (pluginFolder !== undefined) return undefined;
  const installed = await installedVersions(pulumi);
  const version = installed.includes(preferredVersion) ? preferredVersion : installed[0];
  return version === undefined ? undefined : { where: "installed with `pulumi plugin install`", version };
}

/** The plugin's executable in a folder. */
export function pluginIn(folder: string): string | undefined {
  const names = ["pulumi-resource-onvera", "pulumi-resource-onvera.cmd", "pulumi-resource-onvera.exe"];
  return names.map((name) => join(folder, name)).find(existsSync);
}

/** The plugin's executable on PATH. */
function pluginOnPath(env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map(pluginIn).find((found) => found !== undefined);
}

/** The version of the npm package that an executable belongs to. Undefined if it belongs to none. */
function versionOfExecutable(file: string): string | undefined {
  for (let folder = dirname(realpathSync(file)); ; folder = dirname(folder)) {
    const version = versionOf(join(folder, "package.json"), "pulumi-onvera");
    if (version !== undefined || dirname(folder) === folder) return version;
  }
}

/** Newest first. */
async function installedVersions(pulumi: PulumiCli): Promise<string[]> {
  const { stdout } = await pulumi.run(["plugin", "ls", "--json"]);
  try {
    const plugins = JSON.parse(stdout) as { name?: unknown; kind?: unknown; version?: unknown }[];
    return plugins.flatMap(({ name, kind, version }) =>
      name === "onvera" && kind === "resource" && typeof version === "string" ? [version] : [],
    );
  } catch {
    return [];
  }
}
