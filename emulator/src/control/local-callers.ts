import type { FastifyRequest } from "fastify";

const loopbackHosts = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/**
 * Whether a request comes from this machine and from no foreign web page. The control API asks for no key, so this is
 * all that keeps a page that somebody happens to have open from destroying what runs here.
 *
 * A page that points its own name at this machine is told by `Host`; one that calls this machine's name by `Origin`, which
 * every browser sends with whatever may change something; and one that only makes the browser fetch something by
 * `Sec-Fetch-Site`. Following a link is allowed, as that changes nothing and shows the other page nothing.
 */
export function isLocalCaller({ method, headers }: Pick<FastifyRequest, "method" | "headers">): boolean {
  const { host = "", origin } = headers;
  if (!loopbackHosts.test(host)) return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const { "sec-fetch-site": site = "none", "sec-fetch-mode": mode, "sec-fetch-dest": dest } = headers;
  if (site === "none" || site === "same-origin") return true;
  return method === "GET" && mode === "navigate" && dest === "document";
}
