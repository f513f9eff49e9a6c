import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { CommandError } from "./errors";

export interface Project {
  /** The path of Pulumi.yaml. */
  readonly file: string;
  readonly folder: string;
  readonly name: string;
  /** Such as `nodejs` or `yaml`. */
  readonly runtime: string;
  /** The folder of the program. */
  readonly programFolder: string;
  /** The program's first file, if `main` names it. */
  readonly programFile?: string;
  /** The folder of the provider plugin that `plugins` names. */
  readonly pluginFolder: string | undefined;
}

const fileNames = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** The project of a folder, found as the Pulumi CLI does. Undefined if there is none. Throws `CommandError` if it cannot be read. */
export function findProject(start: string): Project | undefined {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    const found = fileNames.map((name) => join(folder, name)).find(existsSync);
    if (found !== undefined) return readProject(found);
    if (dirname(folder) === folder) return undefined;
  }
}

function readProject(file: string): Project {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
  }
  const { name, runtime, main, plugins } = fieldsOf(content);
  const runtimeName = typeof runtime === "string" ? runtime : fieldsOf(runtime)["name"];
  if (typeof name !== "string" || typeof runtimeName !== "string") {
    throw new CommandError(`${file} has no "name" or no "runtime"`);
  }
  const folder = dirname(file);
  const { providers } = fieldsOf(plugins);
  const plugin = (Array.isArray(providers) ? providers : []).map(fieldsOf).find((each) => each["name"] === "onvera");
  const path = plugin?.["path"];
  const program = typeof main === "string" ? resolve(folder, main) : folder;
  const isFile = /\.[cm]?[jt]s$/.test(program);
  return {
    file,
    folder,
    name,
    runtime: runtimeName,
    programFolder: isFile ? dirname(program) : program,
    ...(isFile ? { programFile: program } : {}),
    pluginFolder: typeof path === "string" ? resolve(folder, path) : undefined,
  };
}

/** An installed package, as programs in a folder load it. Undefined if they cannot. */
export function findPackage(folder: string, name: string): { folder: string; version: string } | undefined {
  try {
    const file = createRequire(join(folder, "index.js")).resolve(`${name}/package.json`);
    return { folder: dirname(file), version: versionOf(file) ?? "unknown" };
  } catch {
    return undefined;
  }
}

/** Whether programs in a folder can load a module. */
export function canLoad(folder: string, module: string): boolean {
  try {
    createRequire(join(folder, "index.js")).resolve(module);
    return true;
  } catch {
    return false;
  }
}

/** The version in a package.json, if it is that of the given package. */
export function versionOf(file: string, ofPackage?: string): string | undefined {
  try {
    const { name, version } = fieldsOf(JSON.parse(readFileSync(file, "utf8")));
    return typeof version === "string" && (ofPackage === undefined || name === ofPackage) ? version : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
