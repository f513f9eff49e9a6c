/** Writes the JSON Schema of the manifest, which editors use, from the zod schema. Run after a change of that. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { manifestJsonSchema } from "../sdk/manifest/schema";

const file = join(__dirname, "..", "sdk", "manifest", "deployments.schema.json");
writeFileSync(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
console.log(`wrote ${file}`);
