import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { userCacheFolder } from "../../scripts/pulumi/cache";
import { ask, findExecutables, pathFolders } from "../../scripts/pulumi/executables";
import { withLock } from "../../scripts/pulumi/lock";
import type { Reporter } from "../../scripts/pulumi/progress";
import { versions } from "../../scripts/pulumi/versions";

const run = promisify(execFile);

/** A Python environment. */
export type Python = {
  readonly bin: string;
  sitePackages(): Promise<string>;
  install(sdk: string, target: string): Promise<void>;
};

/** The reason why no virtual environment can be created; undefined if one can. */
export async function missingPython(): Promise<string | undefined> {
  const [python] = findExecutables("python3", pathFolders(process.env));
  if (python === undefined) return "there is no python3 on PATH";
  const version = await ask(python, ["-c", "import sys, venv, ensurepip; print(sys.version_info >= (3, 10))"], {
    env: process.env,
  });
  return version === "True" ? undefined : `${python} is older than 3.10, or lacks venv or pip`;
}

/** With Pulumi's SDK, and the packages that a generated SDK requires and is built with. Installing it then needs no index. */
export const pythonWithPulumi = (reporter: Reporter): Promise<Python> =>
  pythonWith({
    name: `pulumi-${versions.pulumi}`,
    packages: [`pulumi==${versions.pulumi}`, "parver", "semver", "setuptools>=61", "wheel"],
    reporter,
  });

/** With Schemathesis, which generates requests from an OpenAPI document. */
export const pythonWithSchemathesis = (reporter: Reporter): Promise<Python> =>
  pythonWith({ name: "schemathesis-4.32.5", packages: ["schemathesis==4.32.5"], reporter });

/** With check-jsonschema, which contains the published JSON Schemas of GitHub workflows and GitLab pipelines. */
export const pythonWithCiSchemas = (reporter: Reporter): Promise<Python> =>
  pythonWith({ name: "check-jsonschema-0.39.0", packages: ["check-jsonschema==0.39.0"], reporter });

/** With a server that implements the S3 API. */
export const pythonWithMoto = (reporter: Reporter): Promise<Python> =>
  pythonWith({ name: "moto-5.2.5", packages: ["moto[server,s3]==5.2.5"], reporter });

/** A virtual environment. Created once per user and `name`, from the package index in the settings of pip. */
async function pythonWith({
  name,
  packages,
  reporter,
}: {
  name: string;
  packages: readonly string[];
  reporter: Reporter;
}): Promise<Python> {
  const [python = "python3"] = findExecutables("python3", pathFolders(process.env));
  const version = await ask(python, ["-c", "import platform; print(platform.python_version())"], { env: process.env });
  const cacheDir = userCacheFolder(process.env);
  const folder = join(cacheDir, `python-${version}-${name}-${process.platform}-${process.arch}`);
  const bin = join(folder, process.platform === "win32" ? "Scripts" : "bin");
  const pip = (args: readonly string[]) =>
    run(join(bin, "python"), ["-m", "pip", "--disable-pip-version-check", "--quiet", "install", ...args]);
  const complete = join(folder, "complete");
  const what = `a Python environment with ${packages[0]}`;
  await withLock({ cacheDir, name: basename(folder), what }, { reporter, sleep: delay }, async () => {
    if (existsSync(complete)) return;
    const task = reporter.begin(`creating ${what}`);
    try {
      rmSync(folder, { recursive: true, force: true });
      await run(python, ["-m", "venv", folder]);
      await pip(packages);
      writeFileSync(complete, "");
    } finally {
      task.done();
    }
  });
  return {
    bin,
    sitePackages: async () => {
      const code = "import sysconfig; print(sysconfig.get_path('purelib'))";
      return (await run(join(bin, "python"), ["-c", code])).stdout.trim();
    },
    install: async (sdk, target) => {
      await pip(["--no-deps", "--no-build-isolation", "--target", target, sdk]);
    },
  };
}
