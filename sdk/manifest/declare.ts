import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Deployment } from "../deployment";
import { runError } from "../run-error";
import { ManifestError } from "./errors";
import { type Manifest, type ManifestDeployment, readManifest } from "./read";

export const defaultManifestFile = "deployments.yaml";

export interface DeclareOptions {
  /** Options for each deployment, for example `parent`. Those of the manifest take precedence; `dependsOn` is merged. */
  readonly opts?: pulumi.CustomResourceOptions;
  /** The source of the file's path, for the error message if the file does not exist. */
  readonly setBy?: string;
}

/**
 * Declares the deployments of a manifest, and returns them by their keys, in the order of the manifest (but JavaScript lists integer
 * keys first). A relative path is relative to the folder of `Pulumi.yaml`. If the manifest has errors, nothing is declared, and the
 * function throws a `pulumi.RunError` that reports all of them; its `cause` is the ManifestError.
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

/** Like `declareDeployments`, but always in the order of the manifest. */
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
 * The folder of `Pulumi.yaml`. Older SDKs do not have `getRootDirectory`, or return a text that is not a path. The program then runs
 * in that folder, or, with `main:`, in a subfolder.
 */
function projectRoot(): string {
  const root = pulumi.getRootDirectory?.() ?? "";
  if (isAbsolute(root) && existsSync(root)) return root;
  const start = process.cwd();
  for (let folder = start; ; folder = dirname(folder)) {
    if (["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].some((name) => existsSync(join(folder, name)))) return folder;
    if (dirname(folder) === folder) return start;
  }
}
