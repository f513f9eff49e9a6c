import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { parse } from "yaml";

export const root = resolve(__dirname, "..", "..");

/** Folders without committed files of this repository. */
const skipped = new Set(["node_modules", "dist", "try"]);

/** The paths of all Markdown files in the repository, sorted. */
export function documents(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      // Of the hidden folders, only those of CI systems are part of the repository.
      if (entry.isDirectory()) return skipped.has(entry.name) || isForeign(entry.name) ? [] : documents(path);
      return entry.name.endsWith(".md") ? [relative(root, path).replaceAll(sep, "/")] : [];
    })
    .sort();
}

function isForeign(name: string): boolean {
  return name.startsWith(".") && name !== ".github" && name !== ".gitlab";
}

export function readDocument(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The text without its code blocks, which contain no links or headings. Line numbers stay the same. */
export function withoutCode(markdown: string): string {
  let fence: string | undefined;
  return markdown
    .split(/\r?\n/)
    .map((line) => {
      const [, mark] = /^ *(`{3,}|~{3,})/.exec(line) ?? [];
      const isInside = fence !== undefined;
      if (mark !== undefined && fence === undefined) fence = mark;
      else if (mark?.startsWith(fence ?? " ")) fence = undefined;
      return isInside || mark !== undefined ? "" : line;
    })
    .join("\n");
}

/** The headings with their levels. */
export function headings(markdown: string): { level: number; text: string }[] {
  return [...withoutCode(markdown).matchAll(/^(#{1,6}) +(.+?) *#*$/gm)].map(([, marks = "", text = ""]) => ({
    level: marks.length,
    text,
  }));
}

/** The fragments of links to this text: the headings as GitHub names them, and explicit ids. */
export function anchors(markdown: string): Set<string> {
  const counts = new Map<string, number>();
  const ofHeadings = headings(markdown).map(({ text }) => {
    const slug = slugOf(text);
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  const ids = [...withoutCode(markdown).matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = ""]) => id);
  return new Set([...ofHeadings, ...ids]);
}

function slugOf(heading: string): string {
  const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return shown
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** The targets of links and images, with their lines. */
export function links(markdown: string): { target: string; line: number }[] {
  return withoutCode(markdown)
    .split("\n")
    .flatMap((text, index) => {
      const prose = text.replaceAll(/(`+)(?:(?!\1).)+\1/g, "");
      return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)|\b(?:src|srcset|href)="([^"]+)"|^\[[^\]]+\]: *(\S+)/g)].map(
        ([, inline, attribute, reference]) => ({ target: inline ?? attribute ?? reference ?? "", line: index + 1 }),
      );
    });
}

/** The YAML front matter; empty if there is none. */
export function frontMatter(markdown: string): Record<string, unknown> {
  const [, block = "{}"] = /^---\n([\s\S]*?)\n---\n/.exec(markdown) ?? [];
  return parse(block);
}

/** The text below a heading, up to the next one of the same or a higher level. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = markdown.split("\n");
  const prose = withoutCode(markdown).split("\n");
  const from = prose.indexOf(heading);
  if (from === -1) throw new Error(`there is no heading "${heading}"`);
  const level = heading.indexOf(" ");
  const ends = (line: string) => new RegExp(`^#{1,${level}} `).test(line);
  const length = prose.slice(from + 1).findIndex(ends);
  return lines.slice(from + 1, length === -1 ? undefined : from + 1 + length).join("\n");
}
