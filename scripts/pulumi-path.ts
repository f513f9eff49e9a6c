// `npm run --silent pulumi:path`: the folder of the Pulumi CLI, found or made, to be put on PATH. Nothing else is printed on stdout.
import { findPulumi, PulumiNotFoundError } from "./pulumi/find";
import { createReporter } from "./pulumi/progress";

findPulumi({ languages: ["nodejs", "yaml"], reporter: createReporter({ stream: process.stderr }) }).then(
  ({ directory }) => console.log(directory),
  (error: unknown) => {
    console.error(error instanceof PulumiNotFoundError ? error.message : error);
    process.exitCode = 1;
  },
);
