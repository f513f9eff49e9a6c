/** `npm run release:build`: all files of a release, and their SHA-256 sums. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createReporter } from "../pulumi/progress";
import { buildRelease, releaseFolder } from "./build-release";

const usage = `usage: npm run release:build -- [--out FOLDER] [--repository URL] [--scripts-only] [--allow-dirty]
  --out           an empty folder, or none yet (dist/release, which is cleared)
  --repository    the URL for the npm package's "repository"; provenance needs it
  --scripts-only  never bring Node.js along in a plugin archive, not even for this machine's platform
  --allow-dirty   build what is not committed, too`;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      out: { type: "string" },
      repository: { type: "string" },
      "scripts-only": { type: "boolean", default: false },
      "allow-dirty": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const { out, repository } = values;
  const folder = out === undefined ? releaseFolder : resolve(process.env["INIT_CWD"] ?? process.cwd(), out);
  await buildRelease({
    folder,
    scriptsOnly: values["scripts-only"],
    allowDirty: values["allow-dirty"],
    ...(repository === undefined ? {} : { repository }),
    tell: console.log,
    reporter: createReporter({ stream: process.stderr }),
  });
  console.log(`in ${folder}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
