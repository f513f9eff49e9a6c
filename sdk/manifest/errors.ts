import { PlatformError } from "../../provider/api/errors";
import { redactKeys } from "../../provider/api/redaction";

/** One error in a manifest, and its location. */
export interface ManifestProblem {
  /** 1-based. Absent if the error concerns the whole file (missing, too large). */
  readonly line?: number;
  /** 1-based, in UTF-16 units. Present if `line` is. */
  readonly column?: number;
  /** As in `deployments.etl.appType`; empty if the error belongs to no key. */
  readonly path: string;
  readonly text: string;
  /** The line, without its line break. A ManifestError hides API keys in it, in `text` and in `path`. */
  readonly source?: string;
}

/** The number of errors to report; the others are counted. */
const shownProblems = 50;
/** Longer lines are truncated to the part around the column. */
const shownColumns = 100;

/** The manifest is invalid, and nothing was declared. `problems` and the message contain all errors. */
export class ManifestError extends PlatformError {
  override readonly name = "ManifestError";
  readonly problems: readonly ManifestProblem[];
  constructor(
    readonly file: string,
    problems: readonly ManifestProblem[],
    options?: { cause?: unknown },
  ) {
    super(file, options);
    this.problems = problems.map(withoutKeys);
    // Several lines, which are printable.
    this.message = report(file, this.problems);
  }
}

/** A key that somebody wrote into the manifest must not get into the log of a CI. */
function withoutKeys({ path, text, source, ...place }: ManifestProblem): ManifestProblem {
  const redacted = { ...place, path: redactKeys(path), text: redactKeys(text) };
  if (source === undefined) return redacted;
  // Of the same length, so that the column stays correct.
  return { ...redacted, source: redactKeys(source, (key) => "*".repeat(key.length)) };
}

function report(file: string, problems: readonly ManifestProblem[]): string {
  const shown = problems.slice(0, shownProblems).map((problem) => render(file, problem));
  const rest = problems.length - shown.length;
  if (rest > 0) shown.push(`${file}: and ${rest} more`);
  return shown.join("\n");
}

function render(file: string, { line, column, path, text, source }: ManifestProblem): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  const head = printable(path === "" ? `${place}: ${text}` : `${place} ${path}: ${text}`);
  if (source === undefined || column === undefined) return head;
  const from = Math.max(0, Math.min(column - 1 - shownColumns / 2, source.length - shownColumns));
  const part = printable(source.slice(from, from + shownColumns));
  return `${head}\n    ${part}\n    ${blanks(printable(source.slice(from, column - 1)))}^`;
}

const wide = /[\p{Emoji_Presentation}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\uff01-\uff60]/gu;

/** Blanks of the width of the text in a terminal: two columns for a wide character, none for a combining mark. */
function blanks(text: string): string {
  return text
    .replace(/\p{M}/gu, "")
    .replace(wide, "\u3000")
    .replace(/[^\u3000]/gu, " ");
}

/** Replaces control characters, which a terminal would execute, one by one, so that the caret stays in place. */
function printable(text: string): string {
  return text.replaceAll("\t", " ").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
