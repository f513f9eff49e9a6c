import { PlatformError } from "../../provider/api/errors";

/** One mistake in a manifest, and where it is. */
export interface ManifestProblem {
  /** 1-based, as editors count; absent where the mistake is the file itself (missing, too large). */
  readonly line?: number;
  /** 1-based, in UTF-16 units, as editors count. Present whenever `line` is. */
  readonly column?: number;
  /** As in `deployments.etl.appType`; empty where the mistake belongs to no key. */
  readonly path: string;
  readonly text: string;
  /** The offending line as written, without its line end. */
  readonly source?: string;
}

/** More than this many are counted, not shown: the first ones explain the rest. */
const shownProblems = 50;
/** Longer lines are cut to the part around the column. */
const shownColumns = 100;

/** The manifest cannot be used. Nothing was declared from it; `problems` and the message hold every mistake found. */
export class ManifestError extends PlatformError {
  override readonly name = "ManifestError";
  constructor(
    readonly file: string,
    readonly problems: readonly ManifestProblem[],
    options?: { cause?: unknown },
  ) {
    super(file, options);
    // Several lines, all of them printable.
    this.message = report(file, problems);
  }
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

/** As wide as the text is in a terminal: two columns for what is two wide, none for marks that combine. */
function blanks(text: string): string {
  return text
    .replace(/\p{M}/gu, "")
    .replace(wide, "\u3000")
    .replace(/[^\u3000]/gu, " ");
}

/** A file may hold anything; what a terminal would obey instead of show is replaced, one for one, so that carets stay true. */
function printable(text: string): string {
  return text.replaceAll("\t", " ").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}
