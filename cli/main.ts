/** `pulumi-onvera`: the commands of the package. */
import { resolve } from "node:path";
import { readPackageVersion } from "../provider/version";
import { readArguments } from "./arguments";
import { doctor } from "./doctor/doctor";
import { drift } from "./drift/drift";
import { CommandError } from "./errors";
import { importDeployments } from "./import/import";

async function main(): Promise<number> {
  const command = readArguments(process.argv.slice(2), process.env);
  switch (command.name) {
    case "help":
      process.stdout.write(command.text);
      return 0;
    case "version":
      process.stdout.write(`${readPackageVersion()}\n`);
      return 0;
    case "doctor":
      return doctor({ ...command.options, cwd: resolve(command.options.cwd) }, process);
    case "drift":
      return drift({ ...command.options, cwd: resolve(command.options.cwd) }, process);
    case "import":
      return importDeployments({ ...command.options, cwd: resolve(command.options.cwd) }, process);
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
