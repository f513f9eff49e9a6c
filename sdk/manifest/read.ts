import { type DeclaredInputs, inputNames } from "../../provider/deployment/properties";
import { orderByDependencies } from "./dependencies";
import { ManifestError } from "./errors";
import { explainIssues } from "./explain";
import { type LoadOptions, loadManifest, type ManifestSource, maxManifestBytes } from "./load";
import { type ParsedManifest, parseManifest } from "./parse";
import { deploymentSchema, isObject, type ManifestFile, manifestSchema } from "./schema";
import { ProblemList } from "./source";

/** A deployment that the manifest lists, with `defaults` applied. What neither says is absent. */
export interface ManifestDeployment extends DeclaredInputs {
  /** The entry's key: the deployment's name in Pulumi. */
  readonly key: string;
  /** As Pulumi's `customTimeouts` take them. */
  readonly timeouts: { readonly create?: string; readonly delete?: string };
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  /** Keys of deployments that come before this one in the manifest's list. */
  readonly dependsOn: readonly string[];
}

export interface Manifest {
  /** As given by whoever read it. */
  readonly file: string;
  /** In the file's order, except that each comes after those it depends on. */
  readonly deployments: readonly ManifestDeployment[];
}

/**
 * Reads a manifest from a file (UTF-8; a relative path starts from `root`, else from the working directory), or from
 * text. Declares nothing and needs no Pulumi. Throws ManifestError, which holds every mistake with its place.
 *
 *     for (const { key, appType } of readManifest("deployments.yaml").deployments) console.log(key, appType);
 */
export function readManifest(from: string | ManifestSource, options: LoadOptions = {}): Manifest {
  const source = typeof from === "string" ? loadManifest(from, options) : checkedText(from);
  const problems = new ProblemList(source);
  const parsed = parseManifest(source.text, problems);
  const content = parsed && validate(parsed, problems);
  problems.throwIfAny();
  // Without a problem there is a value: each undefined above comes with one.
  if (content === undefined) throw new ManifestError(source.file, [{ path: "", text: "cannot be read" }]);
  return { file: source.file, deployments: content };
}

function checkedText({ file, text }: ManifestSource): ManifestSource {
  if (Buffer.byteLength(text) > maxManifestBytes) {
    throw new ManifestError(file, [{ path: "", text: `is too large: more than ${maxManifestBytes} bytes` }]);
  }
  return { file, text: text.replace(/^\ufeff/, "") };
}

function validate(parsed: ParsedManifest, problems: ProblemList): readonly ManifestDeployment[] | undefined {
  const result = manifestSchema.safeParse(parsed.value);
  const issues = [...(result.error?.issues ?? [])];
  // A record stops at a key that is wrong: look at its value all the same.
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

/** Also of a manifest that has other mistakes, so that all are reported at once; what is no name is empty. */
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
