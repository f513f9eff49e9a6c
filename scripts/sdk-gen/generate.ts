import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { home } from "../../provider/plugin/home";
import { packageSchema } from "../../provider/plugin/schema";
import { readPackageVersion } from "../../provider/version";
import { cachedProgram } from "../pulumi/cached-program";
import { type Reporter, silentReporter } from "../pulumi/progress";

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
  const source = join(__dirname, "main.go");
  const generator = await cachedProgram({ name: "sdk-gen", what: "the generator of SDKs", source }, { env, reporter });
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".schema-"));
  try {
    const schema = join(scratch, "schema.json");
    const described = packageSchema();
    // Not the name of the npm package, which has an API for the plugin of its own.
    const nodejs = { ...described.language.nodejs, packageName: `${home.npmPackage}-sdk` };
    // The SDK requests a plugin of its own version.
    const version = readPackageVersion();
    writeFileSync(schema, JSON.stringify({ ...described, version, language: { ...described.language, nodejs } }));
    await promisify(execFile)(generator, [language, schema, folder], { env });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
