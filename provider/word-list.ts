/** The words as a list in a sentence: `a`, `a and b`, or `a, b, and c`. */
export function wordList(words: readonly string[], conjunction: "and" | "or"): string {
  const [last, ...others] = [...words].reverse();
  if (others.length < 2) return words.join(` ${conjunction} `);
  return `${others.reverse().join(", ")}, ${conjunction} ${last}`;
}
