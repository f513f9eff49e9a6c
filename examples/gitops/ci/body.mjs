// What is written under a pull request or merge request, and into an issue.
import { readFileSync } from "node:fs";

/** GitHub takes 65,536 characters; the end of a long preview says more than its beginning. */
const maxLength = 60_000;

/** By this, an invisible comment, the text is found again and replaced, so that there is only ever one of them. */
export function markerOf(what, stack) {
  return `<!-- onvera-gitops: ${what} of ${stack} -->`;
}

export function body({ what, stack, headline, file, runUrl }) {
  const text = withoutPasswords(readFileSync(file, "utf8").trim());
  const shown = text.length <= maxLength ? text : `…\n${text.slice(-maxLength)}`;
  // A fence that is longer than any in the text.
  const fence = "`".repeat(Math.max(3, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [markerOf(what, stack), `### ${headline}`, "", fence, shown, fence, "", `[The run](${runUrl})`, ""].join("\n");
}

/** Pulumi shows the backend's URL where it cannot be reached; what is written by the API nobody masks. */
function withoutPasswords(text) {
  return text.replaceAll(/(\b[\w+.-]+:\/\/[^\s/:@]*):[^\s/]*@/g, "$1:***@");
}
