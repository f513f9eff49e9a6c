import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import semver from "semver";
import { ask, findExecutables, pathFolders } from "./executables";
import type { Reporter } from "./progress";
import { type Language, versions } from "./versions";

const limitMs = 30 * 60_000;
export const cliModule = "github.com/pulumi/pulumi/pkg/v3";
export const sdkModule = "github.com/pulumi/pulumi/sdk/v3";
const yamlModule = "github.com/pulumi/pulumi-yaml";

/**
 * A Go module that only requires others. `go install PACKAGE@VERSION` would be shorter, but Go rejects it for modules with
 * `replace` directives, such as Pulumi's.
 */
interface GoModule {
  name: string;
  requires: Record<string, string>;
  /** Its source file, if it is a program of this repository. */
  source?: string;
}

const cli: GoModule = {
  name: "cli",
  requires: { [cliModule]: versions.pulumi, [sdkModule]: versions.pulumi, [yamlModule]: versions.pulumiYaml },
};
const hosts: GoModule = { name: "hosts", requires: { [sdkModule]: versions.languageHosts } };
const goHost: GoModule = { name: "go-host", requires: { [sdkModule]: versions.goLanguageHost } };

interface Build {
  what: string;
  module: GoModule;
  packages: string[];
  ldflags?: string;
}

const cliBuilds: Build[] = [
  {
    what: `the Pulumi CLI v${versions.pulumi}`,
    module: cli,
    packages: [`${cliModule}/cmd/pulumi`],
    ldflags: `-X ${sdkModule}/go/common/version.Version=v${versions.pulumi}`,
  },
  {
    what: "its YAML host",
    module: cli,
    packages: [`${yamlModule}/cmd/pulumi-language-yaml`, `${yamlModule}/cmd/pulumi-converter-yaml`],
  },
  { what: "its Node.js host", module: hosts, packages: [`${sdkModule}/nodejs/cmd/pulumi-language-nodejs`] },
];

export interface BuildOptions {
  /** The folder for the modules and for `bin`. The caller removes it if the build fails. */
  folder: string;
  env: NodeJS.ProcessEnv;
  reporter: Reporter;
}

/** Compiles the CLI with its Node.js and YAML hosts from the public Go modules. Throws if there is no Go, or if it fails. */
export async function buildCli(options: BuildOptions): Promise<void> {
  const go = await findGo(options);
  options.reporter.say("the first build takes about five minutes on two cores; later runs use its result");
  for (const build of cliBuilds) {
    await runBuild(go, build, options);
  }
  const sdk = dirname(require.resolve("@pulumi/pulumi/package.json"));
  const script = process.platform === "win32" ? "pulumi-resource-pulumi-nodejs.cmd" : "pulumi-resource-pulumi-nodejs";
  copyExecutable(join(sdk, script), options.folder);
}

/** Compiles the host of Python or Go for a CLI that was built here. */
export async function buildLanguage(language: Language, options: BuildOptions): Promise<void> {
  if (language === "nodejs" || language === "yaml") {
    throw new Error(`the ${language} host is part of every built CLI`);
  }
  const go = await findGo(options);
  if (language === "go") {
    const packages = [`${sdkModule}/go/pulumi-language-go`];
    return runBuild(go, { what: "Pulumi's Go host", module: goHost, packages }, options);
  }
  const packages = [`${sdkModule}/python/cmd/pulumi-language-python`];
  await runBuild(go, { what: "Pulumi's Python host", module: hosts, packages }, options);
  const source = await ask(go, ["list", "-mod=mod", "-m", "-f", "{{.Dir}}", sdkModule], {
    env: buildEnvironment(options.env),
    cwd: writeModule(hosts, options.folder),
  });
  if (source === undefined) {
    throw new Error(`go list does not print the folder of ${sdkModule}`);
  }
  copyExecutable(join(source, "python", "cmd", "pulumi-language-python-exec"), options.folder);
}

/** A program of this repository that is compiled with the CLI's modules, or with others. */
export interface GoProgram {
  /** The name of the executable, too. */
  readonly name: string;
  /** The description for progress messages. */
  readonly what: string;
  /** Its only source file. */
  readonly source: string;
  /** Further modules, by their path: the version without `v`. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Compiles it with `requires` only. */
  readonly withoutCli?: boolean;
}

/** Compiles it to `bin/NAME`. Throws if there is no Go, or if it fails. */
export async function buildProgram(
  { name, what, source, requires = {}, withoutCli = false }: GoProgram,
  options: BuildOptions,
): Promise<void> {
  const go = await findGo(options);
  const module = { name, source, requires: { ...(withoutCli ? {} : cli.requires), ...requires } };
  await runBuild(go, { what, module, packages: ["."] }, options);
}

/** Runs inside the module, so that an older Go that downloads a newer toolchain (GOTOOLCHAIN) is accepted. */
export async function findGo({ folder, env }: BuildOptions): Promise<string> {
  const go = findExecutables("go", pathFolders(env))[0];
  if (go === undefined) {
    throw new Error("there is no Go on PATH");
  }
  const cwd = writeModule(cli, folder);
  const answer = await ask(go, ["version"], { env: buildEnvironment(env), cwd, timeoutMs: 5 * 60_000 });
  const version = semver.coerce(/\bgo(\d+\.\d+(\.\d+)?)/.exec(answer ?? "")?.[1]);
  if (version === null || semver.lt(version, versions.go)) {
    throw new Error(
      `${go} is ${version === null ? "of an unknown version" : `Go ${version}`}, not ${versions.go} or newer`,
    );
  }
  return go;
}

/** Uses the caller's Go settings (GOPROXY, GOFLAGS, GOCACHE and so on), except those that would change what is built. */
function buildEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, ...rest } = env;
  return { ...rest, GO111MODULE: "on", GOWORK: "off" };
}

function writeModule({ name, requires, source }: GoModule, folder: string): string {
  const moduleFolder = join(folder, "go", name);
  mkdirSync(moduleFolder, { recursive: true });
  const lines = Object.entries(requires).map(([path, version]) => `\t${path} v${version}\n`);
  const goMod = `module pulumi-build/${name}\n\ngo ${versions.go}\n\nrequire (\n${lines.join("")})\n`;
  writeFileSync(join(moduleFolder, "go.mod"), goMod);
  if (source !== undefined) copyFileSync(source, join(moduleFolder, basename(source)));
  return moduleFolder;
}

function runBuild(
  go: string,
  { what, module, packages, ldflags = "" }: Build,
  { folder, env, reporter }: BuildOptions,
) {
  const args = ["build", "-v", "-mod=mod", "-ldflags", `-s -w ${ldflags}`.trim(), "-o", `${join(folder, "bin")}/`];
  const task = reporter.begin(`building ${what}`);
  return new Promise<void>((resolve, reject) => {
    const child = spawn(go, [...args, ...packages], {
      cwd: writeModule(module, folder),
      env: buildEnvironment(env),
      stdio: ["ignore", "ignore", "pipe"],
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    let compiled = 0;
    let lastLines: string[] = [];
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      // With -v, Go prints each package when it starts to compile it, each module when it downloads it, and errors.
      compiled += lines.filter((line) => /^[\w./-]+$/.test(line)).length;
      lastLines = [...lastLines, ...lines].slice(-20);
      task.detail(`${compiled} packages compiled, now ${lines.at(-1) ?? "linking"}`);
    });
    const settle = (problem?: Error) => {
      task.done();
      if (problem === undefined) {
        resolve();
      } else {
        reject(problem);
      }
    };
    child.on("error", settle);
    child.on("close", (code, signal) =>
      settle(
        code === 0
          ? undefined
          : new Error(`building ${what} failed (${signal ?? `code ${code}`}):\n${lastLines.join("\n")}`),
      ),
    );
  });
}

function copyExecutable(from: string, folder: string): void {
  const to = join(folder, "bin", basename(from));
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}
