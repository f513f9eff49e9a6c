import { type DeclaredInputs, inputNames } from "../../provider/deployment/properties";
import { orderByDependencies } from "./dependencies";
import { ManifestError } from "./errors";
import { explainIssues } from "./explain";
import { type LoadOptions, loadManifest, type ManifestSource, maxManifestBytes } from "./load";
import { type ParsedManifest, parseManifest } from "./parse";
import { deploymentSchema, isObject, type ManifestFile, manifestSchema } from "./schema";
import { ProblemList } from "./source";

/** A deployment of the manifest, with `defaults` applied. */
export interface ManifestDeployment extends DeclaredInputs {
  /** The entry's key, which is the resource's name in Pulumi. */
  readonly key: string;
  /** In the format of Pulumi's `customTimeouts`. */
  readonly timeouts: { readonly create?: string; readonly delete?: string };
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  /** The keys of deployments that come before this one in the list. */
  readonly dependsOn: readonly string[];
}

export interface Manifest {
  /** As given by the caller. */
  readonly file: string;
  /** In the order of the file, except that each comes after its dependencies. */
  readonly deployments: readonly ManifestDeployment[];
}

/**
 * Reads a manifest from a file (UTF-8; a relative path is relative to `root`, by default the working directory), or from text.
 * Declares nothing, and does not need Pulumi. Throws ManifestError, which contains all errors with their locations.
 *
 *     for (const { key, appType } of readManifest("deployments.yaml").deployments) console.log(key, appType);
 */
export function readManifest(from: string | ManifestSource, options: LoadOptions = {}): Manifest {
  const source = typeof from === "string" ? loadManifest(from, options) : checkedText(from);
  const problems = new ProblemList(source);
  const parsed = parseManifest(source.text, problems);
  const content = parsed && validate(parsed, problems);
  problems.throwIfAny();
  // Cannot happen: if the content is undefined, there is a problem.
  if (content === undefined) throw new ManifestError(source.file, [{ path: "", text: "cannot be read" }]);
  return { file: source.file, deployments: content };
}

function checkedText({ file, text }: ManifestSource): ManifestSource {
  if (Buffer.byteLength(text) > maxManifestBytes) {
    throw new ManifestError(file, [{ path: "", text: `is too large: at most ${maxManifestBytes} bytes are allowed` }]);
  }
  return { file, text: text.replace(/^\ufeff/, "") };
}

function validate(parsed: ParsedManifest, problems: ProblemList): readonly ManifestDeployment[] | undefined {
  const result = manifestSchema.safeParse(parsed.value);
  const issues = [...(result.error?.issues ?? [])];
  // zod does not check the value of an invalid key, so this does.
  for (const { code, path } of result.error?.issues ?? []) {
    if (code !== "invalid_key") continue;
    const entry = deploymentSchema.safeParse(entryAt(parsed.value, path));
    issues.push(...(entry.error?.issues ?? []).map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
  }
  explainIssues({ issues, parsed, problems });

  const order = orderByDependencies(writtenDependencies(parsed), (path, text) => {
    problems.add(parsed.locate(path).valueOffset, path, text);
  });
  return result.success ? withDefaults(result.data, order) : undefined;
}

/** Also for a manifest with other errors, so that all are reported at once. An invalid name becomes empty. */
function writtenDependencies({ value, keysOf }: ParsedManifest): ReadonlyMap<string, readonly string[]> {
  const deployments = asObject(asObject(value)["deployments"]);
  return new Map(
    keysOf(["deployments"]).map((key) => {
      const dependsOn = asObject(deployments[key])["dependsOn"];
      const targets: readonly unknown[] = Array.isArray(dependsOn) ? dependsOn : [];
      return [key, targets.map((target) => (typeof target === "string" ? target : ""))];
    }),
  );
}

function withDefaults({ defaults = {}, deployments }: ManifestFile, order: readonly string[]): ManifestDeployment[] {
  return order.flatMap((key): ManifestDeployment[] => {
    const entry = deployments[key];
    const appType = entry?.appType ?? defaults.appType;
    if (entry === undefined || appType === undefined) return [];
    const inputs = inputNames.flatMap((name) => (entry[name] === undefined ? [] : [[name, entry[name]]]));
    const protect = entry.protect ?? defaults.protect;
    const retainOnDelete = entry.retainOnDelete ?? defaults.retainOnDelete;
    return [
      {
        key,
        ...Object.fromEntries(inputs),
        appType,
        timeouts: { ...defaults.timeouts, ...entry.timeouts },
        ...(protect === undefined ? {} : { protect }),
        ...(retainOnDelete === undefined ? {} : { retainOnDelete }),
        dependsOn: [...new Set(entry.dependsOn)],
      },
    ];
  });
}

function entryAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((holder, part) => asObject(holder)[String(part)], value);
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
