import { appTypes } from "../provider/deployment/properties";
import { wordList } from "../provider/word-list";

const common = `  -s, --stack NAME    the stack (default: the selected stack)
  -C, --cwd DIR       the project's folder (default: the current folder)
      --pulumi PATH   the Pulumi CLI (default: PULUMI_COMMAND, else pulumi on PATH)
`;

const overview = `Usage: pulumi-onvera COMMAND [flags]

  doctor    find out what is wrong with a setup, before an apply does
  drift     compare the deployments on Onvera with a stack's state
  import    bring existing deployments under Pulumi's management

  -h, --help       print this, or the help of a command: pulumi-onvera drift --help
  -v, --version    print the version of pulumi-onvera
`;

const doctor = `Usage: pulumi-onvera doctor [flags]

Checks Node.js, the Pulumi CLI, the project, the API key and its scopes, the connection to Onvera, and the stack's state, and
compares the API's OpenAPI document with what this provider relies on. Sends GET requests only, and changes nothing. The
exit code is 0 if there is no error, 2 if there is one, and 1 if the command itself fails. docs/doctor.md describes each check.

${common}      --json          print JSON
`;

const drift = `Usage: pulumi-onvera drift [flags] [-- flags of pulumi preview]

Compares the deployments on Onvera with a stack's state, and shows what \`pulumi up\` would do about each difference.
Changes neither the state nor the platform. The exit code is 0 if nothing differs, 2 if something differs or an
operation is pending, and 1 if drift cannot be determined.

${common}      --json          print JSON (described in docs/drift.md)
      --others MODE   resources of other providers: list (default: show them, but do not count them as drift),
                      count (count them as drift) or ignore

Arguments after -- are passed to \`pulumi preview --refresh\`, for example: -- --config-file Pulumi.other.yaml
Flags that would change which resources are read, or the output, are refused.
`;

const importHelp = `Usage: pulumi-onvera import [flags]

Imports deployments that exist on Onvera into a stack, writes the program that declares them, and ends with a preview that
shows no change to them. Leaves out what the stack manages already. Changes nothing on Onvera. If a step fails, the command
restores the state and the files. In a folder without Pulumi.yaml, it creates the project as well.

${common}      --name PATTERN  import the deployments with a matching name, such as 'etl-*'; can be repeated (default: all)
      --type TYPE     import deployments of one type only: ${wordList(appTypes, "or")}
      --program FORM  how to declare them: yaml (default in a YAML project), typescript (default in a Node.js project),
                      typescript-plugin, or manifest (deployments.yaml)
      --print         print the files and the commands, but change nothing
`;

const commands: Readonly<Record<string, string>> = { doctor, drift, import: importHelp };

/** All of it, for docs/api.md. */
export const help = [overview, doctor, drift, importHelp].join("\n");

/** The help of a command, or the overview of all commands. */
export function commandHelp(command: string | undefined): string {
  return command !== undefined && Object.hasOwn(commands, command) ? (commands[command] ?? overview) : overview;
}
