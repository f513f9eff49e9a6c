/** `pulumi-onvera`: the commands of the package. */
import { resolve } from "node:path";
import { readPackageVersion } from "../provider/version";
import { help, readArguments } from "./arguments";
import { drift } from "./drift/drift";
import { CommandError } from "./errors";

async function main(): Promise<number> {
  const command = readArguments(process.argv.slice(2), process.env);
  switch (command.name) {
    case "help":
      process.stdout.write(help);
      return 0;
    case "version":
      process.stdout.write(`${readPackageVersion()}\n`);
      return 0;
    case "drift":
      return drift({ ...command.options, cwd: resolve(command.options.cwd) }, process);
  }
}

// A reader such as `head` may close the pipe early. The exit code still reports the result.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`pulumi-onvera: ${error instanceof CommandError ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
