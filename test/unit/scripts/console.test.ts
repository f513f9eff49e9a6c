import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import { expect } from "chai";
import { findChromium } from "../../../scripts/console/chromium";
import { withPalette } from "../../../scripts/console/png";
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

describe("withPalette", () => {
  it("keeps every pixel where there are colours enough, whatever way the rows were written", () => {
    const width = 4;
    // Five rows for the five ways; the values run over, as they do in pictures.
    const rows = [0, 1, 2, 3, 4].map((row) => Array.from({ length: width * 3 }, (_, x) => (row * 61 + x * 37) % 256));
    const read = readPalette(withPalette(writePng(rows)));
    expect(read).to.deep.equal({ width, height: 5, rows });
  });

  it("puts the nearest colour where there are more than 256", () => {
    // 300 greys and blues, each of the first ones twice as often.
    const colors = Array.from({ length: 300 }, (_, n) => (n < 250 ? [n, n, n] : [0, 0, n - 49]));
    const row = [...colors, ...colors.slice(0, 256)].flat();
    const [read = []] = readPalette(withPalette(writePng([row]))).rows;
    expect(read.slice(0, 256 * 3)).to.deep.equal(row.slice(0, 256 * 3));
    const palette = new Set(colors.slice(0, 256).map(String));
    for (let at = 256 * 3; at < 300 * 3; at += 3) {
      const found = read.slice(at, at + 3);
      expect(palette.has(String(found)), String(found)).to.equal(true);
      expect(found[2], "not black for blue").to.be.greaterThan(100);
    }
  });

  it("refuses what it cannot read", () => {
    expect(() => withPalette(Buffer.from("GIF89a".padEnd(60)))).to.throw("not a PNG of eight bits without alpha");
  });
});

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
}

/** Row by row, the n-th written in the n-th way that PNG has. Its checksums are none, as nobody reads them here. */
function writePng(rows: readonly number[][]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE((rows[0]?.length ?? 0) / 3, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const written = rows.map((row, y) => {
    const above = rows[y - 1] ?? row.map(() => 0);
    const differences = row.map((value, x) => {
      const [left = 0, up = 0, corner = 0] = [row[x - 3], above[x], above[x - 3]];
      const paeth = [left, up, corner].reduce((best, each) =>
        Math.abs(left + up - corner - each) < Math.abs(left + up - corner - best) ? each : best,
      );
      return (value - ([0, left, up, (left + up) >> 1, paeth][y] ?? 0) + 256) % 256;
    });
    return Buffer.from([y, ...differences]);
  });
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  const body = chunk("IDAT", deflateSync(Buffer.concat(written)));
  return Buffer.concat([signature, chunk("IHDR", header), body, chunk("IEND", Buffer.alloc(0))]);
}

/** Reads what `withPalette` writes: rows of indexes, without differences. */
function readPalette(png: Buffer): { width: number; height: number; rows: number[][] } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    chunks.set(png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const palette = chunks.get("PLTE") ?? Buffer.alloc(0);
  const data = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
  const rows = Array.from({ length: height }, (_, y) =>
    [...data.subarray(y * (width + 1) + 1, (y + 1) * (width + 1))].flatMap((index) => [
      ...palette.subarray(index * 3, index * 3 + 3),
    ]),
  );
  return { width, height, rows };
}
