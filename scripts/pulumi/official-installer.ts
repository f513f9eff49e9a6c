import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { versions } from "./versions";

/** Puts the pinned CLI into `folder`/bin, or throws with the reason. */
export type Install = (folder: string, env: NodeJS.ProcessEnv) => Promise<void>;

// A machine that cannot reach Pulumi's site learns so within about ten seconds: that is how long Node.js tries to connect.
// This limit is for the download that began and then hangs.
const limitMs = 5 * 60_000;

/**
 * Runs Pulumi's own installer through the automation API, which offers no way to stop it: hence a process of its own, in a
 * process group of its own, that is ended as a whole when the time is over or when this process dies.
 */
export const installOfficially: Install = (folder, env) =>
  new Promise((resolve, reject) => {
    const child = fork(join(__dirname, "official-installer-main.ts"), [folder, versions.pulumi], {
      // Nothing of the user's Pulumi home is read or written, nor does a broken download stay in the common temporary folder.
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
