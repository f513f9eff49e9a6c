import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..", "..");

/** The licenses of the third-party code in an archive, which most of them require. */
export function thirdPartyNotices(packages: readonly string[], { nodeVersion }: { nodeVersion?: string } = {}): string {
  const notices = packages.map((path) => {
    const folder = join(root, path);
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
    return [`${name} ${version} (${license ?? "see its home page"})`, ...texts].join("\n\n");
  });
  if (nodeVersion !== undefined) {
    notices.unshift(`Node.js ${nodeVersion}\n\nhttps://github.com/nodejs/node/blob/${nodeVersion}/LICENSE`);
  }
  return `${notices.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}
