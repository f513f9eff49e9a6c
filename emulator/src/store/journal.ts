import { type FileHandle, lstat, mkdir, open, readFile, realpath, rename } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { lockFile } from "./lock";

/**
 * Stores changes before they are acknowledged.
 *
 * `append` never waits. `flush` resolves once everything appended so far is on disk, and rejects if it could not be
 * written. Concurrent flushes share one write and one fsync.
 */
export interface Journal {
  append(entry: object): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Stores nothing. */
export const noJournal: Journal = {
  append: () => {},
  flush: async () => {},
  close: async () => {},
};

const format = 1;
const header = { onveraEmulatorData: format };

/**
 * Reads the entries that an earlier process acknowledged, in order. Ignores an incomplete last line, which was never
 * acknowledged. Throws if the file is not an emulator's data file or is corrupt elsewhere, so that no other file is
 * overwritten. `problemIn` returns what is wrong with an entry.
 */
export async function readJournal(
  file: string,
  problemIn: (entry: object) => string | undefined = () => undefined,
): Promise<object[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw new Error(`data file "${file}" cannot be read`, { cause });
  }
  if (text === "") return [];
  const [first, ...lines] = text.split("\n").slice(0, -1);
  const written = first === undefined ? undefined : (parseLine(first) as Partial<typeof header> | undefined);
  const isDataFile =
    first === undefined
      ? JSON.stringify(header).startsWith(text)
      : written !== undefined && "onveraEmulatorData" in written;
  if (!isDataFile) throw new Error(`"${file}" is not an emulator data file; choose another one`);
  if (written !== undefined && written.onveraEmulatorData !== format) {
    const found = JSON.stringify(written.onveraEmulatorData);
    throw new Error(
      `data file "${file}" has format ${found}, but this emulator reads format ${format}; choose another one`,
    );
  }
  return lines.map((line, index) => {
    const entry = parseLine(line);
    const problem = entry === undefined ? "not a JSON object" : problemIn(entry);
    if (entry === undefined || problem !== undefined) {
      throw new Error(`data file "${file}" line ${index + 2} is corrupt (${problem}); move the file away`);
    }
    return entry;
  });
}

function parseLine(line: string): object | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces the file with `snapshot` and opens it for appending. The snapshot is written to a temporary file and
 * renamed, so a kill leaves either the old or the new file. Only the owner can read the file, since it contains API
 * keys.
 */
export async function openJournal(file: string, snapshot: readonly object[]): Promise<Journal> {
  const path = resolve(file);
  const temporaryPath = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  const fresh = await open(temporaryPath, "w", 0o600);
  try {
    await fresh.writeFile([header, ...snapshot].map(toLine).join(""));
    await fresh.datasync();
  } finally {
    await fresh.close();
  }
  await rename(temporaryPath, path);
  await syncFolder(dirname(path));
  return new FileJournal(await open(path, "a", 0o600));
}

/**
 * Locks the data file for this process. Returns its path with symbolic links resolved, and a function that releases the
 * lock. Throws if another process holds it, or if the path is not a regular file, because opening replaces the file.
 */
export async function lockDataFile(file: string): Promise<{ path: string; release: () => Promise<void> }> {
  const path = await regularFile(resolve(file));
  await mkdir(dirname(path), { recursive: true });
  return { path, release: await lockFile(`${path}.lock`) };
}

async function regularFile(path: string): Promise<string> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return path;
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined)
    throw new Error(`"${path}" is a symbolic link to a file that does not exist; choose another file`);
  if (!(await lstat(real)).isFile()) throw new Error(`"${path}" is not a regular file; choose another one`);
  return real;
}

const toLine = (entry: object): string => `${JSON.stringify(entry)}\n`;

/** A rename is durable only after its folder is synced. Systems that cannot sync folders (Windows) do not need it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Not every system can open a folder.
  }
}

class FileJournal implements Journal {
  readonly #handle: FileHandle;
  #pending: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #failure: unknown;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  append(entry: object): void {
    this.#pending.push(toLine(entry));
  }

  flush(): Promise<void> {
    if (this.#pending.length === 0 && this.#next === undefined) return this.#writing;
    this.#next ??= this.#afterCurrent();
    return this.#next;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }

  async #afterCurrent(): Promise<void> {
    // The callers of the failed flush get its error, and `#failure` keeps it for later ones.
    await this.#writing.catch(() => {});
    this.#next = undefined;
    const batch = this.#pending.join("");
    this.#pending = [];
    this.#writing = this.#write(batch);
    return this.#writing;
  }

  async #write(batch: string): Promise<void> {
    // After a failed write the end of the file is unknown, so no later write may be acknowledged.
    if (this.#failure !== undefined) throw new Error("the data file could not be written", { cause: this.#failure });
    try {
      await this.#handle.appendFile(batch);
      await this.#handle.datasync();
    } catch (cause) {
      this.#failure = cause;
      throw new Error("the data file could not be written", { cause });
    }
  }
}
