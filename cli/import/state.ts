import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, extname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parseDocument, YAMLMap } from "yaml";
import { z } from "zod";
import { removeAdoptInstruction } from "../../provider/deployment/adopt-setting";
import { dynamicType, pluginType } from "../../provider/deployment/properties";
import { readPackageVersion } from "../../provider/version";
import { errorsOf, readEvents } from "../drift/events";
import { CommandError } from "../errors";
import { listMessages } from "../output";
import { findPlugin } from "../plugin";
import type { Project } from "../project";
import { PulumiCli } from "../pulumi";
import { readIfThere } from "./files";
import { type ImportEntry, keyScalar, mapAt, quotedScalar } from "./program";
import type { UndoStack } from "./undo";

export interface StateImport {
  readonly pulumi: PulumiCli;
  readonly env: NodeJS.ProcessEnv;
  readonly project: Project;
  /** The stack's full name, as `pulumi stack` prints it. */
  readonly stackName: string;
  readonly entries: readonly ImportEntry[];
  readonly undo: UndoStack;
}

/** The import file for `pulumi import --file`. */
export function importFileText(entries: readonly ImportEntry[]): string {
  const resources = entries.map(({ key: name, id }) => ({ type: pluginType, name, id }));
  return `${JSON.stringify({ resources }, null, 2)}\n`;
}

export const importFlags = ["--yes", "--skip-preview", "--generate-code=false"] as const;

/** Imports the deployments with `pulumi import`, through the provider plugin. */
export async function importWithPlugin(options: StateImport): Promise<void> {
  const { pulumi, env, project, entries } = options;
  const folder = mkdtempSync(join(tmpdir(), "onvera-import-"));
  try {
    const file = join(folder, "import.json");
    writeFileSync(file, importFileText(entries));
    await restoreStateOnUndo(options);
    const found = await findPlugin(project, { pulumi, env, preferredVersion: readPackageVersion() });
    // Without a plugin of its own, the project imports with this package's.
    const path = [join(packageFolder(), "bin"), env["PATH"]].filter((part) => part).join(delimiter);
    const ended = await pulumi.runOnStack(["import", "--file", file, ...importFlags], {
      env: found === undefined ? { PATH: path } : {},
    });
    if (ended.how !== undefined) throw new CommandError(pulumi.failureText("import", ended));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This package's folder, from the sources and from what is built. */
function packageFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (readIfThere(join(folder, "package.json"))?.includes('"name": "pulumi-onvera"')) return folder;
    if (dirname(folder) === folder) throw new CommandError("the package's own folder is not known; install it again");
  }
}

/**
 * Adopts the deployments with a program of its own, which declares nothing else, and the setting `onvera:adopt`: the dynamic
 * provider has no `pulumi import`. The rest of the stack is no target of this run, and the user's program does not run.
 */
export async function importWithDynamicProvider(options: StateImport): Promise<void> {
  const { pulumi, env, project, stackName, entries } = options;
  // Below the program's folder, so that its packages are found.
  const folder = mkdtempSync(join(project.programFolder, ".onvera-import-"));
  try {
    const backendUrl = await relativeBackendUrl(pulumi);
    for (const [name, text] of adoptingProject(options, backendUrl)) writeFileSync(join(folder, name), text);
    const before = await restoreStateOnUndo(options);
    const urns = entries.map(({ key }) => urnOf({ project, stackName, key, type: dynamicType }));
    const backend = backendUrl === undefined ? {} : { PULUMI_BACKEND_URL: backendUrl };
    const runner = new PulumiCli({
      command: pulumi.command,
      cwd: folder,
      env: { ...env, ...backend },
      stack: stackName,
    });
    const targets = urns.flatMap((urn) => ["--target", urn]);
    const ended = await runner.runOnStack(["up", "--yes", "--skip-preview", "--json", ...targets], {
      env: { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
    });
    // The setting is only in the adopting program's own configuration, so the advice to remove it does not apply.
    const advice = entries.map(({ key }) => `; ${removeAdoptInstruction({ logicalName: key })}`);
    const errors = errorsOf(readEvents(ended.stdout)).map((error) =>
      advice.reduce((text, part) => text.replace(part, ""), error),
    );
    if (ended.how !== undefined) {
      throw new CommandError(runner.failureText("up", ended, errors.length > 0 ? [listMessages(errors)] : []));
    }
    await editResources(pulumi, (resources) => {
      requireAdopted(resources, options);
      return withEngineResourcesOf(before, resources);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws `CommandError` if the state has another deployment for an entry, or none. */
function requireAdopted(resources: readonly RawResource[], { project, stackName, entries, undo }: StateImport): void {
  const idByUrn = new Map(resources.map(({ urn, id }) => [urn, id]));
  const differences = entries.flatMap(({ key, id }) => {
    const found = idByUrn.get(urnOf({ project, stackName, key, type: dynamicType }));
    if (found === id) return [];
    if (found !== undefined) {
      undo.add(`deployment ${found} on Onvera, which this run may have created`, () => {
        throw new CommandError("check it, and destroy it if nobody needs it");
      });
    }
    return [`${JSON.stringify(key)} has ${found ?? "no deployment"} in the state, expected ${id}`];
  });
  if (differences.length > 0) throw new CommandError(differences.join("; "));
}

/** The absolute URL of a state that the CLI finds relative to its folder. Undefined for any other. */
async function relativeBackendUrl(pulumi: PulumiCli): Promise<string | undefined> {
  const { stdout } = await pulumi.run(["whoami", "--json"]);
  const [, path] = /"url":\s*"file:\/\/(?![/~])([^"?]*)/.exec(stdout) ?? [];
  return path === undefined ? undefined : `file://${join(pulumi.cwd, path)}`;
}

/** Without its `onvera:adopt` entry, a deployment would be created a second time, so the program first checks what Pulumi has parsed. */
const adoptingProgram = `const { Config, RunError } = require("@pulumi/pulumi");
const { Deployment } = require("pulumi-onvera");
const resources = require("./resources.json");
const adopt = new Config("onvera").getObject("adopt") ?? {};
const missing = resources.filter(({ key, id }) => adopt[key] !== id).map(({ key }) => JSON.stringify(key));
if (missing.length > 0) {
  throw new RunError(
    "onvera:adopt does not name the deployment of " + missing.join(", ") + ", so nothing was imported; please report this",
  );
}
for (const { key, args } of resources) new Deployment(key, args, { protect: true });
`;

/** The files of the adopting program, by name. */
export function adoptingProject(
  { project, stackName, entries }: StateImport,
  backendUrl: string | undefined,
): [string, string][] {
  const file = parseDocument(readIfThere(project.file) ?? "");
  const configFolder = file.get("stackConfigDir");
  for (const key of ["main", "plugins", "packages", "stackConfigDir", "resources", "outputs", "variables"])
    file.delete(key);
  if (backendUrl !== undefined) mapAt(file, "backend").set("url", backendUrl);
  file.set("runtime", file.createNode({ name: "nodejs", options: { typescript: false } }));
  const configName = `Pulumi.${stackName.split("/").at(-1)}.yaml`;
  const folder = typeof configFolder === "string" ? join(project.folder, configFolder) : project.folder;
  // The stack's file has the extension of the project's.
  const source = join(folder, `${basename(configName, ".yaml")}${extname(project.file)}`);
  const config = parseDocument(readIfThere(source) ?? "{}");
  const adopt = new YAMLMap();
  for (const { key, id } of entries) adopt.set(keyScalar(key), quotedScalar(id));
  mapAt(config, "config").set("onvera:adopt", adopt);
  const resources = entries.map(({ key, id, appType, name }) => ({ key, id, args: { appType, name } }));
  return [
    ["Pulumi.yaml", file.toString()],
    [configName, config.toString()],
    ["package.json", JSON.stringify({ private: true, main: "index.js" })],
    ["resources.json", JSON.stringify(resources)],
    ["index.js", adoptingProgram],
  ];
}

export function urnOf({
  project,
  stackName,
  key,
  type,
}: {
  project: Project;
  stackName: string;
  key: string;
  type: string;
}): string {
  return `urn:pulumi:${stackName.split("/").at(-1)}::${project.name}::${type}::${key}`;
}

const resourceSchema = z.looseObject({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  inputs: z.unknown().optional(),
  outputs: z.unknown().optional(),
});
const rawStateSchema = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(resourceSchema).nullish(),
  }),
});

type RawState = z.infer<typeof rawStateSchema>;
type RawResource = z.infer<typeof resourceSchema>;

/** On undo, the state has none of the imported resources. What other runs do to other resources meanwhile is kept. */
async function restoreStateOnUndo({ pulumi, project, stackName, entries, undo }: StateImport): Promise<RawState> {
  const before = await exportRaw(pulumi);
  const former = new Set(before.deployment.resources?.map(({ urn }) => urn));
  const imported = new Set(
    [pluginType, dynamicType].flatMap((type) => entries.map(({ key }) => urnOf({ project, stackName, key, type }))),
  );
  undo.add("deployments imported into the stack's state", () =>
    editResources(pulumi, (resources) => {
      const left = resources.filter(({ urn }) => former.has(urn) || !imported.has(urn));
      // What another run has created depends on the providers.
      const isOnlyOurs = left.every(({ urn, type }) => former.has(urn) || isOfEngine(type));
      return withEngineResourcesOf(before, isOnlyOurs ? left.filter(({ urn }) => former.has(urn)) : left);
    }),
  );
  return before;
}

/** The stack itself and the providers. */
function isOfEngine(type: string): boolean {
  return /^pulumi:(?:providers:|pulumi:Stack$)/.test(type);
}

/**
 * Gives the stack and the providers back what they were before another program ran: the stack's outputs, and the provider's
 * settings without `onvera:adopt`.
 */
function withEngineResourcesOf(before: RawState, resources: readonly RawResource[]): RawResource[] {
  const former = new Map(before.deployment.resources?.map((resource) => [resource.urn, resource]));
  return resources.map((resource) => {
    if (!isOfEngine(resource.type)) return resource;
    const { inputs, outputs } = resource;
    return former.get(resource.urn) ?? { ...resource, ...withoutAdopt({ inputs, outputs }) };
  });
}

function withoutAdopt(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== "object" || value === null) return [name, value];
      const { "onvera:adopt": _, ...rest } = value as Record<string, unknown>;
      return [name, rest];
    }),
  );
}

/** Changes the resources in the stack's state. Writes nothing if `edit` changes nothing. */
async function editResources(
  pulumi: PulumiCli,
  edit: (resources: readonly RawResource[]) => readonly RawResource[],
): Promise<void> {
  const state = await exportRaw(pulumi);
  const resources = state.deployment.resources ?? [];
  const edited = edit(resources);
  if (isDeepStrictEqual(edited, resources)) return;
  const folder = mkdtempSync(join(tmpdir(), "onvera-import-"));
  try {
    const file = join(folder, "state.json");
    const text = JSON.stringify({ ...state, deployment: { ...state.deployment, resources: edited } });
    writeFileSync(file, text, { mode: 0o600 });
    const ended = await pulumi.runOnStack(["stack", "import", "--file", file]);
    if (ended.how !== undefined) throw new CommandError(pulumi.failureText("stack import", ended));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function exportRaw(pulumi: PulumiCli): Promise<RawState> {
  const ended = await pulumi.runOnStack(["stack", "export"]);
  const { data } = rawStateSchema.safeParse(ended.how === undefined ? JSON.parse(ended.stdout) : undefined);
  if (data === undefined) throw new CommandError(pulumi.failureText("stack export", ended));
  return data;
}
