const cache = new Map<string, RegExp>();

/**
 * Converts a glob to a regular expression for the whole text: `*` matches anything except `/`, and `**` matches
 * anything.
 */
export function globToRegExp(glob: string): RegExp {
  const cached = cache.get(glob);
  if (cached !== undefined) return cached;
  const source = glob
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")))
    .join("");
  const pattern = new RegExp(`^${source}$`, "s");
  cache.set(glob, pattern);
  return pattern;
}
