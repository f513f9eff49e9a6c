import { type Browser, chromium } from "playwright-core";
import { ask, findExecutables, pathFolders } from "../pulumi/executables";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/** The message if there is none. */
export const missingChromium = `no Chromium: neither CHROMIUM_PATH names one, nor is one of ${names.join(", ")} on PATH`;

/**
 * The Chromium of this machine: `CHROMIUM_PATH`, else the first of the usual names on PATH that prints a version. (On some
 * systems, a file of that name only says how to install it.)
 */
export async function findChromium(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  if (env["CHROMIUM_PATH"]) return env["CHROMIUM_PATH"];
  const folders = pathFolders(env);
  for (const file of names.flatMap((name) => findExecutables(name, folders))) {
    if (/\d+\.\d+/.test((await ask(file, ["--version"], { env })) ?? "")) return file;
  }
  return undefined;
}

/** Starts it without a window and without requests of its own. */
export function startChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    // It has no sandbox for root, the usual user of containers.
    chromiumSandbox: false,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
