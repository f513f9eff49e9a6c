import { execFile } from "node:child_process";
import { promisify } from "node:util";

const maxBuffer = 64 * 1024 * 1024;

/** The stdout of npm. Rejects with its output if it fails. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  // On Windows, npm itself cannot be started without a shell.
  const script = process.env["npm_execpath"];
  return script?.endsWith(".js") ? run(process.execPath, [script, ...args], cwd) : run("npm", args, cwd);
}

/** The stdout of git. Rejects with its output if it fails. */
export async function git(args: readonly string[], cwd: string): Promise<string> {
  return run("git", args, cwd);
}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { cwd, maxBuffer });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed: ${`${stderr}${stdout}`.trim() || String(error)}`);
  }
}
