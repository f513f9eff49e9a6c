import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version of this package, from its `package.json`. "0.0.0", which the engine can parse, if there is none. */
export function readPackageVersion(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
        string,
        unknown
      >;
      if (name === "pulumi-onvera" && typeof version === "string") return version;
    } catch {
      // No package.json here: try the parent folder.
    }
    if (folder === dirname(folder)) return "0.0.0";
  }
}
