import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Deployment } from "../deployment";
import { runError } from "../run-error";
import { ManifestError } from "./errors";
import { type Manifest, type ManifestDeployment, readManifest } from "./read";

export const defaultManifestFile = "deployments.yaml";

export interface DeclareOptions {
  /** For each deployment, for example `parent`. What the manifest says goes first; of `dependsOn`, both hold. */
  readonly opts?: pulumi.CustomResourceOptions;
  /** What sets the file's path, for the report where there is no such file. */
  readonly setBy?: string;
}

/**
 * Declares each deployment that a manifest lists, and returns them by their keys. The order is that of the manifest,
 * except that JavaScript puts keys that are whole numbers first. A relative path starts from the folder of `Pulumi.yaml`.
 * If the manifest has mistakes, nothing is declared. The `pulumi.RunError` that is thrown ends the run with a report of
 * every mistake; its `cause` is the ManifestError.
 *
 *     const { etl } = onvera.declareDeployments("deployments.yaml");
 */
export function declareDeployments(
  file: string = defaultManifestFile,
  options: DeclareOptions = {},
): Readonly<Record<string, Deployment>> {
  return Object.fromEntries(declareManifest(file, options).map(({ key, deployment }) => [key, deployment]));
}

export interface DeclaredDeployment {
  readonly key: string;
  readonly deployment: Deployment;
  readonly dependsOn: readonly string[];
}

/** Like `declareDeployments`, but in the manifest's order whatever the keys are. */
export function declareManifest(file: string, { opts, setBy }: DeclareOptions): readonly DeclaredDeployment[] {
  const declared = new Map<string, Deployment>();
  return read(file, setBy).deployments.map((entry) => {
    const { key, dependsOn, timeouts: _, protect: __, retainOnDelete: ___, ...args } = entry;
    const deployment = new Deployment(key, args, pulumi.mergeOptions(opts, optionsOf(entry, declared)));
    declared.set(key, deployment);
    return { key, deployment, dependsOn };
  });
}

function read(file: string, setBy: string | undefined): Manifest {
  try {
    return readManifest(file, { root: projectRoot(), ...(setBy === undefined ? {} : { setBy }) });
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw runError(error.message, { cause: error });
  }
}

function optionsOf(
  { timeouts, protect, retainOnDelete, dependsOn }: ManifestDeployment,
  declared: ReadonlyMap<string, Deployment>,
): pulumi.CustomResourceOptions {
  return {
    ...(Object.keys(timeouts).length === 0 ? {} : { customTimeouts: { ...timeouts } }),
    ...(protect === undefined ? {} : { protect }),
    ...(retainOnDelete === undefined ? {} : { retainOnDelete }),
    dependsOn: dependsOn.flatMap((key) => declared.get(key) ?? []),
  };
}

/**
 * The folder of `Pulumi.yaml`. Newer hosts tell it; with older ones the SDK answers with a word that is no path, or has
 * no such function. The program then runs in that folder, or, with `main:`, in one below it.
 */
function projectRoot(): string {
  const told = pulumi.getRootDirectory?.() ?? "";
  if (isAbsolute(told) && existsSync(told)) return told;
  const start = process.cwd();
  for (let folder = start; ; folder = dirname(folder)) {
    if (["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].some((name) => existsSync(join(folder, name)))) return folder;
    if (dirname(folder) === folder) return start;
  }
}
