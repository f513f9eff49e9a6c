import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, RunningCommand } from "../../../scripts/engine/command";

export interface Script {
  readonly text: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Bash's own flags, as the CI system gives them. */
  readonly flags: readonly string[];
}

/** Runs a script of a CI job the way its runner does: from a file, by bash. */
export async function runScript({ text, cwd, env, flags }: Script): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "ci-script-"));
  try {
    const file = join(folder, "script.sh");
    writeFileSync(file, text);
    return await new RunningCommand("bash", [...flags, file], { cwd, env: { ...env }, timeoutMs: 180_000 }).ended;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
