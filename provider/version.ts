import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version of this package, from the nearest `package.json` of ours above this file; "unknown" where there is none. */
export function readPackageVersion(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
        string,
        unknown
      >;
      if (name === "pulumi-onvera" && typeof version === "string") return version;
    } catch {
      // No package.json here, or one that is not ours: look further up.
    }
    if (folder === dirname(folder)) return "unknown";
  }
}
