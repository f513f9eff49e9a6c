// `npm run smoke`: whether npm packages, plugin archive and templates work on this operating system. CI runs it on macOS and Windows.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { home } from "../provider/plugin/home";
import { readPackageVersion } from "../provider/version";
import { Distribution } from "./distribution";
import { runScript } from "./flags";
import { findPulumi } from "./pulumi/find";
import { createReporter } from "./pulumi/progress";
import { npm } from "./release/commands";

const help = `npm run smoke

Installs the npm packages and the plugin archive in an empty folder, and takes a TypeScript and a YAML template from
\`pulumi new\` to a destroyed deployment on the emulator.`;

interface Emulator {
  readonly url: string;
  readonly baseUrl: string;
  readonly apiKey: string;
}

async function main(): Promise<void> {
  const { binary, directory } = await findPulumi({
    languages: ["nodejs", "yaml"],
    reporter: createReporter({ stream: process.stderr }),
  });
  const distribution = await Distribution.build();
  const root = mkdtempSync(join(tmpdir(), "smoke-"));
  let emulatorProcess: ChildProcess | undefined;
  try {
    await distribution.servePlugin();
    for (const folder of ["installed", "pulumi-home", "state"]) mkdirSync(join(root, folder));
    const installed = join(root, "installed");
    writeFileSync(join(installed, "package.json"), JSON.stringify({ private: true }));
    await npm(["install", distribution.tarball(home.npmPackage), distribution.tarball("onvera-emulator")], installed);
    const version = await npm(["exec", "--offline", "--", "pulumi-onvera", "--version"], installed);
    if (!version.includes(readPackageVersion())) throw new Error(`pulumi-onvera --version printed ${version}`);
    console.log(`installed ${version.trim()}`);

    const main = join(installed, "node_modules", "onvera-emulator", "dist", "main.js");
    emulatorProcess = spawn(process.execPath, [main, "--port", "0", "--speed", "600", "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const emulator = await readFirstLine(emulatorProcess);
    const env = {
      ...process.env,
      PATH: [directory, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
      PULUMI_HOME: join(root, "pulumi-home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(root, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: "smoke",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      ONVERA_BASE_URL: emulator.baseUrl,
      ONVERA_API_KEY: emulator.apiKey,
      ONVERA_POLL_INTERVAL_MS: "200",
    };
    const pulumi = async (...args: readonly string[]) => {
      console.log(`pulumi ${args.join(" ")}`);
      await promisify(execFile)(binary, [...args], { cwd: root, env, maxBuffer: 64 * 1024 * 1024 });
    };
    const server = distribution.pluginServer;
    await pulumi("plugin", "install", "resource", "onvera", readPackageVersion(), "--server", server);
    for (const name of ["onvera-typescript", "onvera-yaml"]) {
      const project = join(root, name);
      const template = distribution.templateFolder(name);
      await pulumi("new", template, "--dir", project, "--name", name, "--stack", "dev", "--yes");
      await pulumi("-C", project, "up", "--yes");
      await expectDeployments(emulator, 2);
      await pulumi("-C", project, "up", "--yes", "--expect-no-changes");
      await pulumi("-C", project, "destroy", "--yes");
      await expectDeployments(emulator, 0);
    }
    console.log("everything works");
  } finally {
    emulatorProcess?.kill();
    distribution.dispose();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

async function readFirstLine({ stdout }: ChildProcess): Promise<Emulator> {
  if (stdout === null) throw new Error("the emulator has no output");
  for await (const line of createInterface({ input: stdout })) return JSON.parse(line) as Emulator;
  throw new Error("the emulator ended without a line of output");
}

async function expectDeployments({ url }: Emulator, expected: number): Promise<void> {
  const { deployments } = (await (await fetch(`${url}/_emulator/state`)).json()) as { deployments: unknown[] };
  if (deployments.length !== expected) throw new Error(`${deployments.length} deployments exist, not ${expected}`);
}

runScript({ help, options: {} }, main);
