import { closest, distance } from "fastest-levenshtein";

/**
 * The known word that was probably meant, or undefined where none is near. Case, hyphens and underscores do not count.
 * Near is what differs in a third of its letters at most or in their order only, or what alone contains the word.
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

/** `; did you mean "appType"?`, or what to say instead where nothing is near. */
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
