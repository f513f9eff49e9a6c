/** A fenced code block in Markdown. */
export interface Snippet {
  /** The language after the fence, such as `ts`; can be empty. */
  readonly language: string;
  readonly code: string;
  /** The file that it shows, from `title="…"` after the language. */
  readonly title?: string;
  /** The number of its first line, from 1. */
  readonly line: number;
}

/** All fenced code blocks, in order. A block that is not closed ends with the text. */
export function readSnippets(markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open:
    | { fence: string; indent: number; line: number; code: string[]; language: string; title?: string }
    | undefined;
  const close = () => {
    if (open === undefined) return;
    const { language, title, line, code } = open;
    const text = code.map((each) => `${each}\n`).join("");
    snippets.push({ language, line, code: text, ...(title === undefined ? {} : { title }) });
    open = undefined;
  };
  markdown.split(/\r?\n/).forEach((text, index) => {
    const [, spaces = "", fence = "", info = ""] = /^( *)(`{3,}|~{3,}) *([^`]*)$/.exec(text) ?? [];
    if (open === undefined) {
      if (fence !== "") {
        const [language = ""] = info.trim().split(/\s+/);
        const [, title] = /\btitle="([^"]+)"/.exec(info) ?? [];
        open = { fence, indent: spaces.length, line: index + 2, code: [], language: language.toLowerCase() };
        if (title !== undefined) open.title = title;
      }
    } else if (fence.startsWith(open.fence) && info.trim() === "") {
      close();
    } else {
      // Blocks in a list are indented.
      open.code.push(text.slice(Math.min(open.indent, text.search(/\S|$/))));
    }
  });
  close();
  return snippets;
}
