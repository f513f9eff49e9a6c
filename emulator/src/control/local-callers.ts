import type { FastifyRequest } from "fastify";

const loopbackHosts = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/**
 * Whether a request comes from this machine, and not from a web page of another origin. The control API requires no
 * key, so this check is what keeps other web pages from changing the emulator.
 *
 * `Host` detects a page whose domain resolves to this machine (DNS rebinding). `Origin`, which browsers send with every
 * request that may change something, detects a page that calls the emulator. `Sec-Fetch-Site` detects a page that
 * embeds a resource. Following a link is allowed: it changes nothing, and the other page cannot read the result.
 */
export function isLocalCaller({ method, headers }: Pick<FastifyRequest, "method" | "headers">): boolean {
  const { host = "", origin } = headers;
  if (!loopbackHosts.test(host)) return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const { "sec-fetch-site": site = "none", "sec-fetch-mode": mode, "sec-fetch-dest": dest } = headers;
  if (site === "none" || site === "same-origin") return true;
  return method === "GET" && mode === "navigate" && dest === "document";
}
