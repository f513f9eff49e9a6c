/** `npm run release:build`: all files of a release, and their SHA-256 sums. */
import { resolve } from "node:path";
import { runScript } from "../flags";
import { createReporter } from "../pulumi/progress";
import { buildRelease, releaseFolder } from "./build-release";

const help = `npm run release:build -- [--out FOLDER] [--scripts-only] [--allow-dirty]
  --out           an empty folder, or none yet (dist/release, which is cleared)
  --scripts-only  do not include Node.js in a plugin archive, not even for this machine's platform
  --allow-dirty   build what is not committed, too`;

const options = {
  out: { type: "string" },
  "scripts-only": { type: "boolean", default: false },
  "allow-dirty": { type: "boolean", default: false },
} as const;

runScript({ help, options }, async ({ values }) => {
  const { out } = values;
  const folder = out === undefined ? releaseFolder : resolve(process.env["INIT_CWD"] ?? process.cwd(), out);
  await buildRelease({
    folder,
    scriptsOnly: values["scripts-only"],
    allowDirty: values["allow-dirty"],
    tell: console.log,
    reporter: createReporter({ stream: process.stderr }),
  });
  console.log(`in ${folder}`);
});
