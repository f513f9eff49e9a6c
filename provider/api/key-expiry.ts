const dayMs = 24 * 60 * 60_000;

/** A key that lives longer is nobody's concern yet, in milliseconds. */
const worthTellingMs = 14 * dayMs;

/** For people: that a key expires soon; undefined for one that does not. */
export function expiryWarning(expiresAt: Date, wallNowMs: number): string | undefined {
  const leftMs = expiresAt.getTime() - wallNowMs;
  if (!(leftMs <= worthTellingMs)) return undefined;
  const left = leftMs < dayMs ? "less than a day" : `${Math.floor(leftMs / dayMs)} days`;
  return `the API key expires on ${expiresAt.toISOString()} (in ${left}); make another one at Onvera before that`;
}

/**
 * When the key expires, where an answer tells. How it would tell is not published (the contract, "Conventions": keys may
 * expire), so that any header that is about a key's expiry and holds a date is understood. Undefined where there is none.
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
