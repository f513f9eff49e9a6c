/** `npm run plugin:archives`: the archives that `pulumi plugin install resource onvera` takes. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildArchives } from "./plugin/build-archives";
import { type Platform, platformName, platforms } from "./plugin/platforms";

const usage = `usage: npm run plugin:archives -- [--out FOLDER] [--platform OS-ARCH]... [--scripts-only]
  --out           where the archives go; those of an earlier run are removed (dist/plugin-archives)
  --platform      one of ${platforms.map(platformName).join(", ")}; all of them unless told
  --scripts-only  never bring Node.js along, not even for this machine's platform`;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      out: { type: "string", default: resolve(__dirname, "..", "dist", "plugin-archives") },
      platform: { type: "string", multiple: true, default: [] },
      "scripts-only": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const only = values.platform.map(platformCalled);
  const folder = resolve(values.out);
  await buildArchives({
    folder,
    scriptsOnly: values["scripts-only"],
    ...(only.length === 0 ? {} : { only }),
    tell: console.log,
  });
  console.log(`in ${folder}`);
}

function platformCalled(name: string): Platform {
  const found = platforms.find((platform) => platformName(platform) === name);
  if (found === undefined)
    throw new Error(`--platform ${name} is unknown; it must be one of ${platforms.map(platformName).join(", ")}`);
  return found;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
});
