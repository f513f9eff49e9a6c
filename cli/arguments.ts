import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type AppType, appTypes } from "../provider/deployment/properties";
import type { DoctorOptions } from "./doctor/doctor";
import { type OthersMode, othersModes } from "./drift/compare";
import type { DriftOptions } from "./drift/drift";
import { refusedFlag } from "./drift/preview-flags";
import { CommandError } from "./errors";
import { commandHelp } from "./help";
import { type ProgramForm, programForms } from "./import/program";
import type { ImportOptions } from "./import/steps";
import type { StackOptions } from "./stack";

export type Command =
  | { readonly name: "help"; readonly text: string }
  | { readonly name: "version" }
  | { readonly name: "doctor"; readonly options: DoctorOptions }
  | { readonly name: "drift"; readonly options: DriftOptions }
  | { readonly name: "import"; readonly options: ImportOptions };

const flags = {
  stack: { type: "string", short: "s" },
  cwd: { type: "string", short: "C" },
  pulumi: { type: "string" },
  json: { type: "boolean" },
  others: { type: "string" },
  name: { type: "string", multiple: true },
  type: { type: "string" },
  program: { type: "string" },
  print: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

type Flag = keyof typeof flags;

const commonFlags: readonly Flag[] = ["stack", "cwd", "pulumi"];
const flagsOf: Readonly<Record<"doctor" | "drift" | "import", readonly Flag[]>> = {
  doctor: ["json"],
  drift: ["json", "others"],
  import: ["name", "type", "program", "print"],
};

/** Reads the command line. Throws `CommandError` if it is invalid. */
export function readArguments(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const separator = args.indexOf("--");
  const own = separator === -1 ? args : args.slice(0, separator);
  const forPulumi = separator === -1 ? [] : args.slice(separator + 1);
  const { values, positionals } = parse(own);
  const [name, ...rest] = positionals;
  if (values.help || name === "help") return { name: "help", text: commandHelp(name === "help" ? rest[0] : name) };
  if (values.version) return { name: "version" };
  if (name === undefined) throw usageError("a command is missing");
  if (!isCommand(name)) throw usageError(`there is no command "${name}"`);
  const isDrift = name === "drift";
  if (rest.length > 0) {
    throw usageError(`unexpected argument "${rest.join(" ")}"${isDrift ? "; arguments for Pulumi go after --" : ""}`);
  }
  if (separator !== -1 && !isDrift) throw usageError(`${name} takes no arguments after --`);
  for (const flag of Object.keys(values) as Flag[]) {
    if (![...commonFlags, ...flagsOf[name]].includes(flag)) throw usageError(`${name} has no flag --${flag}`);
    if ([values[flag]].flat().includes("")) throw usageError(`--${flag} is empty`);
  }
  const common: StackOptions = {
    ...(values.stack === undefined ? {} : { stack: values.stack }),
    cwd: values.cwd ?? ".",
    pulumi: commandPath(values.pulumi ?? (env["PULUMI_COMMAND"] || "pulumi")),
  };
  const isJson = values.json ?? false;
  switch (name) {
    case "doctor":
      return { name, options: { ...common, isJson } };
    case "drift": {
      const others = oneOf<OthersMode>("others", values.others ?? "list", othersModes);
      const refused = refusedFlag(forPulumi);
      if (refused !== undefined) throw usageError(refused);
      return { name, options: { ...common, isJson, others, forPulumi } };
    }
    case "import":
      return {
        name,
        options: {
          ...common,
          names: values.name ?? [],
          ...(values.type === undefined ? {} : { appType: oneOf<AppType>("type", values.type, appTypes) }),
          ...(values.program === undefined
            ? {}
            : { program: oneOf<ProgramForm>("program", values.program, programForms) }),
          isPrint: values.print ?? false,
        },
      };
  }
}

/** The CLI runs in several folders, so a relative path is completed here. A name is looked up on PATH. */
function commandPath(command: string): string {
  return /[\\/]/.test(command) ? resolve(command) : command;
}

function isCommand(name: string): name is keyof typeof flagsOf {
  return Object.hasOwn(flagsOf, name);
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw usageError(`--${flag} is one of ${allowed.join(", ")}, not "${value}"`);
  return found;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    // The first sentence says what is wrong. The rest describes a syntax that these commands do not need.
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw usageError(sentence);
  }
}

function usageError(what: string): CommandError {
  return new CommandError(`${what}; see pulumi-onvera --help`);
}
