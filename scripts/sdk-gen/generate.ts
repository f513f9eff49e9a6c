import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { packageSchema } from "../../provider/plugin/schema";
import { readPackageVersion } from "../../provider/version";
import { userCacheFolder } from "../pulumi/cache";
import { buildProgram } from "../pulumi/go-build";
import { withLock } from "../pulumi/lock";
import { type Reporter, silentReporter } from "../pulumi/progress";
import { versions } from "../pulumi/versions";

/** The languages for which Pulumi's generators are in a public Go module. */
export const sdkLanguages = ["python", "nodejs", "go"] as const;
export type SdkLanguage = (typeof sdkLanguages)[number];

export interface GenerateOptions {
  env?: NodeJS.ProcessEnv;
  reporter?: Reporter;
}

/**
 * Writes the SDK of the package as it is now to a folder; what else is in there stays. The generator is compiled on the first
 * call, which needs Go, and kept in this user's cache.
 */
export async function generateSdk(
  language: SdkLanguage,
  folder: string,
  { env = process.env, reporter = silentReporter }: GenerateOptions = {},
): Promise<void> {
  const generator = await findGenerator({ env, reporter });
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".schema-"));
  try {
    // The SDK asks the engine for a plugin of its own version.
    const schema = join(scratch, "schema.json");
    writeFileSync(schema, JSON.stringify({ ...packageSchema(), version: readPackageVersion() }));
    await promisify(execFile)(generator, [language, schema, folder], { env });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function findGenerator({ env, reporter }: Required<GenerateOptions>): Promise<string> {
  const source = join(__dirname, "main.go");
  const cacheDir = userCacheFolder(env);
  const program = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 12);
  const folder = join(cacheDir, `sdk-gen-v${versions.pulumi}-${program}-${process.platform}-${process.arch}`);
  const binary = join(folder, "bin", process.platform === "win32" ? "sdk-gen.exe" : "sdk-gen");
  if (existsSync(binary)) return binary;
  return withLock(cacheDir, { reporter, sleep: delay }, async () => {
    if (existsSync(binary)) return binary;
    const partial = "sdk-gen-partial-";
    // Only the lock's holder makes them, so these are what killed runs left.
    for (const left of readdirSync(cacheDir).filter((name) => name.startsWith(partial))) {
      rmSync(join(cacheDir, left), { recursive: true, force: true });
    }
    const staging = mkdtempSync(join(cacheDir, partial));
    try {
      await buildProgram(
        { name: "sdk-gen", what: "the generator of SDKs", source },
        { folder: staging, env, reporter },
      );
      rmSync(folder, { recursive: true, force: true });
      renameSync(staging, folder);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
    return binary;
  });
}
