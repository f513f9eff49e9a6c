import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { repositoryRoot } from "../support/engine";
import type { Safeguard } from "./safeguards";

/** The file's text without the safeguard. Throws where the file does not have what is to be replaced, exactly once. */
export function sourceWithout({ id, file, turnedOff }: Safeguard): string {
  return turnedOff.reduce(
    (text, [from, to]) => {
      const parts = text.split(from);
      if (parts.length !== 2) throw new Error(`${id}: ${file} has ${parts.length - 1} times, not once: ${from}`);
      return parts.join(to);
    },
    readFileSync(join(repositoryRoot, file), "utf8"),
  );
}

/** Calls `use` with the folder of a copy of the built package in which one safeguard is turned off. */
export async function withTurnedOff<T>(safeguard: Safeguard, use: (packageFolder: string) => Promise<T>): Promise<T> {
  const source = sourceWithout(safeguard);
  const folder = mkdtempSync(join(tmpdir(), "without-"));
  try {
    for (const part of ["bin", "dist", "package.json"]) {
      cpSync(join(repositoryRoot, part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"), "dir");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.CommonJS,
        esModuleInterop: true,
      },
    });
    writeFileSync(join(folder, "dist", safeguard.file.replace(/\.ts$/, ".js")), outputText);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
