import { displayText } from "./display-text";

/** Text as it may be shown: without the API key wherever a server has echoed it. */
export type Redact = (text: string) => string;

/**
 * Makes a function that replaces the key by `[API key]`, also where it is written as in a URL or in JSON. It cannot find
 * parts of a key, or a key in another encoding.
 */
export function createRedact(apiKey: string): Redact {
  const spellings = [apiKey, encodeURIComponent(apiKey), JSON.stringify(apiKey).slice(1, -1)];
  const distinct = [...new Set(spellings)].filter((spelling) => spelling !== "").sort((a, b) => b.length - a.length);
  return (text) => distinct.reduce((left, spelling) => left.replaceAll(spelling, "[API key]"), text);
}

/** The beginning of a foreign text, as it can be shown (see `displayText`): at most `maxLength` characters. */
export function excerpt(text: string, maxLength = 300): string {
  // Cut before the replacements too: a body may have megabytes.
  const line = displayText(text.slice(0, maxLength * 10)).replaceAll(/\s+/g, " ");
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).trimEnd()}…`;
}
