import { existsSync } from "node:fs";
import { join } from "node:path";
import { findPlugin } from "../plugin";
import { findPackage, type Project } from "../project";
import type { PulumiCli } from "../pulumi";
import { type Check, ok, problem, skipped } from "./report";

export interface ProjectCheckOptions {
  readonly pulumi: PulumiCli;
  readonly env: NodeJS.ProcessEnv;
  /** The version of pulumi-onvera that runs. */
  readonly version: string;
}

/** Whether the project finds the package and the provider plugin that its program needs, and in which version. */
export async function checkProject(project: Project, options: ProjectCheckOptions): Promise<Check[]> {
  const { runtime, file } = project;
  const isNode = runtime === "nodejs" || runtime === "bun";
  return [
    ok("project", `${file} (${runtime})`),
    isNode ? checkPackage(project, options) : skipped("package", `a ${runtime} program does not load the npm package`),
    await checkPlugin(project, { ...options, isNeeded: !isNode }),
  ];
}

function checkPackage({ programFolder }: Project, { version }: ProjectCheckOptions): Check {
  const found = findPackage(programFolder, "pulumi-onvera");
  if (found === undefined) {
    const message = `programs in ${programFolder} cannot load the package pulumi-onvera`;
    return problem("package", "error", message, `run \`npm install pulumi-onvera @pulumi/pulumi\` in ${programFolder}`);
  }
  if (findPackage(programFolder, "@pulumi/pulumi") === undefined) {
    const message = `programs in ${programFolder} cannot load the package @pulumi/pulumi`;
    return problem("package", "error", message, `run \`npm install @pulumi/pulumi\` in ${programFolder}`);
  }
  const message = `pulumi-onvera ${found.version} in ${found.folder}`;
  if (!existsSync(join(found.folder, "dist", "sdk", "index.js"))) {
    return problem("package", "error", `${message} is not built`, `run \`npm install\` in ${found.folder}`);
  }
  if (found.version === version) return ok("package", message);
  return problem(
    "package",
    "warning",
    `${message}, but this command is version ${version}`,
    `run \`npx pulumi-onvera\` in ${programFolder}, or update one of the two`,
  );
}

async function checkPlugin(
  project: Project,
  { pulumi, env, version, isNeeded }: ProjectCheckOptions & { isNeeded: boolean },
): Promise<Check> {
  const found = await findPlugin(project, { pulumi, env, preferredVersion: version });
  if (found !== undefined) {
    const message = `pulumi-resource-onvera ${found.version ?? "of an unknown version"}: ${found.where}`;
    if (found.version === undefined || found.version === version) return ok("plugin", message);
    return problem(
      "plugin",
      "warning",
      `${message}, but this command is version ${version}`,
      "install the plugin and the npm package in the same version",
    );
  }
  if (project.pluginFolder !== undefined) {
    return problem(
      "plugin",
      "error",
      `plugins.providers in ${project.file} names ${project.pluginFolder}, which has no pulumi-resource-onvera`,
      "run `npm install pulumi-onvera` in the project's folder, or correct the path",
    );
  }
  if (!isNeeded) return skipped("plugin", "not installed; programs that use the dynamic provider do not need it");
  return problem(
    "plugin",
    "error",
    "the provider plugin pulumi-resource-onvera is not installed",
    "install it (docs/how-to-install-the-plugin.md), or name node_modules/pulumi-onvera/bin under `plugins` in Pulumi.yaml",
  );
}
