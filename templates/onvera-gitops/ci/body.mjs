// The text of a comment on a pull request or merge request, and of an issue.
import { readFileSync } from "node:fs";

/** GitHub accepts 65,536 characters. The end of a long preview says more than its start. */
const maxLength = 60_000;

/** An invisible comment by which the text is found again and replaced, so that there is only one. */
export function markerOf(what, stack) {
  return `<!-- onvera-gitops: ${what} of ${stack} -->`;
}

export function body({ what, stack, headline, file, runUrl }) {
  const shown = codeBlock(readFileSync(file, "utf8").trim(), maxLength);
  return [markerOf(what, stack), `### ${headline}`, "", shown, "", `[The run](${runUrl})`, ""].join("\n");
}

/**
 * The text without passwords, and of that at most the last `maxCharacters`, between fences that are longer than any run of
 * backticks in it.
 */
export function codeBlock(text, maxCharacters = Number.POSITIVE_INFINITY) {
  // Cut last: the rest of a URL that was cut would not be recognized, and a masked text can be longer.
  const masked = withoutPasswords(text);
  const shown = masked.length <= maxCharacters ? masked : `…\n${masked.slice(-maxCharacters)}`;
  const fence = "`".repeat(Math.max(3, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}\n${shown}\n${fence}`;
}

/**
 * Pulumi prints the URL of a backend that it cannot reach, and nothing masks what is written through an API. In each URL,
 * masks the password (up to the last "@" before white space, as a password may hold "/" or "@") and the values of query
 * parameters that hold credentials. Takes linear time: each part of the text is matched once.
 */
export function withoutPasswords(text) {
  return text.replaceAll(/(?<=:\/\/)\S+/g, (rest) => {
    const at = rest.lastIndexOf("@");
    const colon = rest.indexOf(":");
    const masked = colon >= 0 && colon < at ? `${rest.slice(0, colon)}:***${rest.slice(at)}` : rest;
    return masked.replaceAll(/([?&](?:[\w.-]*(?:password|passwd|secret|token|key|sig|signature))=)[^&#\s]*/gi, "$1***");
  });
}
