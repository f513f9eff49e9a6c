import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";
import { findChromium } from "../../../scripts/console/chromium";
import { startExample } from "../../../scripts/console/example";

const root = resolve(__dirname, "..", "..", "..");

describe("findChromium", () => {
  let root: string;
  beforeEach(function () {
    // The browsers in these tests are shell scripts.
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

  it("finds the file in CHROMIUM_PATH, else the one on PATH, else none", async () => {
    const env = { PATH: join(root, "bin") };
    expect(await findChromium(env)).to.equal(undefined);
    const chrome = script("bin/google-chrome", "echo Google Chrome 140.0.1.2");
    expect(await findChromium(env)).to.equal(chrome);
    const chromium = script("bin/chromium", "echo Chromium 141.0.1.2 built on Debian");
    expect(await findChromium(env)).to.equal(chromium);
    expect(await findChromium({ ...env, CHROMIUM_PATH: "/opt/mine" })).to.equal("/opt/mine");
    expect(await findChromium({ ...env, CHROMIUM_PATH: "" })).to.equal(chromium);
  });

  it("ignores a file that only says how to install Chromium", async () => {
    script("bin/chromium-browser", "echo 'Command requires the chromium snap to be installed.'; exit 1");
    const chrome = script("bin/google-chrome", "echo Google Chrome 140.0.1.2");
    expect(await findChromium({ PATH: join(root, "bin") })).to.equal(chrome);
  });
});

describe("the data of the screenshots", () => {
  it("is the same in each run, and contains every status", async () => {
    const views = [];
    for (let run = 0; run < 2; run++) {
      const emulator = await startExample();
      views.push(emulator.control.view());
      await emulator.close();
    }
    expect(views[1]).to.deep.equal(views[0]);
    expect(views[0]?.counts.deployments).to.include({ ready: 3, provisioning: 2, destroying: 1, failed: 1 });
  });
});

describe("the screenshots in the README", () => {
  for (const scheme of ["light", "dark"]) {
    it(`are small: ${scheme}`, () => {
      const { size } = statSync(join(root, "docs", "images", `console-${scheme}.png`));
      expect(size).to.be.within(10_000, 200_000);
    });
  }
});
