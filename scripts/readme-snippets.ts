/** A fenced block of code in a Markdown text. */
export interface Snippet {
  /** What stands after the fence, such as `ts`; empty where nothing does. */
  readonly language: string;
  readonly code: string;
  /** The file that it is to be written to, from `title="…"` after the language. */
  readonly title?: string;
  /** Of the first line of the code, 1-based. */
  readonly line: number;
}

/** All fenced blocks of a Markdown text, in its order. One that is not closed goes on to the end. */
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
      // Blocks in a list are indented as a whole.
      open.code.push(text.slice(Math.min(open.indent, text.search(/\S|$/))));
    }
  });
  close();
  return snippets;
}
