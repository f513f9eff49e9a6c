import { statSync } from "node:fs";

/** A command cannot produce its result. The message is complete: no stack trace is shown. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Throws `CommandError` if a path is not a folder. */
export function requireFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new CommandError(`${path} is not a folder`);
  }
}
