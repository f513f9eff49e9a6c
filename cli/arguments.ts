import { parseArgs } from "node:util";
import type { DriftOptions } from "./drift/drift";
import { refusedFlag } from "./drift/preview-flags";
import { CommandError } from "./errors";

export type Command =
  | { readonly name: "help" }
  | { readonly name: "version" }
  | { readonly name: "drift"; readonly options: DriftOptions };

export const help = `Usage: pulumi-onvera drift [flags] [-- flags of pulumi preview]

Compares the deployments on Onvera with a stack's state, and shows what \`pulumi up\` would do about each difference.
Changes neither the state nor the platform. The exit code is 0 if nothing differs, 2 if something differs or an
operation is pending, and 1 if drift cannot be determined.

  -s, --stack NAME    the stack (default: the selected stack)
  -C, --cwd DIR       the project's folder (default: the current folder)
      --json          print JSON (described in docs/drift.md)
      --others MODE   resources of other providers: list (default: show them, but do not count them as drift),
                      count (count them as drift) or ignore
      --pulumi PATH   the Pulumi CLI (default: PULUMI_COMMAND, else pulumi on PATH)
  -h, --help          print this
  -v, --version       print the version of pulumi-onvera

Arguments after -- are passed to \`pulumi preview --refresh\`, for example: -- --config-file Pulumi.other.yaml
Flags that would change which resources are read, or the output, are refused.
`;

const flags = {
  stack: { type: "string", short: "s" },
  cwd: { type: "string", short: "C" },
  json: { type: "boolean" },
  others: { type: "string" },
  pulumi: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

const othersModes = ["list", "count", "ignore"] as const;

/** How to treat resources of other providers. */
export type OthersMode = (typeof othersModes)[number];

/** Reads the command line. Throws `CommandError` if it is invalid. */
export function readArguments(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const separator = args.indexOf("--");
  const own = separator === -1 ? args : args.slice(0, separator);
  const forPulumi = separator === -1 ? [] : args.slice(separator + 1);
  const { values, positionals } = parse(own);
  if (values.help) return { name: "help" };
  if (values.version) return { name: "version" };
  const [name, ...rest] = positionals;
  if (name === undefined) throw mistake("a command is missing");
  if (name === "help") return { name: "help" };
  if (name !== "drift") throw mistake(`there is no command "${name}"`);
  if (rest.length > 0) throw mistake(`unexpected argument "${rest.join(" ")}"; arguments for Pulumi go after --`);
  for (const flag of ["stack", "cwd", "pulumi"] as const) {
    if (values[flag] === "") throw mistake(`--${flag} is empty`);
  }
  const others = othersModes.find((mode) => mode === (values.others ?? "list"));
  if (others === undefined) {
    throw mistake(`--others is one of ${othersModes.join(", ")}, not "${values.others}"`);
  }
  const refused = refusedFlag(forPulumi);
  if (refused !== undefined) throw mistake(refused);
  return {
    name: "drift",
    options: {
      ...(values.stack === undefined ? {} : { stack: values.stack }),
      cwd: values.cwd ?? ".",
      isJson: values.json ?? false,
      others,
      pulumi: values.pulumi ?? (env["PULUMI_COMMAND"] || "pulumi"),
      forPulumi,
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    // Its first sentence says what is wrong; the rest is about a syntax that this command does not need.
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw mistake(sentence);
  }
}

function mistake(what: string): CommandError {
  return new CommandError(`${what}; see pulumi-onvera --help`);
}
