import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance } from "fastify";

/** The console's files, which the sources and the built package share. */
const folder = join(__dirname, "..", "..", "console");

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const securityHeaders = {
  // No other origin, no inline code, and no text parsed as markup: deployment names are untrusted.
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    // Prevents clickjacking.
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // The files change with the next release.
  "cache-control": "no-cache",
};

/** Serves the console at `/`, and its files below `/console/`. */
export async function addConsolePage(app: FastifyInstance): Promise<void> {
  for (const name of await readdir(folder)) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const content = await readFile(join(folder, name));
    const path = name === "index.html" ? "/" : `/console/${name}`;
    app.get(path, async (_request, reply) => reply.headers({ ...securityHeaders, "content-type": type }).send(content));
  }
}
