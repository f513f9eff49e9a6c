import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance } from "fastify";

/** The page's files as they are served; the same folder for the sources and for what is built of them. */
const folder = join(__dirname, "..", "..", "console");

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const securityHeaders = {
  // Nothing from elsewhere, nothing inline, and no text that becomes markup: the names of deployments are foreign text.
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    // A page that shows this one in a frame could have its buttons pressed.
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // The next release may come with the next start.
  "cache-control": "no-cache",
};

/** Serves the console at `/`, and what it is made of below `/console/`. */
export async function addConsolePage(app: FastifyInstance): Promise<void> {
  for (const name of await readdir(folder)) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const content = await readFile(join(folder, name));
    const path = name === "index.html" ? "/" : `/console/${name}`;
    app.get(path, async (_request, reply) => reply.headers({ ...securityHeaders, "content-type": type }).send(content));
  }
}
