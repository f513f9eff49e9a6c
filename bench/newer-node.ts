import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { userCacheFolder } from "../scripts/pulumi/cache";

/** The Node.js that releases include, from its npm package; undefined if it cannot be installed. */
export async function newerNode(): Promise<string | undefined> {
  const target = join(userCacheFolder(process.env), "node-22");
  const binary = join(target, "node_modules", "node", "bin", "node");
  if (existsSync(binary)) return binary;
  try {
    mkdirSync(target, { recursive: true });
    await promisify(execFile)("npm", ["install", "--no-save", "--no-audit", "--prefix", target, "node@22"]);
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
