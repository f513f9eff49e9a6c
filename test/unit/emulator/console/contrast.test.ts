import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";

const css = readFileSync(resolve(__dirname, "..", "..", "..", "..", "emulator", "console", "style.css"), "utf8");

/** The colors of a `:root` block by name. */
function palette(block: string): Map<string, string> {
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = "", color = ""]) => [name, color]));
}

const [light = "", dark = ""] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) => block ?? "");
const palettes = { light: palette(light), dark: palette(dark) };

/** The contrast ratio of WCAG 2, from 1 to 21. */
function contrast(a: string, b: string): number {
  const [lighter = 1, darker = 0] = [a, b].map(luminance).sort((one, other) => other - one);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("the console's colors", () => {
  it("have the same names in the light and the dark scheme", () => {
    expect([...palettes.dark.keys()]).to.deep.equal([...palettes.light.keys()]);
    expect(palettes.light.size).to.be.greaterThan(30);
  });

  for (const [scheme, colors] of Object.entries(palettes)) {
    const expectContrast = (front: string, back: string, atLeast: number) => {
      const [one, other] = [colors.get(front), colors.get(back)];
      expect(one && other, `${front} and ${back}`).to.be.a("string");
      expect(contrast(one ?? "", other ?? ""), `${front} on ${back}`).to.be.at.least(atLeast);
    };
    const phases = [...colors.keys()].filter((name) => name.startsWith("phase-"));

    it(`have enough contrast for text (${scheme})`, () => {
      for (const back of ["page", "surface", "sunken"]) {
        for (const front of ["text", "muted", "accent"]) expectContrast(front, back, 4.5);
      }
      for (const tone of ["good", "busy", "warn", "bad", "idle"]) {
        expectContrast(tone, `${tone}-soft`, 4.5);
        expectContrast(tone, "surface", 4.5);
      }
      expectContrast("on-accent", "accent", 4.5);
      expectContrast("text", "hover", 4.5);
      expect(phases).to.have.length(12);
      for (const phase of phases) expectContrast("on-phase", phase, 4.5);
    });

    it(`have enough contrast for bars, edges and the focus (${scheme})`, () => {
      for (const phase of phases) expectContrast(phase, "surface", 3);
      for (const back of ["page", "surface", "sunken"]) expectContrast("accent", back, 3);
      expectContrast("edge", "surface", 3);
    });
  }
});
