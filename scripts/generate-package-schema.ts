/** Writes the package's schema to a file, for reading and for generating SDKs. Run after a change of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageSchema } from "../provider/plugin/schema";

const file = join(__dirname, "..", "provider", "plugin", "schema.json");
writeFileSync(file, `${JSON.stringify(packageSchema(), null, 2)}\n`);
console.log(`wrote ${file}`);
