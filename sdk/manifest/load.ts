import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { ManifestError } from "./errors";

/** A manifest's text, and the file name that reports show for it. */
export interface ManifestSource {
  readonly file: string;
  readonly text: string;
}

/** Some ten thousand deployments. What is larger was not written by hand, and would take seconds to refuse. */
export const maxManifestBytes = 512 * 1024;

export interface LoadOptions {
  /** The folder that a relative path starts from; the working directory if left out. */
  readonly root?: string;
  /** What sets the path, for whoever reads that there is no such file: `the config "onvera-deployments:manifest"`. */
  readonly setBy?: string;
}

/**
 * Reads a manifest's file as UTF-8; a byte order mark is dropped. Reports show the path as it was given.
 * Throws ManifestError where there is no such file, or it cannot be read, is not a file, is too large or is not UTF-8.
 */
export function loadManifest(file: string, { root = process.cwd(), setBy }: LoadOptions = {}): ManifestSource {
  const path = resolve(root, file);
  const hint = setBy === undefined ? "" : `; its path is set by ${setBy}`;
  const refuse = (text: string, cause?: unknown) =>
    new ManifestError(file, [{ path: "", text: `${text} (${path})${hint}` }], { cause });

  let bytes: Buffer;
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw refuse("is a directory, not a file");
    if (!stats.isFile()) throw refuse("is not a regular file");
    if (stats.size > maxManifestBytes) {
      throw refuse(`is too large: ${stats.size} bytes, where ${maxManifestBytes} are allowed`);
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw refuse(reasons[errorCode(error)] ?? `cannot be read: ${errorCode(error)}`, error);
  }
  return { file, text: decode(file, bytes) };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "cannot be read: permission denied",
  EPERM: "cannot be read: permission denied",
  ELOOP: "cannot be read: its symbolic links go in a circle",
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

/** A byte that begins no valid character becomes U+FFFD when decoding leniently. */
function firstInvalid(bytes: Buffer): { line: number; column: number } {
  const lines = new TextDecoder("utf-8").decode(bytes).split("\n");
  const index = lines.findIndex((line) => line.includes("\ufffd"));
  return { line: index + 1, column: (lines[index] ?? "").indexOf("\ufffd") + 1 };
}
