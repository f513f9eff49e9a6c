// The text of a comment on a pull request or merge request, and of an issue.
import { readFileSync } from "node:fs";

/** GitHub accepts 65,536 characters. The end of a long preview says more than its start. */
const maxLength = 60_000;

/** An invisible comment by which the text is found again and replaced, so that there is only one. */
export function markerOf(what, stack) {
  return `<!-- onvera-gitops: ${what} of ${stack} -->`;
}

export function body({ what, stack, headline, file, runUrl }) {
  const text = readFileSync(file, "utf8").trim();
  const shown = text.length <= maxLength ? text : `…\n${text.slice(-maxLength)}`;
  return [markerOf(what, stack), `### ${headline}`, "", codeBlock(shown), "", `[The run](${runUrl})`, ""].join("\n");
}

/** The text between fences that are longer than any run of backticks in it, without passwords. */
export function codeBlock(text) {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}\n${withoutPasswords(text)}\n${fence}`;
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
