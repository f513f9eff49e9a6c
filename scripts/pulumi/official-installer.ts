import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { versions } from "./versions";

/** Installs the pinned CLI into `folder`/bin, or throws the reason. */
export type Install = (folder: string, env: NodeJS.ProcessEnv) => Promise<void>;

// If Pulumi's site cannot be reached, Node.js fails to connect after about ten seconds. This limit is for a download that hangs.
const limitMs = 5 * 60_000;

/**
 * Runs Pulumi's own installer through the Automation API, which cannot stop it. So it runs in a process group of its own, which
 * is killed at the time limit or when this process ends.
 */
export const installOfficially: Install = (folder, env) =>
  new Promise((resolve, reject) => {
    const child = fork(join(__dirname, "official-installer-main.ts"), [folder, versions.pulumi], {
      // The installer does not use the user's Pulumi home, and leaves no partial download in the shared temporary folder.
      env: { ...env, PULUMI_HOME: join(folder, "home"), TMPDIR: folder },
      detached: process.platform !== "win32",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const timer = setTimeout(() => {
      endGroup(child);
      reject(new Error(`the download did not finish within ${limitMs / 60_000} minutes`));
    }, limitMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(stderr.trim().split("\n").at(-1) || `its process ended with code ${code}`));
      }
    });
  });

function endGroup(child: ChildProcess): void {
  if (child.pid !== undefined && process.platform !== "win32") {
    process.kill(-child.pid, "SIGKILL");
  } else {
    child.kill();
  }
}
