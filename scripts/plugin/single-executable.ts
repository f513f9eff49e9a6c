import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PluginBundle } from "./bundle";

/** The executable, or the reason why there is none. */
export type SingleExecutable = { readonly executable: Buffer } | { readonly reason: string };

/** Marks the place in the executable at which Node.js looks for an application. Source: https://nodejs.org/docs/latest-v20.x/api/single-executable-applications.html */
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const startWithinMs = 30_000;

const run = promisify(execFile);

/**
 * Puts the plugin into a copy of `node` (default: the Node.js that runs this), so that it runs without Node.js. Before it returns
 * the executable, it starts it once with an empty PATH.
 */
export async function buildSingleExecutable(
  bundle: PluginBundle,
  { node = process.execPath, platform = process.platform }: { node?: string; platform?: NodeJS.Platform } = {},
): Promise<SingleExecutable> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  // Executables can hold files besides the main script since 20.12 and 21.7.
  if (major < 20 || (major === 20 && minor < 12) || (major === 21 && minor < 7)) {
    return { reason: `Node.js ${process.version} cannot put files into an executable; 20.12 and later can` };
  }
  const original = readFileSync(node);
  if (!original.includes(fuse)) return { reason: `${node} has no room for an application` };

  const folder = mkdtempSync(join(tmpdir(), "plugin-executable-"));
  try {
    return { executable: await inject(bundle, { original, node, platform, folder }) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Injection {
  readonly original: Buffer;
  readonly node: string;
  readonly platform: NodeJS.Platform;
  readonly folder: string;
}

async function inject(bundle: PluginBundle, { original, node, platform, folder }: Injection): Promise<Buffer> {
  const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
  write("launcher.js", bundle.launcher);
  for (const [name, source] of bundle.parts) write(`${name}.js`, source);
  // Relative paths, because the path of the main script becomes part of the executable.
  const assets = Object.fromEntries([...bundle.parts.keys()].map((name) => [name, `${name}.js`]));
  const config = { main: "launcher.js", output: "application.blob", disableExperimentalSEAWarning: true, assets };
  write("config.json", JSON.stringify(config));
  await run(node, ["--experimental-sea-config", "config.json"], { cwd: folder });

  const file = join(folder, platform === "win32" ? "plugin.exe" : "plugin");
  writeFileSync(file, original, { mode: 0o755 });
  // macOS runs only signed executables, and the old signature no longer matches.
  if (platform === "darwin") await run("codesign", ["--remove-signature", file]);
  const segment = platform === "darwin" ? ["--macho-segment-name", "NODE_SEA"] : [];
  const postject = require.resolve("postject/dist/cli.js");
  const injection = [file, "NODE_SEA_BLOB", "application.blob", "--sentinel-fuse", fuse, ...segment];
  await run(process.execPath, [postject, ...injection], { cwd: folder });
  if (platform === "darwin") await run("codesign", ["--sign", "-", file]);
  await expectPort(file);
  return readFileSync(file);
}

/** Resolves when the plugin has printed its port, and ends it. */
async function expectPort(file: string): Promise<void> {
  const child = spawn(file, [], { env: { PATH: "" }, stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), startWithinMs);
  try {
    await new Promise<void>((resolve, reject) => {
      let printed = "";
      child.stderr.on("data", (text: Buffer) => {
        printed += text.toString();
      });
      child.stdout.on("data", (text: Buffer) => {
        if (/^\d+\s*$/.test(text.toString())) resolve();
        else reject(new Error(`the executable printed "${text.toString()}" instead of its port`));
      });
      child.on("error", reject);
      child.on("close", () => reject(new Error(`the executable does not start: ${printed.trim() || "no message"}`)));
    });
  } finally {
    clearTimeout(timer);
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (child.kill("SIGKILL")) await ended;
  }
}
