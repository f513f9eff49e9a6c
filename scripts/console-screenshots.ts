// `npm run screenshots`: writes the tutorial's screenshots of the emulator's page, docs/images/console-{light,dark}.png.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { decode, encode, toRGBA8 } from "upng-js";
import { findChromium, missingChromium, startChromium } from "./console/chromium";
import { startExample } from "./console/example";
import { runScript } from "./flags";

const folder = resolve(__dirname, "..", "docs", "images");
/** High enough for the lists of deployments and operations. */
const size = { width: 1280, height: 1275 };

async function main(): Promise<void> {
  const executable = await findChromium();
  if (executable === undefined) throw new Error(missingChromium);
  mkdirSync(folder, { recursive: true });
  const emulator = await startExample();
  const browser = await startChromium(executable);
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({
        ...{ viewport: size, colorScheme, deviceScaleFactor: 1.5 },
        // So that each machine takes the same screenshot.
        ...{ timezoneId: "UTC", locale: "en-GB", reducedMotion: "reduce" },
      });
      // The emulator's clock is stopped, so the page's clock must not run either.
      await page.clock.install();
      await page.clock.pauseAt(Date.now() + 1_000);
      await page.goto(emulator.url);
      await page.locator("#operations tbody tr").first().waitFor();
      const file = join(folder, `console-${colorScheme}.png`);
      const picture = withPalette(await page.screenshot());
      writeFileSync(file, picture);
      console.log(`${relative(process.cwd(), file)}: ${Math.ceil(picture.length / 1000)} kB`);
      await page.close();
    }
  } finally {
    await browser.close();
    await emulator.close();
  }
}

/** The same picture with 256 colors: the file is a third of the size. */
function withPalette(png: Buffer): Buffer {
  const image = decode(new Uint8Array(png).buffer);
  return Buffer.from(encode(toRGBA8(image), image.width, image.height, 256));
}

runScript({ help: "npm run screenshots\n\nWrites docs/images/console-{light,dark}.png.", options: {} }, main);
