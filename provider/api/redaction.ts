import { displayText } from "./display-text";

/** Removes the API key from a text. */
export type Redact = (text: string) => string;

/**
 * Creates a function that replaces the key with `[API key]`, also if the key is encoded for a URL or JSON. It does not detect
 * parts of a key or other encodings.
 */
export function createRedact(apiKey: string): Redact {
  const spellings = [apiKey, encodeURIComponent(apiKey), JSON.stringify(apiKey).slice(1, -1)];
  const distinct = [...new Set(spellings)].filter((spelling) => spelling !== "").sort((a, b) => b.length - a.length);
  return (text) => distinct.reduce((rest, spelling) => rest.replaceAll(spelling, "[API key]"), text);
}

/** Replaces what looks like an API key, for texts that quote what a user wrote: the key in use need not be known. */
export function redactKeys(text: string, replacement: (key: string) => string = () => "[API key]"): string {
  return text.replaceAll(/onv_sk_[\w-]+/g, replacement);
}

/** The beginning of a text in one line, safe to display (see `displayText`): at most `maxLength` characters. */
export function excerpt(text: string, maxLength = 300): string {
  // Cut before the replacements, too: a body can have megabytes.
  const line = displayText(text.slice(0, maxLength * 10)).replaceAll(/\s+/g, " ");
  if (line.length <= maxLength) return line;
  // The cut can be within a surrogate pair.
  const start = line.slice(0, maxLength - 1).replace(/\p{Cs}$/u, "");
  return `${start.trimEnd()}…`;
}
