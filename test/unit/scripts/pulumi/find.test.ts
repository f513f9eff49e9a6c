import { fork } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type FindOptions, findPulumi, PulumiNotFoundError } from "../../../../scripts/pulumi/find";
import { versions } from "../../../../scripts/pulumi/versions";
import { FakeMachine, pulumiScripts, recorder, script, unreachable } from "./fakes";

describe("findPulumi", function () {
  // Each call starts a few shells.
  this.timeout(20_000);
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.dispose());

  const find = (options: FindOptions = {}) =>
    findPulumi({ env: machine.env, cacheDir: machine.cacheDir, install: unreachable, ...options });

  const failure = async (options: FindOptions = {}): Promise<Error> => {
    try {
      await find(options);
    } catch (error) {
      if (error instanceof Error) {
        return error;
      }
    }
    throw new Error("expected a failure");
  };

  it("says what to do if the download fails and there is no Go", async () => {
    const error = await failure();
    expect(error).to.be.instanceOf(PulumiNotFoundError);
    expect(error.message).to.equal(
      "no Pulumi CLI v3.150.0 or newer is on PATH; Pulumi's installer did not succeed: fetch failed; " +
        "neither did building it with Go: there is no Go on PATH\n" +
        "Install Pulumi (https://www.pulumi.com/docs/install/), or Go 1.26.0 or newer (https://go.dev/doc/install) " +
        "to build it, then run this again",
    );
    expect(partials(machine)).to.deep.equal([]);
  });

  it("names the variable to set if the cache folder cannot be written", async () => {
    const file = join(machine.cacheDir, "..", "file");
    writeFileSync(file, "");
    const cacheDir = join(file, "cache");
    const error = await failure({ cacheDir });
    expect(error).to.be.instanceOf(PulumiNotFoundError);
    const variable = { win32: "LOCALAPPDATA", darwin: "HOME" }[String(process.platform)] ?? "XDG_CACHE_HOME";
    expect(error.message).to.equal(
      `there is no Pulumi CLI on PATH, and the folder to install one in cannot be written: ${cacheDir} (ENOTDIR)\n` +
        `Set ${variable} to a writable folder, or install Pulumi (https://www.pulumi.com/docs/install/), then run this again`,
    );
  });

  it("does not build with a Go that is too old", async () => {
    machine.withGo({ version: "1.22.2" });
    expect((await failure()).message).to.contain("go is Go 1.22.2, not 1.26.0 or newer");
    expect(machine.builds).to.deep.equal([]);
  });

  it("shows the compiler's errors if a build fails, and keeps no files of it", async () => {
    machine.withGo({ beforeBuild: "echo 'no space left on device' >&2; exit 2" });
    expect((await failure()).message).to.match(
      /building the Pulumi CLI v[\d.]+ failed \(code 2\):\nno space left on device/,
    );
    expect(partials(machine)).to.deep.equal([]);
    expect(readdirSync(machine.cacheDir).filter((name) => name.startsWith("pulumi-"))).to.deep.equal([]);
  });

  it("uses no files of a killed run, and is not blocked by it", async () => {
    // The "compiler" writes half a CLI, then hangs until the process that waits for it is killed.
    machine.withGo({ beforeBuild: `printf '#!/bin/sh\\n' > "$bin/pulumi"; chmod +x "$bin/pulumi"; exec sleep 30` });
    const child = fork(join(__dirname, "find-in-child.ts"), [machine.cacheDir], { env: machine.env });
    await waitUntil(() => partials(machine).some((name) => existsSync(join(machine.cacheDir, name, "bin", "pulumi"))));
    child.kill("SIGKILL");
    await once(child, "exit");
    // Like half a minute later.
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(join(machine.cacheDir, "pulumi.lock"), longAgo, longAgo);

    const healthy = new FakeMachine();
    healthy.withGo();
    try {
      const found = await find({ env: healthy.env });
      expect(found.source).to.equal("built");
      expect(healthy.builds).to.have.length(3);
      expect(partials(machine)).to.deep.equal([]);
    } finally {
      healthy.dispose();
    }
  });

  it("builds once if two runs begin at the same time", async () => {
    machine.withGo();
    const reporter = recorder();
    const turns: (() => void)[] = [];
    const waiting = new Promise<void>((resolve) => {
      // The run without the lock sleeps until the other one has finished.
      reporter.say = (line) => {
        reporter.lines.push(line);
        if (line.startsWith("another run")) {
          resolve();
        }
      };
    });
    const sleep = () => new Promise<void>((resolve) => turns.push(resolve));
    const both = [find({ reporter, sleep }), find({ reporter, sleep })];
    await waiting;
    await Promise.race(both);
    for (const wake of turns) {
      wake();
    }
    const sources = (await Promise.all(both)).map(({ source }) => source);
    expect(sources.sort()).to.deep.equal(["built", "cache"]);
    expect(machine.builds).to.have.length(3);
  });

  it("skips a CLI that is too old, broken or without the Node.js host, and reports it", async () => {
    const old = machine.onPath(pulumiScripts("3.149.9"));
    const broken = machine.onPath({ pulumi: "exit 1" });
    const bare = machine.onPath({ pulumi: "echo v3.200.0" });
    unlinkSync(join(old, "pulumi-language-nodejs"));
    const another = machine.onPath({ pulumi: "echo v3.201.0" });
    const reporter = recorder();
    await failure({ reporter });
    expect(reporter.lines.slice(0, 4)).to.deep.equal([
      `${join(old, "pulumi")} is v3.149.9, older than v3.150.0; continuing the search`,
      `${join(broken, "pulumi")} does not print its version; continuing the search`,
      `${join(bare, "pulumi")} (v3.200.0) has no pulumi-language-nodejs; continuing the search`,
      `${join(another, "pulumi")} (v3.201.0) has no pulumi-language-nodejs; continuing the search`,
    ]);
    // A host anywhere on PATH is used.
    script(join(another, "pulumi-language-nodejs"), "exit 0");
    expect((await find()).binary).to.equal(join(bare, "pulumi"));
  });

  it("uses the CLI on PATH without the installer or the cache", async () => {
    const folder = machine.onPath(pulumiScripts("3.150.0"));
    expect(await find()).to.deep.equal({
      binary: join(folder, "pulumi"),
      directory: folder,
      version: "3.150.0",
      source: "path",
    });
    expect(existsSync(machine.cacheDir)).to.equal(false);
  });

  it("finds the hosts beside the target of a link on PATH", async () => {
    const real = join(machine.root, "opt");
    for (const [name, body] of Object.entries(pulumiScripts("3.210.0"))) {
      script(join(real, name), body);
    }
    const linked = machine.onPath({ other: "exit 0" });
    symlinkSync(join(real, "pulumi"), join(linked, "pulumi"));
    expect((await find()).source).to.equal("path");
  });

  it("checks the CLI on PATH with a temporary home, so that it does not write into the user's", async () => {
    machine.onPath({
      ...pulumiScripts("3.200.0"),
      pulumi: `echo "$PULUMI_HOME" > ${machine.root}/seen; echo v3.200.0`,
    });
    await find();
    expect(readFileSync(join(machine.root, "seen"), "utf8").trim()).to.equal(join(machine.cacheDir, "home"));
  });

  it("keeps the CLI of Pulumi's installer, and uses it later without the installer", async () => {
    machine.withGo();
    const install = async (folder: string) => {
      for (const [name, body] of Object.entries(pulumiScripts(versions.pulumi))) {
        script(join(folder, "bin", name), body);
      }
      mkdirSync(join(folder, "home"));
    };
    const first = await find({ install });
    expect(first).to.include({ source: "installer", version: versions.pulumi });
    expect(readdirSync(join(first.directory, "..")).sort()).to.deep.equal(["bin", "source"]);
    expect(await find()).to.deep.equal({ ...first, source: "cache" });
    expect(machine.builds).to.deep.equal([]);
  });

  it("builds the CLI if the installer installs another version", async () => {
    machine.withGo();
    const install = async (folder: string) => {
      for (const [name, body] of Object.entries(pulumiScripts("3.1.0"))) {
        script(join(folder, "bin", name), body);
      }
    };
    const reporter = recorder();
    expect((await find({ install, reporter })).source).to.equal("built");
    expect(reporter.lines).to.deep.equal([
      `installing the Pulumi CLI v${versions.pulumi} with Pulumi's installer`,
      "Pulumi's installer did not succeed: the version of its CLI is 3.1.0; " + "building the same CLI with Go",
      "the first build takes about five minutes on two cores; later runs use its result",
      `building the Pulumi CLI v${versions.pulumi}`,
      "building its YAML host",
      "building its Node.js host",
    ]);
  });

  it("builds the CLI with its hosts if the download fails", async () => {
    machine.withGo();
    const found = await find();
    expect(found).to.include({ source: "built", version: versions.pulumi });
    expect(machine.builds).to.deep.equal([
      "pulumi",
      "pulumi-language-yaml pulumi-converter-yaml",
      "pulumi-language-nodejs",
    ]);
    expect(readdirSync(found.directory).sort()).to.deep.equal([
      "pulumi",
      "pulumi-converter-yaml",
      "pulumi-language-nodejs",
      "pulumi-language-yaml",
      "pulumi-resource-pulumi-nodejs",
    ]);
  });

  it("builds the Python host once, if it is required", async () => {
    machine.withGo();
    await find();
    const found = await find({ languages: ["nodejs", "python"] });
    expect(found.source).to.equal("cache");
    expect(machine.builds.slice(3)).to.deep.equal(["pulumi-language-python"]);
    expect(readdirSync(found.directory)).to.include.members(["pulumi-language-python", "pulumi-language-python-exec"]);
    await find({ languages: ["nodejs", "python"] });
    expect(machine.builds).to.have.length(4);
  });

  it("builds the Go host if it is required", async () => {
    machine.withGo();
    const found = await find({ languages: ["nodejs", "go"] });
    expect(readdirSync(found.directory)).to.include("pulumi-language-go");
  });
});

function partials(machine: FakeMachine): string[] {
  const names = existsSync(machine.cacheDir) ? readdirSync(machine.cacheDir) : [];
  return names.filter((name) => name.startsWith("partial-"));
}

/** Waits until another process has reached a point. Mocha's timeout is the deadline. */
async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
