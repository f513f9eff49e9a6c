import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, RunningCommand } from "../../../scripts/engine/command";

export interface Script {
  readonly text: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The flags that the CI system gives to Bash. */
  readonly flags: readonly string[];
}

/** Runs a script of a CI job from a file with Bash, like the runner of the CI system. */
export async function runScript({ text, cwd, env, flags }: Script): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "ci-script-"));
  try {
    const file = join(folder, "script.sh");
    writeFileSync(file, text);
    return await new RunningCommand("bash", [...flags, file], { cwd, env: { ...env }, timeoutMs: 1_200_000 }).ended;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
