import { displayText } from "../provider/api/display-text";

/** Further messages are only counted: one cause, such as a wrong key, fails every deployment of a stack. */
const maxMessages = 10;

/** The first messages, one on each line, and the number of the others. */
export function messageLines(messages: readonly string[]): string[] {
  const rest = messages.length - maxMessages;
  return [
    ...messages.slice(0, maxMessages).map((message) => displayLines(message)),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}

/** Messages at the end of a sentence: one on the same line, several on lines of their own. */
export function listMessages(messages: readonly string[]): string {
  const lines = messageLines(messages);
  return lines.length === 1 ? lines.join() : ["", ...lines].join("\n  ");
}

/** Text of several lines without the characters that a terminal interprets. */
export function displayLines(text: string): string {
  return text
    .split("\n")
    .map((line) => `${/^ */.exec(line)?.[0] ?? ""}${displayText(line)}`)
    .join("\n");
}

/** A value as JSON, with the characters that a terminal interprets written as escapes. */
export function displayJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n"
      ? character
      : character.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

/** `1 deployment`, `2 deployments`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
