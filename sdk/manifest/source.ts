import { LineCounter } from "yaml";
import { ManifestError, type ManifestProblem } from "./errors";
import type { ManifestSource } from "./load";

export type Path = readonly (string | number)[];

/** Collects the errors of one manifest, with their offsets, to report them at once in the order of the file. */
export class ProblemList {
  readonly lineCounter = new LineCounter();
  private readonly found = new Map<string, { offset: number; path: Path; text: string }>();

  constructor(private readonly source: ManifestSource) {}

  /** The same text at the same offset counts once, because the content of an anchor is checked for each of its aliases. */
  add(offset: number, path: Path, text: string): void {
    const key = `${offset} ${text}`;
    if (!this.found.has(key)) this.found.set(key, { offset, path, text });
  }

  get size(): number {
    return this.found.size;
  }

  /** The 1-based line of an offset. */
  lineOf(offset: number): number {
    return this.lineCounter.linePos(offset).line;
  }

  /** Throws ManifestError if there is any problem. */
  throwIfAny(): void {
    if (this.found.size === 0) return;
    const lines = this.source.text.split("\n");
    const problems = [...this.found.values()]
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, path, text }): ManifestProblem => {
        const { line, col } = this.lineCounter.linePos(offset);
        const source = lines[line - 1]?.replace(/\r$/, "");
        const place = { line: Math.max(1, line), column: Math.max(1, col), path: pathText(path), text };
        return source === undefined || source.trim() === "" ? place : { ...place, source };
      });
    throw new ManifestError(this.source.file, problems);
  }
}

/** As in `deployments.etl.dependsOn[0]` or `deployments["my etl"].appType`. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[\p{L}\p{N}_-]+$/u.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}
