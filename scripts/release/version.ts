/** `npm run release:version -- VERSION`: changes the version in every file, and the changelog's "Unreleased". */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runScript, UsageError } from "../flags";
import { releaseChangelog } from "./changelog";
import { expectNext, moveVersion, places } from "./places";

const help = `npm run release:version -- VERSION

Changes the version everywhere, and the changelog's "Unreleased".`;

const root = resolve(__dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

function main(version: string | undefined): void {
  if (version === undefined) throw new UsageError("VERSION is missing");
  const { version: present } = JSON.parse(read("package.json")) as { version: string };
  expectNext(version, present);
  // Nothing is written unless every file can be changed.
  const moved = Object.keys(places).map((file) => [file, moveVersion(file, read(file), present, version)] as const);
  const changelog = releaseChangelog(read("CHANGELOG.md"), version);
  for (const [file, text] of [...moved, ["CHANGELOG.md", changelog] as const]) writeFileSync(join(root, file), text);
  console.log(`${present} → ${version}`);
}

runScript({ help, options: {}, maxPositionals: 1 }, ({ positionals }) => main(positionals[0]));
