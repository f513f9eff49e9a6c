import { existsSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { stringify } from "yaml";
import { OnveraClient } from "../../provider/api/client";
import { displayText } from "../../provider/api/display-text";
import { adoptCommand } from "../../provider/deployment/adopt-setting";
import type { AppType } from "../../provider/deployment/properties";
import { dynamicType, pluginType } from "../../provider/deployment/properties";
import { nameInUrn } from "../../provider/runtime/engine-values";
import { resolveSettings } from "../../provider/runtime/settings";
import { readPackageVersion } from "../../provider/version";
import { textTable } from "../../sdk/text-table";
import { errorsOf } from "../drift/events";
import { hasPlan, readPlan } from "../drift/plan";
import { previewEvents } from "../drift/run-preview";
import { CommandError } from "../errors";
import { count, listMessages } from "../output";
import { findPlugin } from "../plugin";
import { canLoad, findPackage, findProject, type Project } from "../project";
import { PulumiCli } from "../pulumi";
import { exportState, heldDeployments, readConfig, type StackOptions, textSetting } from "../stack";
import { type Choice, chooseDeployments } from "./choose";
import { type FileChange, fileChange, readIfThere, writeFiles } from "./files";
import { nodeProgramFiles } from "./node-program";
import { addPlugin, addToYamlProgram, hostOf, keysInManifest, namesInYamlProgram, type ProgramForm } from "./program";
import { importFileText, importFlags, importWithDynamicProvider, importWithPlugin, urnOf } from "./state";
import type { UndoStack } from "./undo";

export interface ImportOptions extends StackOptions {
  /** Patterns of the platform's names; empty for all. */
  readonly names: readonly string[];
  readonly appType?: AppType;
  /** Default: `yaml` in a YAML project, else `typescript`. */
  readonly program?: ProgramForm;
  readonly isPrint: boolean;
}

export interface ImportSteps {
  readonly env: NodeJS.ProcessEnv;
  readonly undo: UndoStack;
  /** Aborted by Ctrl-C: no further step starts. */
  readonly signal: AbortSignal;
  /** Called with each step, for people. */
  readonly progress: (line: string) => void;
  /** Called with the key of the stack's configuration as soon as it is known, so that it can be masked. */
  readonly onApiKey: (apiKey: string | undefined) => void;
}

/** Does what `importDeployments` describes, and returns the text to print. Adds each change to `undo`, and throws on a failure. */
export async function importIntoProject(options: ImportOptions, steps: ImportSteps): Promise<string> {
  const { env, undo, signal, progress } = steps;
  const existing = findProject(options.cwd);
  const form = formFor(options, existing);
  const stack = existing === undefined ? (options.stack ?? "dev") : options.stack;
  const pulumi = new PulumiCli({ command: options.pulumi, cwd: options.cwd, env, stack });
  const project = existing ?? newProject(options.cwd, form);
  if (form !== "yaml") requirePackages(project, form);

  const config = existing === undefined ? new Map() : await readConfig(pulumi);
  steps.onApiKey(textSetting(config, "apiKey"));
  const state = existing === undefined ? {} : await exportState(pulumi);
  const settings = resolveSettings({
    config: { apiKey: textSetting(config, "apiKey"), baseUrl: textSetting(config, "baseUrl") },
    env,
  });
  progress("reading the organization's deployments");
  const deployments = await new OnveraClient({ settings }).allDeployments({ signal });
  const held = heldDeployments(state);
  const choice = chooseDeployments(deployments, {
    names: options.names,
    appType: options.appType,
    managedIds: held.ids,
    takenNames: [...held.names, ...namesInProgram(project, form)],
  });
  const { entries } = choice;
  if (entries.length === 0) return `nothing to import\n${leftOutText(choice)}`;

  const hasPlugin =
    hostOf(form) === "dynamic" ||
    (await findPlugin(project, { pulumi, env, preferredVersion: readPackageVersion() })) !== undefined;
  const pluginPath = hasPlugin ? undefined : pluginPathIn(project);
  const skeleton = existing === undefined ? [fileChange(project.file, () => newProjectText(project))] : [];
  const files = (texts: readonly FileChange[]) => programFiles({ project, form, entries, pluginPath, skeleton: texts });
  if (options.isPrint) return printedText({ form, entries, files: files(skeleton), choice });

  const check = () => {
    if (signal.aborted) throw new CommandError("interrupted");
  };
  check();
  if (existing === undefined) {
    progress(`creating the project "${project.name}" and the stack "${stack}"`);
    writeFiles(skeleton, undo);
    await createStack(pulumi, String(stack), undo);
  }
  const shown = await pulumi.runOnStack(["stack", "--show-name"]);
  const stackName = shown.stdout.trim();
  if (shown.how !== undefined || stackName === "")
    throw new CommandError(pulumi.failureText("stack --show-name", shown));
  check();
  progress(`importing ${count(entries.length, "deployment")} into the stack "${stackName}"`);
  const stateImport = { pulumi, env, project, stackName, entries, undo };
  if (hostOf(form) === "plugin") await importWithPlugin(stateImport);
  else await importWithDynamicProvider(stateImport);
  check();
  const changes = files([]);
  writeFiles(changes, undo);
  check();
  progress("running a preview");
  const type = hostOf(form) === "plugin" ? pluginType : dynamicType;
  const urns = new Set(entries.map(({ key }) => urnOf({ project, stackName, key, type })));
  const otherChanges = await checkPreview(pulumi, urns);
  const lines = [
    `imported ${count(entries.length, "deployment")} into the stack "${stackName}"; the preview shows no change to them`,
    "",
    ...textTable([["NAME", "TYPE", "ID"], ...entries.map(({ key, appType, id }) => [key, appType, displayText(id)])]),
    "",
    ...[...skeleton, ...changes]
      .filter(({ path }, index, all) => all.findIndex((other) => other.path === path) === index)
      .map(({ path, previous }) => `${previous === undefined ? "created" : "changed"} ${relative(options.cwd, path)}`),
    ...(otherChanges.length === 0
      ? []
      : [
          `the preview shows changes to other resources, which the import has not caused: ${listMessages(otherChanges)}`,
        ]),
    "each deployment is protected; before you destroy or replace one, remove `protect` and run `pulumi up`",
  ];
  return `${lines.join("\n")}\n${leftOutText(choice)}`;
}

function formFor({ program, cwd }: ImportOptions, project: Project | undefined): ProgramForm {
  if (project === undefined)
    return program ?? (findPackage(cwd, "pulumi-onvera") === undefined ? "yaml" : "typescript");
  const isNode = project.runtime === "nodejs" || project.runtime === "bun";
  if (!isNode && project.runtime !== "yaml") {
    throw new CommandError(
      `the project's runtime is ${project.runtime}; for a program in another language, import with ` +
        "`pulumi-resource-onvera import-file` and `pulumi import --file` (docs/how-to-import.md)",
    );
  }
  const form = program ?? (isNode ? "typescript" : "yaml");
  if ((form === "yaml") === isNode) {
    throw new CommandError(`--program ${form} does not fit the project, whose runtime is ${project.runtime}`);
  }
  const elsewhere = form === "yaml" ? programOutsidePulumiYaml(project) : undefined;
  if (elsewhere !== undefined) {
    throw new CommandError(`${elsewhere}; only a program in Pulumi.yaml itself can be extended`);
  }
  return form;
}

function programOutsidePulumiYaml({ file, folder, programFolder }: Project): string | undefined {
  if (programFolder !== folder) return `${file} has "main"`;
  // The order in which Pulumi looks for the program of a YAML project.
  const program = ["Main.json", "Main.yaml", "Pulumi.yaml"].map((name) => join(folder, name)).find(existsSync);
  return program === file ? undefined : `the program is ${program ?? file}`;
}

function newProject(folder: string, form: ProgramForm): Project {
  const name =
    basename(folder)
      .replaceAll(/[^\w.-]+/g, "-")
      .slice(0, 100) || "onvera";
  const runtime = form === "yaml" ? "yaml" : "nodejs";
  return { file: join(folder, "Pulumi.yaml"), folder, name, runtime, programFolder: folder, pluginFolder: undefined };
}

function newProjectText({ name, runtime }: Project): string {
  return stringify({ name, runtime });
}

function requirePackages({ programFolder }: Project, form: ProgramForm): void {
  const missing = ["pulumi-onvera", "@pulumi/pulumi"].filter((name) => findPackage(programFolder, name) === undefined);
  if (missing.length > 0) {
    const install = `run \`npm install ${missing.join(" ")}\` there first`;
    throw new CommandError(`programs in ${programFolder} cannot load ${missing.join(" and ")}; ${install}`);
  }
  if (form === "typescript-plugin" && !canLoad(programFolder, "pulumi-onvera/plugin")) {
    throw new CommandError(`the version of pulumi-onvera in ${programFolder} has no pulumi-onvera/plugin; update it`);
  }
}

/** The folder of the plugin in the project's `node_modules`, for Pulumi.yaml. */
function pluginPathIn({ folder, pluginFolder }: Project): string {
  const found = findPackage(folder, "pulumi-onvera");
  if (pluginFolder === undefined && found !== undefined) {
    const inModules = join("node_modules", "pulumi-onvera", "bin");
    if (readIfThere(join(folder, inModules, "pulumi-resource-onvera")) !== undefined) return inModules;
  }
  throw new CommandError(
    "the project finds no provider plugin; run `npm install pulumi-onvera` in its folder, or install the plugin " +
      "(docs/how-to-install-the-plugin.md)",
  );
}

function namesInProgram({ file, folder }: Project, form: ProgramForm): string[] {
  if (form === "yaml") return namesInYamlProgram(readIfThere(file) ?? "{}");
  return form === "manifest" ? keysInManifest(readIfThere(join(folder, "deployments.yaml")) ?? "{}") : [];
}

interface ProgramFileOptions {
  readonly project: Project;
  readonly form: ProgramForm;
  readonly entries: Choice["entries"];
  /** To be added to Pulumi.yaml, for a project that finds no plugin. */
  readonly pluginPath: string | undefined;
  /** Files that are not written yet. */
  readonly skeleton: readonly FileChange[];
}

/** What the command changes in the project's files. */
function programFiles({ project, form, entries, pluginPath, skeleton }: ProgramFileOptions): FileChange[] {
  const skeletonText = skeleton.find(({ path }) => path === project.file)?.text;
  const pulumiYaml = fileChange(project.file, (previous) => {
    const text = previous ?? skeletonText ?? "";
    const withPlugin = pluginPath === undefined ? text : addPlugin(text, pluginPath);
    return form === "yaml" ? addToYamlProgram(withPlugin, entries) : withPlugin;
  });
  const isChanged = pulumiYaml.text !== pulumiYaml.previous;
  const program =
    form === "yaml"
      ? []
      : nodeProgramFiles({
          folder: project.programFolder,
          mainFile: project.programFile,
          projectFolder: project.folder,
          form,
          entries,
        });
  return [...(isChanged ? [pulumiYaml] : []), ...program];
}

async function createStack(pulumi: PulumiCli, stack: string, undo: UndoStack): Promise<void> {
  const ended = await pulumi.run(["stack", "init", stack, "--non-interactive", "--color", "never"]);
  if (ended.how !== undefined) throw new CommandError(pulumi.failureText(`stack init ${stack}`, ended));
  undo.add(`created the stack "${stack}"`, async () => {
    const removed = await pulumi.run(["stack", "rm", stack, "--yes", "--force", "--non-interactive"]);
    if (removed.how !== undefined) throw new CommandError(pulumi.failureText(`stack rm ${stack}`, removed));
  });
}

/** Runs a preview of the user's program, and returns the changes to other resources. Throws if it would change one of `urns`. */
async function checkPreview(pulumi: PulumiCli, urns: ReadonlySet<string>): Promise<string[]> {
  const { ended, events } = await previewEvents(pulumi, []);
  const errors = errorsOf(events);
  const { changed } = readPlan(events);
  const differing = changed.filter(({ urn }) => urns.has(urn));
  if (differing.length > 0) {
    const steps = differing.map(stepText);
    throw new CommandError(`the preview after the import shows changes: ${listMessages([...steps, ...errors])}`);
  }
  if (ended.how !== undefined || !hasPlan(events)) {
    throw new CommandError(pulumi.failureText("preview", ended, errors.length > 0 ? [listMessages(errors)] : []));
  }
  return changed.map(stepText);
}

function stepText({ urn, up }: { readonly urn: string; readonly up: string }): string {
  return `${nameInUrn(urn)}: ${up}`;
}

function leftOutText({ skipped, managedCount }: Choice): string {
  const lines = [
    ...skipped.map(({ deployment: { id, name = "" }, reason }) => `left out: "${name}" (${id}): ${reason}`),
    ...(managedCount === 0 ? [] : [`left out: ${count(managedCount, "deployment")} that the stack manages already`]),
  ];
  return lines.map((line) => `${displayText(line)}\n`).join("");
}

interface PrintedText {
  readonly form: ProgramForm;
  readonly entries: Choice["entries"];
  readonly files: readonly FileChange[];
  readonly choice: Choice;
}

/** The files and commands with which a person does the same. */
function printedText({ form, entries, files, choice }: PrintedText): string {
  const section = (title: string, text: string) => `--- ${title}\n${text.trimEnd()}\n\n`;
  const isPlugin = hostOf(form) === "plugin";
  const commands = isPlugin
    ? [`pulumi import --file import.json ${importFlags.join(" ")}`, "pulumi preview --expect-no-changes"]
    : [
        ...entries.map(({ key, id }) => adoptCommand(key, id)),
        "pulumi up",
        "pulumi config rm onvera:adopt",
        "pulumi preview --expect-no-changes",
      ];
  return [
    ...(isPlugin ? [section("import.json (new)", importFileText(entries))] : []),
    ...files.map(({ path, text, previous }) =>
      section(`${path} (${previous === undefined ? "new" : "changed"})`, text),
    ),
    section("commands", commands.join("\n")),
    leftOutText(choice),
  ].join("");
}
