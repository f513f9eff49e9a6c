import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** Compiles the package, whose programs run in processes of their own. Throws if that fails. */
export function buildPackage(): void {
  const { status } = spawnSync("npm", ["run", "build"], {
    cwd: resolve(__dirname, ".."),
    // stdout belongs to the script's results.
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error("npm run build failed");
}
