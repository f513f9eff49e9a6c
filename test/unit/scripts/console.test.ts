import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";
import { findChromium } from "../../../scripts/console/chromium";
import { tellStory } from "../../../scripts/console/story";

const root = resolve(__dirname, "..", "..", "..");

describe("findChromium", () => {
  let root: string;
  beforeEach(function () {
    // The browsers here are shell scripts.
    if (process.platform === "win32") this.skip();
    root = mkdtempSync(join(tmpdir(), "chromium-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function script(path: string, body: string): string {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return file;
  }

  it("takes what CHROMIUM_PATH names, else what is on PATH, else nothing", async () => {
    const env = { PATH: join(root, "bin") };
    expect(await findChromium(env)).to.equal(undefined);
    const chrome = script("bin/google-chrome", "echo Google Chrome 140.0.1.2");
    expect(await findChromium(env)).to.equal(chrome);
    const chromium = script("bin/chromium", "echo Chromium 141.0.1.2 built on Debian");
    expect(await findChromium(env)).to.equal(chromium);
    expect(await findChromium({ ...env, CHROMIUM_PATH: "/opt/mine" })).to.equal("/opt/mine");
    expect(await findChromium({ ...env, CHROMIUM_PATH: "" })).to.equal(chromium);
  });

  it("takes none that only says where to get one", async () => {
    script("bin/chromium-browser", "echo 'Command requires the chromium snap to be installed.'; exit 1");
    const chrome = script("bin/google-chrome", "echo Google Chrome 140.0.1.2");
    expect(await findChromium({ PATH: join(root, "bin") })).to.equal(chrome);
  });
});

describe("the story that the pictures tell", () => {
  it("is the same at each run, and has something of everything", async () => {
    const told = [];
    for (let run = 0; run < 2; run++) {
      const emulator = await tellStory();
      told.push(emulator.control.view());
      await emulator.close();
    }
    expect(told[1]).to.deep.equal(told[0]);
    expect(told[0]?.counts.deployments).to.include({ ready: 3, provisioning: 2, destroying: 1, failed: 1 });
  });
});

describe("the pictures in the README", () => {
  for (const scheme of ["light", "dark"]) {
    it(`are quickly loaded: ${scheme}`, () => {
      const { size } = statSync(join(root, "docs", "images", `console-${scheme}.png`));
      expect(size).to.be.within(10_000, 200_000);
    });
  }
});
