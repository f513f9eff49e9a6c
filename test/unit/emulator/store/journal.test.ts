import { appendFile, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { lockDataFile, openJournal, readJournal } from "../../../../emulator/src/store/journal";
import { lockFile } from "../../../../emulator/src/store/lock";

describe("the emulator's journal", () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "onvera-journal-"));
    file = join(folder, "data");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const failure = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "no error",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

  it("rejects a file that is not an emulator data file", async () => {
    for (const text of ["hello", "hello\n", '{"name":"x"}\n', "[1]\n", "\n"]) {
      await writeFile(file, text);
      expect(await failure(readJournal(file)), JSON.stringify(text)).to.equal(
        `"${file}" is not an emulator data file; choose another one`,
      );
    }
  });

  it("rejects a file that is corrupt before its end, and names the line", async () => {
    await (await openJournal(file, [{ n: 1 }])).close();
    await appendFile(file, 'nonsense\n{"n":2}\n');
    expect(await failure(readJournal(file))).to.equal(
      `data file "${file}" line 3 is corrupt (not a JSON object); move the file away`,
    );
  });

  it("ignores an incomplete last line", async () => {
    await (await openJournal(file, [{ n: 1 }, { n: 2 }])).close();
    await appendFile(file, '{"n":3');
    expect(await readJournal(file)).to.deep.equal([{ n: 1 }, { n: 2 }]);
  });

  it("treats a missing file, an empty one and an incomplete first line as empty", async () => {
    expect(await readJournal(file)).to.deep.equal([]);
    await writeFile(file, "");
    expect(await readJournal(file)).to.deep.equal([]);
    await writeFile(file, '{"onveraEmul');
    expect(await readJournal(file)).to.deep.equal([]);
  });

  it("has everything on disk after a flush, in order", async () => {
    const journal = await openJournal(file, []);
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        journal.append({ n });
        await journal.flush();
        const written = (await readFile(file, "utf8")).includes(`{"n":${n}}\n`);
        expect(written, `entry ${n} once its flush resolved`).to.equal(true);
      }),
    );
    await journal.close();
    expect(await readJournal(file)).to.deep.equal(Array.from({ length: 200 }, (_, n) => ({ n })));
  });

  it("writes pending entries when it is closed", async () => {
    const journal = await openJournal(file, []);
    journal.append({ n: 1 });
    await journal.close();
    expect(await readJournal(file)).to.deep.equal([{ n: 1 }]);
  });

  it("fails every flush after a failed write", async () => {
    const journal = await openJournal(file, []);
    await journal.close();
    journal.append({ n: 1 });
    expect(await failure(journal.flush())).to.equal("the data file could not be written");
    journal.append({ n: 2 });
    expect(await failure(journal.flush())).to.equal("the data file could not be written");
  });

  it("is readable by its owner only, and leaves no temporary files", async function () {
    if (process.platform === "win32") this.skip();
    await (await openJournal(file, [])).close();
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await readdir(folder)).to.deep.equal(["data"]);
  });

  it("is locked by one process at a time, and takes over the lock of a dead process", async () => {
    const { release } = await lockDataFile(file);
    expect(await failure(lockDataFile(file))).to.equal(
      `"${file}.lock" is locked by process ${process.pid}, which is running`,
    );
    await release();
    // No system assigns a process ID this large.
    await writeFile(`${file}.lock`, `${hostname()} 2147483646`);
    await (await lockDataFile(file)).release();
    expect(await readdir(folder)).to.deep.equal([]);
  });

  for (const [owner, text] of [
    [
      "a process with this process's number, as process 1 of a container after a restart",
      `${hostname()} ${process.pid}`,
    ],
    ["a process on another host", "elsewhere 1"],
    ["a file without an owner", ""],
  ] as const) {
    it(`takes over the lock of ${owner} unless its file is touched`, async () => {
      const lock = `${file}.lock`;
      await writeFile(lock, text);
      let touched = Promise.resolve();
      const touching = setInterval(() => {
        touched = utimes(lock, new Date(), new Date());
      }, 5);
      expect(await failure(lockFile(lock, { heartbeatMs: 20 }))).to.match(
        /^".*" is locked by process \d+.* which is running$/,
      );
      clearInterval(touching);
      await touched;
      await (await lockFile(lock, { heartbeatMs: 20 }))();
      expect(await readdir(folder)).to.deep.equal([]);
    });
  }

  it("rejects devices and folders, and replaces the target of a symbolic link", async () => {
    expect(await failure(lockDataFile("/dev/null"))).to.equal('"/dev/null" is not a regular file; choose another one');
    expect(await failure(lockDataFile(folder))).to.equal(`"${folder}" is not a regular file; choose another one`);
    const link = join(folder, "link");
    await symlink(file, link);
    expect(await failure(lockDataFile(link))).to.equal(
      `"${link}" is a symbolic link to a file that does not exist; choose another file`,
    );
    await writeFile(file, "");
    const { path, release } = await lockDataFile(link);
    expect(path).to.equal(file);
    await (await openJournal(path, [{ n: 1 }])).close();
    await release();
    expect((await lstat(link)).isSymbolicLink()).to.equal(true);
    expect(await readJournal(link)).to.deep.equal([{ n: 1 }]);
  });

  it("rejects another format", async () => {
    await writeFile(file, '{"onveraEmulatorData":2}\n');
    expect(await failure(readJournal(file))).to.equal(
      `data file "${file}" has format 2, but this emulator reads format 1; choose another one`,
    );
  });

  it("creates the folder of the file", async () => {
    const deep = join(folder, "a", "b", "data");
    await (await lockDataFile(deep)).release();
    expect(await readdir(join(folder, "a"))).to.deep.equal(["b"]);
  });
});
