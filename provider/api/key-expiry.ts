const dayMs = 24 * 60 * 60_000;

/** The time before the expiry in which to warn, in milliseconds. */
const warnWithinMs = 14 * dayMs;

/** The warning for a key that expires soon; undefined for any other key. */
export function expiryWarning(expiresAt: Date, wallNowMs: number): string | undefined {
  const leftMs = expiresAt.getTime() - wallNowMs;
  if (!(leftMs <= warnWithinMs)) return undefined;
  const left = leftMs < dayMs ? "less than a day" : `${Math.floor(leftMs / dayMs)} days`;
  return `the API key expires on ${expiresAt.toISOString()} (in ${left}); create another key on Onvera before then`;
}

/**
 * When the key expires, according to a response; undefined if it has no such header. The header is not published (API
 * reference, "Conventions": keys can expire), so any header whose name contains "key" and "expir" counts if it has a date.
 */
export function announcedExpiry(
  names: readonly string[],
  header: (name: string) => string | undefined,
): Date | undefined {
  for (const name of names) {
    if (!/key/i.test(name) || !/expir/i.test(name)) continue;
    const text = header(name) ?? "";
    const seconds = /^\d{9,}$/.test(text) ? Number(text) : undefined;
    const ms = seconds === undefined ? Date.parse(text) : seconds * (seconds > 1e11 ? 1 : 1_000);
    if (!Number.isNaN(ms)) return new Date(ms);
  }
  return undefined;
}
