import { isEngineAddress } from "../runtime/engine-values";

export const usage = `Usage: pulumi-resource-onvera [ENGINE]
       pulumi-resource-onvera import-file [FILE]

Without a command, serves the provider. ENGINE is the HOST:PORT of the Pulumi engine, which passes it at startup.

  import-file   print an import file for \`pulumi import\` with every deployment that the API key can read,
                except those in FILE, the output of \`pulumi stack export\`
`;

export type PluginCommand =
  | { readonly name: "serve"; readonly engineAddress: string | undefined }
  | { readonly name: "import-file"; readonly exportFile: string | undefined }
  | { readonly name: "help" }
  | { readonly name: "invalid" };

/** Reads the command line of the plugin. With an engine's address, unknown flags are ignored, and the plugin serves. */
export function readPluginArguments(args: readonly string[]): PluginCommand {
  const [first, ...rest] = args;
  if (first === "import-file") {
    if (rest.some(isHelp)) return { name: "help" };
    const isValid = rest.length <= 1 && !rest[0]?.startsWith("-");
    return isValid ? { name: "import-file", exportFile: rest[0] } : { name: "invalid" };
  }
  // Source: `buildPluginArguments` in the Pulumi SDK for Go: --logtostderr, -v=LEVEL, --tracing ENDPOINT, then the address.
  const isTracing = (arg: string | undefined) => /^--?tracing$/.test(arg ?? "");
  const own = args.filter((arg, index) => !isTracing(arg) && !isTracing(args[index - 1]));
  const engineAddress = own.filter(isEngineAddress).at(-1);
  const isOfEngine = (arg: string) => /^--?(?:logtostderr|logflow|v=\d+|tracing=.*)$/.test(arg);
  if (engineAddress !== undefined || own.every(isOfEngine)) return { name: "serve", engineAddress };
  return own.some(isHelp) ? { name: "help" } : { name: "invalid" };
}

function isHelp(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}
