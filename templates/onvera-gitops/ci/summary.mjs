// node ci/summary.mjs FILE: prints a file as a code block, for the summary of a run.
import { readFileSync } from "node:fs";
import { codeBlock } from "./body.mjs";

process.stdout.write(`${codeBlock(readFileSync(process.argv[2], "utf8").trim())}\n`);
