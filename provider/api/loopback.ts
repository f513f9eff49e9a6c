import { isIPv4 } from "node:net";

/** True where a URL's host name can only be this machine: `localhost`, 127.0.0.0/8 or `[::1]`, as `URL` normalizes them. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}
