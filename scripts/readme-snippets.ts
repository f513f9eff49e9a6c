/** A fenced block of code in a Markdown text. */
export interface Snippet {
  /** What stands after the fence, such as `ts`; empty where nothing does. */
  readonly language: string;
  readonly code: string;
  /** Of the first line of the code, 1-based. */
  readonly line: number;
}

/** All fenced blocks of a Markdown text, in its order. One that is not closed goes on to the end. */
export function readSnippets(markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { fence: string; indent: number; language: string; line: number; code: string[] } | undefined;
  const close = () => {
    if (open === undefined) return;
    const { language, line, code } = open;
    snippets.push({ language, line, code: code.map((text) => `${text}\n`).join("") });
    open = undefined;
  };
  markdown.split(/\r?\n/).forEach((text, index) => {
    const [, spaces = "", fence = "", info = ""] = /^( *)(`{3,}|~{3,}) *([^`]*)$/.exec(text) ?? [];
    if (open === undefined) {
      if (fence !== "") {
        const [language = ""] = info.trim().split(/\s+/);
        open = { fence, indent: spaces.length, language: language.toLowerCase(), line: index + 2, code: [] };
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
