/**
 * `npm run release:tag -- TAG`: fails unless the tag is that of package.json's version, and prints what the changelog says of
 * it.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { changelogSection } from "./changelog";

const root = resolve(__dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

function main(tag: string | undefined): void {
  if (tag === undefined) throw new Error("usage: npm run release:tag -- TAG");
  const { version } = JSON.parse(read("package.json")) as { version: string };
  if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, but package.json's version makes it v${version}`);
  process.stdout.write(changelogSection(read("CHANGELOG.md"), version));
}

try {
  main(process.argv[2]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
