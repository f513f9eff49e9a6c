import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { ManifestError } from "./errors";

/** A manifest's text, and its file name in error messages. */
export interface ManifestSource {
  readonly file: string;
  readonly text: string;
}

/** Enough for ten thousand deployments. A larger file was not written by hand, and would take seconds to check. */
export const maxManifestBytes = 512 * 1024;

export interface LoadOptions {
  /** The folder for a relative path. Default: the working directory. */
  readonly root?: string;
  /** The source of the path, for the error message if the file does not exist: `the config "onvera-deployments:manifest"`. */
  readonly setBy?: string;
}

/**
 * Reads a manifest as UTF-8, without its byte order mark. Error messages show the path as given. Throws ManifestError if the path is
 * not a readable file, or the file is too large or not UTF-8.
 */
export function loadManifest(file: string, { root = process.cwd(), setBy }: LoadOptions = {}): ManifestSource {
  if (file === "") {
    const origin = setBy === undefined ? "" : `; it is set by ${setBy}`;
    throw new ManifestError("manifest", [{ path: "", text: `the path is empty${origin}` }]);
  }
  const path = resolve(root, file);
  const hint = setBy === undefined ? "" : `; its path is set by ${setBy}`;
  const invalid = (text: string, cause?: unknown) =>
    new ManifestError(file, [{ path: "", text: `${text} (${path})${hint}` }], { cause });

  let bytes: Buffer;
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw invalid("is a directory, not a file");
    if (!stats.isFile()) throw invalid("is not a regular file");
    if (stats.size > maxManifestBytes) {
      throw invalid(`is too large: ${stats.size} bytes; at most ${maxManifestBytes} are allowed`);
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw invalid(reasons[errorCode(error)] ?? `cannot be read: ${errorCode(error)}`, error);
  }
  return { file, text: decode(file, bytes) };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "the file does not exist",
  ENOTDIR: "the file does not exist",
  EACCES: "cannot be read: permission denied",
  EPERM: "cannot be read: permission denied",
  ELOOP: "cannot be read: circular symbolic link",
};

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function decode(file: string, bytes: Buffer): string {
  const strict = new TextDecoder("utf-8", { fatal: true });
  try {
    return strict.decode(bytes);
  } catch (cause) {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const text = `is not valid UTF-8${isUtf16 ? ", but UTF-16" : ""}; save it as UTF-8`;
    throw new ManifestError(file, [{ ...firstInvalid(bytes), path: "", text }], { cause });
  }
}

/** The location of the first invalid byte, which a lenient decoder replaces with U+FFFD. */
function firstInvalid(bytes: Buffer): { line: number; column: number } {
  const lines = new TextDecoder("utf-8").decode(bytes).split("\n");
  const index = lines.findIndex((line) => line.includes("\ufffd"));
  return { line: index + 1, column: (lines[index] ?? "").indexOf("\ufffd") + 1 };
}
