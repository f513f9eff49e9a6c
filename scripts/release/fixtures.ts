/**
 * `npm run release:fixtures -- [GIT-REF]`: stores the states that the package of a commit (default: HEAD) creates, for
 * `test/engine/upgrade.test.ts`. It uses the emulator and the dependencies of this working tree.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot, stackName } from "../engine/project";
import {
  apiKey,
  lateName,
  platformFile,
  type ReleaseProgram,
  ReleaseStack,
  releasePrograms,
  stateFile,
  statesFolder,
} from "../engine/release-stack";
import { runScript } from "../flags";
import { stateToKeep, withoutKeys } from "./kept-state";

const run = promisify(execFile);
const git = async (...args: string[]) => (await run("git", args, { cwd: repositoryRoot })).stdout.trim();

async function main(ref = "HEAD"): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "release-fixtures-"));
  try {
    const commit = await git("rev-parse", "--short=7", `${ref}^{commit}`);
    const packageFolder = await build(commit, scratch);
    const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { version: string };
    const release = join(statesFolder, `${version}-${commit}`);
    const kept: [string, Record<string, string>][] = [];
    for (const [name, program] of Object.entries(releasePrograms))
      kept.push([name, await keep(program, packageFolder)]);
    // Nothing is written before all of it is complete.
    rmSync(release, { recursive: true, force: true });
    for (const [name, files] of kept) {
      mkdirSync(join(release, name), { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(release, name, file), text);
    }
    console.log(release);
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Builds the package of a commit. */
async function build(commit: string, scratch: string): Promise<string> {
  const archive = join(scratch, "package.tar");
  const folder = join(scratch, "package");
  await git("archive", "--output", archive, commit);
  mkdirSync(folder);
  await run("tar", ["-xf", archive, "-C", folder]);
  symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"), "dir");
  await run(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"], {
    cwd: folder,
  });
  return folder;
}

/** Runs the program with that package. Returns the files to keep, by name. */
async function keep(program: ReleaseProgram, packageFolder: string): Promise<Record<string, string>> {
  const stack = await ReleaseStack.start(program, { packageFolder });
  const { emulator, project } = stack;
  try {
    emulator.control.outcomes.add({
      match: { operation: "create", name: lateName },
      result: "succeed",
      // Longer than a test, even at a speed of 1,000.
      durationMs: 1e9,
    });
    const { code, stdout, stderr } = await project.up({ mayFail: true });
    const states = emulator.control.state().deployments.map(({ status }) => status);
    if (code === 0 || states.sort().join() !== "provisioning,ready,ready") {
      throw new Error(`one create of three must time out:\n${stdout}${stderr}`);
    }
    // The operation does not continue until the test resumes the clock.
    await emulator.control.clock.pause();
    const exported = await project.run(["stack", "export", "--stack", stackName]);
    const files = {
      [program.file]: program.text,
      [stateFile]: stateToKeep(exported.stdout),
      [platformFile]: withoutKeys(stack.platformText()),
    };
    const hidden = [apiKey, project.root, packageFolder, repositoryRoot, homedir()];
    for (const [file, text] of Object.entries(files)) {
      const found = hidden.find((each) => text.includes(each));
      if (found !== undefined) throw new Error(`${file} must not hold "${found}"`);
    }
    return files;
  } finally {
    await stack.stop();
  }
}

const help = `npm run release:fixtures -- [GIT-REF]

Writes the states that the package of that commit (default: HEAD) creates, for test/engine/upgrade.test.ts.`;

runScript({ help, options: {}, maxPositionals: 1 }, ({ positionals }) => main(positionals[0]));
