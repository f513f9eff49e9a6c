import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type FoundPulumi, findPulumi } from "../pulumi/find";
import { createReporter } from "../pulumi/progress";

let found: Promise<FoundPulumi> | undefined;

/** The CLI that engine tests run. Found, and if necessary installed or built, once per process. */
export function engineCli(): Promise<FoundPulumi> {
  found ??= findPulumi({ languages: ["nodejs", "yaml"], reporter: createReporter({ stream: process.stderr }) });
  return found;
}

/** Finds or builds the CLI before the first use, and warns if the package's build is older than its sources. */
export async function prepareEngine(): Promise<void> {
  requireBuild();
  const { binary, version, source } = await engineCli();
  process.stderr.write(`engine tests run Pulumi v${version} (${source}: ${binary})\n`);
}

/** Programs load the compiled package. A run of old code would mislead. */
function requireBuild(): void {
  const root = resolve(__dirname, "..", "..");
  const entry = join(root, "dist", "sdk", "index.js");
  if (!existsSync(entry)) {
    throw new Error(`${entry} is missing; run "npm run build" first`);
  }
  const sources = ["sdk", "provider", "cli"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => ({
        source: join(root, folder, name),
        built: join(root, "dist", folder, `${name.slice(0, -3)}.js`),
      })),
  );
  const changed = sources.find(
    ({ source, built }) => !existsSync(built) || statSync(source).mtimeMs > statSync(built).mtimeMs,
  );
  if (changed !== undefined) {
    process.stderr.write(`${changed.source} is newer than its build; run "npm run build" to test it\n`);
  }
}
