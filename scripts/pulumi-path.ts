// `npm run --silent pulumi:path`: prints only the folder of the Pulumi CLI, to put it on PATH.
import { runScript } from "./flags";
import { findPulumi } from "./pulumi/find";
import { createReporter } from "./pulumi/progress";

const help = `npm run --silent pulumi:path

Prints the folder of a Pulumi CLI. Installs or builds one if there is none.`;

runScript({ help, options: {} }, async () => {
  const { directory } = await findPulumi({
    languages: ["nodejs", "yaml"],
    reporter: createReporter({ stream: process.stderr }),
  });
  console.log(directory);
});
