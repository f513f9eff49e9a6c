import type { GetHeader } from "./rate-limit-headers";

/** The deprecation of an endpoint, as its response announces it. */
export interface Deprecation {
  /** The time from which the endpoint is deprecated. */
  readonly since: Date | undefined;
  /** The time at which the endpoint is expected to stop working. */
  readonly sunset: Date | undefined;
  /** The documentation of the deprecation. */
  readonly link: string | undefined;
}

/**
 * Reads `Deprecation` (RFC 9745; in earlier drafts a date or `true`), `Sunset` (RFC 8594) and `Link; rel="deprecation"`.
 * Undefined if the response has none of them.
 */
export function announcedDeprecation(header: GetHeader): Deprecation | undefined {
  const deprecation = header("deprecation")?.trim();
  const isDeprecated = deprecation !== undefined && !/^(false|\?0)?$/i.test(deprecation);
  const since = isDeprecated ? dateOf(deprecation) : undefined;
  const sunset = dateOf(header("sunset"));
  const link = deprecationLink(header("link"));
  if (!isDeprecated && sunset === undefined && link === undefined) return undefined;
  return { since, sunset, link };
}

/** `@1688169599`, or an HTTP date. */
function dateOf(value: string | undefined): Date | undefined {
  const [, seconds] = /^\s*@(-?\d{1,11})\s*$/.exec(value ?? "") ?? [];
  const ms = seconds === undefined ? Date.parse(value ?? "") : Number(seconds) * 1_000;
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

function deprecationLink(value = ""): string | undefined {
  for (const [, target = "", parameters = ""] of value.matchAll(/<([^<>]*)>([^<]*)/g)) {
    const [, relations = ""] = /;\s*rel\s*=\s*"?([^";]*)/i.exec(parameters) ?? [];
    if (relations.toLowerCase().split(/\s+/).includes("deprecation")) return target;
  }
  return undefined;
}
