import { existsSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { CommandError } from "../errors";
import { type FileChange, fileChange, readIfThere } from "./files";
import {
  addModule,
  addToManifest,
  deploymentsModule,
  type ImportEntry,
  type ModuleSyntax,
  manifestModule,
  type ProgramForm,
} from "./program";

/** Folders in which a compiler puts its output. */
const outputFolders = /^(?:bin|build|dist|lib|out|node_modules)(?:[\\/]|$)/;

export interface NodeProgramOptions {
  /** The folder of the program, with package.json. */
  readonly folder: string;
  /** The program's first file, if Pulumi.yaml names it. */
  readonly mainFile?: string | undefined;
  /** The folder of Pulumi.yaml, with the manifest. */
  readonly projectFolder: string;
  readonly form: Exclude<ProgramForm, "yaml">;
  readonly entries: readonly ImportEntry[];
}

/**
 * The files that declare the deployments in a Node.js project: a module of their own, which the program's first file loads. If
 * there is no program, the module is the program. Throws `CommandError` if the program's first file is not known.
 */
export function nodeProgramFiles({ folder, mainFile, projectFolder, form, entries }: NodeProgramOptions): FileChange[] {
  const changes: FileChange[] = [];
  if (form === "manifest") {
    const manifest = fileChange(join(projectFolder, "deployments.yaml"), (text) => addToManifest(text, entries));
    // A program that has a manifest already reads it.
    if (manifest.previous !== undefined) return [manifest];
    changes.push(manifest);
  }
  const moduleText = (syntax: ModuleSyntax) => {
    const from = form === "typescript-plugin" ? "pulumi-onvera/plugin" : "pulumi-onvera";
    return form === "manifest" ? manifestModule(syntax) : deploymentsModule(entries, { syntax, from });
  };
  const named = mainFile === undefined ? undefined : sourceFile(mainFile, projectFolder);
  const entryFile = named !== undefined && existsSync(named) ? named : findEntryFile(folder);
  if (entryFile === undefined) {
    changes.push(
      fileChange(join(folder, "index.ts"), () => moduleText("import")),
      ...mainOf(folder, "index.ts"),
    );
    return changes;
  }
  const syntax = syntaxOf(entryFile, folder);
  const module = freeModule(dirname(entryFile), extname(entryFile));
  changes.push(fileChange(module, () => moduleText(syntax)));
  const suffix = extname(entryFile) === ".ts" && isModulePackage(folder) ? ".js" : extname(entryFile);
  const isPathOfModule = syntax === "import" && (extname(entryFile) !== ".ts" || isModulePackage(folder));
  const specifier = `./${basename(module, extname(module))}${isPathOfModule ? suffix : ""}`;
  changes.push(fileChange(entryFile, (text = "") => addModule(text, specifier, syntax)));
  return changes;
}

/** The file that Pulumi runs first. Undefined if there is no program yet. */
function findEntryFile(folder: string): string | undefined {
  const { main } = readPackageJson(folder);
  const named = typeof main === "string" ? [main, main.replace(/\.js$/, ".ts"), ...withoutExtension(main)] : [];
  const found = ["index.ts", ...named, "index.js"]
    .map((name) => join(folder, name))
    .filter((path) => /\.[cm]?[jt]s$/.test(path))
    .find((path) => readIfThere(path) !== undefined);
  if (found !== undefined) return sourceFile(found, folder);
  if (typeof main !== "string") return undefined;
  if (outputFolders.test(main.replace(/^\.\//, ""))) {
    throw printInstead(`the program in ${folder} is compiled to ${main}, so its source is not known`);
  }
  // A new program would replace this one.
  if (existsSync(join(folder, main))) {
    throw printInstead(`"main" of ${join(folder, "package.json")} names ${main}, in which no program was found`);
  }
  return undefined;
}

/** The same file. Throws `CommandError` if a compiler writes it. */
function sourceFile(file: string, folder: string): string {
  if (!outputFolders.test(relative(folder, file))) return file;
  throw printInstead(`${file} is the output of a compiler`);
}

function printInstead(reason: string): CommandError {
  return new CommandError(`${reason}; run the command with --print, and add the printed module to the program`);
}

/** The files that Node.js looks for if `main` is a folder, or has no extension. */
function withoutExtension(main: string): string[] {
  return [".ts", ".js"].flatMap((extension) => [`${main}${extension}`, join(main, `index${extension}`)]);
}

function syntaxOf(file: string, folder: string): ModuleSyntax {
  if (/\.(?:ts|mts|mjs)$/.test(file)) return "import";
  return !file.endsWith(".cjs") && !file.endsWith(".cts") && isModulePackage(folder) ? "import" : "require";
}

/** As Node.js decides: by the nearest package.json. */
function isModulePackage(folder: string): boolean {
  if (existsSync(join(folder, "package.json"))) return readPackageJson(folder)["type"] === "module";
  return dirname(folder) !== folder && isModulePackage(dirname(folder));
}

function freeModule(folder: string, extension: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(folder, `onvera-deployments${number === 1 ? "" : `-${number}`}${extension}`);
    if (readIfThere(path) === undefined) return path;
  }
}

/** `npm init` names a main file that does not exist. */
function mainOf(folder: string, main: string): FileChange[] {
  const path = join(folder, "package.json");
  const content = readPackageJson(folder);
  if (content["main"] === main) return [];
  return [fileChange(path, () => `${JSON.stringify({ ...content, main }, null, 2)}\n`)];
}

function readPackageJson(folder: string): Readonly<Record<string, unknown>> {
  const path = join(folder, "package.json");
  try {
    // Node.js ignores a byte order mark too.
    const content: unknown = JSON.parse((readIfThere(path) ?? "{}").replace(/^\uFEFF/, ""));
    return typeof content === "object" && content !== null ? (content as Record<string, unknown>) : {};
  } catch {
    throw new CommandError(`${path} is not JSON`);
  }
}
