const cache = new Map<string, RegExp>();

/**
 * Converts a glob to a regular expression for the whole text: `*` matches anything except `/`, and `**` matches
 * anything.
 */
export function globToRegExp(glob: string): RegExp {
  const known = cache.get(glob);
  if (known !== undefined) return known;
  const source = glob
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")))
    .join("");
  const made = new RegExp(`^${source}$`, "s");
  cache.set(glob, made);
  return made;
}
