import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StartBackend } from "./backend";

/** A folder, such as one on a network drive. */
export const startFileBackend: StartBackend = async () => {
  const folder = mkdtempSync(join(tmpdir(), "state-"));
  return {
    env: { PULUMI_BACKEND_URL: `file://${folder}` },
    contents: async () => {
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")).join("\n");
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
};
