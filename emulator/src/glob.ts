const cache = new Map<string, RegExp>();

/** A glob as a regular expression over the whole text: `*` stands for anything but `/`, `**` for anything at all. */
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
