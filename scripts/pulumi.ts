// `npm run --silent pulumi -- ARGS`: finds, installs or builds the Pulumi CLI, and runs it with the caller's environment and arguments.
import { resolve } from "node:path";
import { findPulumi, PulumiNotFoundError } from "./pulumi/find";
import { createReporter } from "./pulumi/progress";
import { runPulumi } from "./pulumi/run";

// npm runs scripts in the package's folder, but the project is in the caller's folder.
const isRunByNpm = process.env["npm_lifecycle_event"] === "pulumi" && process.cwd() === resolve(__dirname, "..");
const cwd = (isRunByNpm ? process.env["INIT_CWD"] : undefined) ?? process.cwd();

findPulumi({ reporter: createReporter({ stream: process.stderr }) }).then(
  (cli) => runPulumi(cli, process.argv.slice(2), { env: process.env, cwd }),
  (error: unknown) => {
    console.error(error instanceof PulumiNotFoundError ? error.message : error);
    process.exit(1);
  },
);
