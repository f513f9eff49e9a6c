import { closest, distance } from "fastest-levenshtein";

/**
 * The known word that the user probably meant; undefined if none is similar. Ignores case, hyphens and underscores. A word is similar
 * if it differs in at most a third of its letters, or only in their order, or if it is the only one that contains the given word.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = simplify(word);
  const candidates = new Map(known.map((candidate) => [simplify(candidate), candidate]));
  if (plain === "" || plain.length > 100 || candidates.size === 0) return undefined;
  const plainCandidates = [...candidates.keys()];
  const best = closest(plain, plainCandidates);
  if (distance(plain, best) <= Math.max(1, Math.floor(Math.min(plain.length, best.length) / 3))) {
    return candidates.get(best);
  }
  const letters = sortLetters(plain);
  const swapped = plainCandidates.find((one) => one.length === plain.length && sortLetters(one) === letters);
  if (swapped !== undefined) return candidates.get(swapped);
  const [only, ...others] = plainCandidates.filter((one) => plain.length >= 4 && one.includes(plain));
  return only !== undefined && others.length === 0 ? candidates.get(only) : undefined;
}

/** `; did you mean "appType"?`, or `otherwise` if no known word is similar. */
export function suggestion(word: string, known: readonly string[], otherwise: string): string {
  const near = nearest(word, known);
  return near === undefined ? otherwise : `; did you mean ${JSON.stringify(near)}?`;
}

function simplify(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, "");
}

function sortLetters(word: string): string {
  return [...word].sort().join("");
}
