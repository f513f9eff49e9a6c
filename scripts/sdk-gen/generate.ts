import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageSchema } from "../../provider/plugin/schema";
import { readPackageVersion } from "../../provider/version";
import { cachedProgram } from "../pulumi/cached-program";
import { cliModule, type GoProgram, sdkModule } from "../pulumi/go-build";
import { type Reporter, silentReporter } from "../pulumi/progress";
import { versions } from "../pulumi/versions";

/**
 * The languages for which Pulumi's generators are in a public Go module: all but Java. TypeScript has `pulumi-onvera/plugin`.
 */
export const sdkLanguages = ["python", "go", "dotnet"] as const;
export type SdkLanguage = (typeof sdkLanguages)[number];

const generator: GoProgram = {
  name: "sdk-gen",
  what: "the generator of SDKs",
  source: join(__dirname, "main.go"),
};
const dotnetGenerator: GoProgram = {
  name: "sdk-gen-dotnet",
  what: "the generator of .NET SDKs",
  source: join(__dirname, "dotnet", "main.go"),
  requires: { [cliModule]: versions.dotnetGenerator, [sdkModule]: versions.dotnetGenerator },
  withoutCli: true,
};
const logo = join(__dirname, "..", "..", "docs", "images", "logo.png");

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
  const isDotnet = language === "dotnet";
  const program = await cachedProgram(isDotnet ? dotnetGenerator : generator, { env, reporter });
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".schema-"));
  try {
    const schema = join(scratch, "schema.json");
    // The SDK requests a plugin of its own version.
    writeFileSync(schema, JSON.stringify({ ...packageSchema(), version: readPackageVersion() }));
    await promisify(execFile)(program, isDotnet ? [schema, folder, logo] : [language, schema, folder], { env });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
