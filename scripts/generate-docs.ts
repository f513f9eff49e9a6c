/** Writes docs/api.md, the reference of all that users may say. Run after a change of any of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiReference } from "./docs/api-reference";

const file = join(__dirname, "..", "docs", "api.md");
writeFileSync(file, apiReference());
console.log(`wrote ${file}`);
