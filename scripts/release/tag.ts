/**
 * `npm run release:tag -- TAG`: prints the changelog of the version. Fails unless the tag matches the version in package.json.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runScript, UsageError } from "../flags";
import { changelogSection } from "./changelog";

const help = `npm run release:tag -- TAG

Prints the changelog of the version. Fails unless the tag matches the version in package.json.`;

const root = resolve(__dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

function main(tag: string | undefined): void {
  if (tag === undefined) throw new UsageError("TAG is missing");
  const { version } = JSON.parse(read("package.json")) as { version: string };
  if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, but package.json's version makes it v${version}`);
  process.stdout.write(changelogSection(read("CHANGELOG.md"), version));
}

runScript({ help, options: {}, maxPositionals: 1 }, ({ positionals }) => main(positionals[0]));
