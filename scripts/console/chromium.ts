import { type Browser, chromium } from "playwright-core";
import { ask, findExecutables, pathFolders } from "../pulumi/executables";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/** Said where there is none. */
export const missingChromium = `no Chromium: neither CHROMIUM_PATH names one, nor is one of ${names.join(", ")} on PATH`;

/**
 * The Chromium of this machine: what `CHROMIUM_PATH` names, else the first of the usual names on PATH that tells its
 * version (some systems have a file of that name that only says where to get one).
 */
export async function findChromium(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  if (env["CHROMIUM_PATH"]) return env["CHROMIUM_PATH"];
  const folders = pathFolders(env);
  for (const file of names.flatMap((name) => findExecutables(name, folders))) {
    if (/\d+\.\d+/.test((await ask(file, ["--version"], { env })) ?? "")) return file;
  }
  return undefined;
}

/** Starts it without a window, and without anything that it would ask of the network by itself. */
export function startChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    // As root, which containers mostly are, it has no sandbox.
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
