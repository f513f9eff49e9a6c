import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { UndoStack } from "./undo";

/** A file that the command creates or changes. */
export interface FileChange {
  readonly path: string;
  readonly text: string;
  /** The text that it replaces. Undefined if the file is new. */
  readonly previous: string | undefined;
}

export function fileChange(path: string, text: (previous: string | undefined) => string): FileChange {
  const previous = readIfThere(path);
  return { path, text: text(previous), previous };
}

/** Writes the files. Throws, and changes no file, if one of them has changed since it was read. */
export function writeFiles(changes: readonly FileChange[], undo: UndoStack): void {
  for (const { path, previous } of changes) {
    if (readIfThere(path) !== previous) throw new Error(`${path} was changed by someone else in the meantime`);
  }
  for (const { path, text, previous } of changes) {
    undo.add(`${previous === undefined ? "created" : "changed"} ${path}`, () => {
      if (previous === undefined) rmSync(path, { force: true });
      else writeFileSync(path, previous);
    });
    // A link stays a link, and a file keeps its mode.
    const target = previous === undefined ? path : realpathSync(path);
    const mode = previous === undefined ? undefined : statSync(target).mode;
    // Whoever reads the file meanwhile sees the previous text or the new one.
    const temporary = `${target}.onvera-import`;
    try {
      writeFileSync(temporary, text, { mode });
      // The umask does not apply to the mode of a file that exists.
      if (mode !== undefined) chmodSync(temporary, mode);
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
