/** `npm run generate`: writes the files that are generated from the source. Run it after a change of the source. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageSchema } from "../provider/plugin/schema";
import { manifestJsonSchema } from "../sdk/manifest/schema";
import { apiReference } from "./docs/api-reference";
import { runScript } from "./flags";

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const files: Readonly<Record<string, () => string>> = {
  "sdk/manifest/deployments.schema.json": () => json(manifestJsonSchema()),
  "provider/plugin/schema.json": () => json(packageSchema()),
  "docs/api.md": apiReference,
};

const help = `npm run generate

Writes ${Object.keys(files).join(", ")}.`;

runScript({ help, options: {} }, () => {
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(__dirname, "..", file), content());
    console.log(`wrote ${file}`);
  }
});
