/** `npm run plugin:archives`: builds the archives that `pulumi plugin install resource onvera` installs. */
import { resolve } from "node:path";
import { runScript, UsageError } from "./flags";
import { buildArchives } from "./plugin/build-archives";
import { type Platform, platformName, platforms } from "./plugin/platforms";

const help = `npm run plugin:archives -- [--out FOLDER] [--platform OS-ARCH]... [--scripts-only]
  --out           where the archives go; those of an earlier run are removed (dist/plugin-archives)
  --platform      one of ${platforms.map(platformName).join(", ")}; default: all of them
  --scripts-only  do not include Node.js, not even for this machine's platform`;

const options = {
  out: { type: "string", default: resolve(__dirname, "..", "dist", "plugin-archives") },
  platform: { type: "string", multiple: true, default: [] as string[] },
  "scripts-only": { type: "boolean", default: false },
} as const;

runScript({ help, options }, async ({ values }) => {
  const only = values.platform.map(platformCalled);
  const folder = resolve(values.out);
  await buildArchives({
    folder,
    scriptsOnly: values["scripts-only"],
    ...(only.length === 0 ? {} : { only }),
    tell: console.log,
  });
  console.log(`in ${folder}`);
});

function platformCalled(name: string): Platform {
  const found = platforms.find((platform) => platformName(platform) === name);
  if (found === undefined)
    throw new UsageError(`--platform ${name} is unknown; it must be one of ${platforms.map(platformName).join(", ")}`);
  return found;
}
