export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Writes the demo's own text between the commands: within the terminal's width, and with colors if the terminal supports them. */
export class Page {
  readonly #isColored: boolean;

  constructor(
    private readonly output: Output,
    env: NodeJS.ProcessEnv,
  ) {
    this.#isColored = output.isTTY === true && env["TERM"] !== "dumb" && !env["NO_COLOR"];
  }

  heading(text: string): void {
    const line = `== ${text} `.padEnd(this.#width, "=");
    this.output.write(`\n${this.#styled(line, "1")}\n`);
  }

  text(text: string): void {
    this.output.write(`${wrap(text, this.#width).join("\n")}\n`);
  }

  /** A command as a user types it. */
  command(text: string): void {
    this.output.write(`\n${this.#styled(`$ ${text}`, "1")}\n`);
  }

  /** Lines of a file. Those in `added` are marked as new. */
  file(name: string, lines: readonly string[], added: ReadonlySet<number> = new Set()): void {
    this.output.write(`\n  ${name}\n`);
    for (const [index, line] of lines.entries()) {
      const isNew = added.has(index);
      const text = `${isNew ? "+" : " "} ${line}`.trimEnd();
      this.output.write(`  ${isNew ? this.#styled(text, "32") : text}\n`);
    }
  }

  /** A table with two columns; the second one is wrapped. */
  table(rows: readonly (readonly [string, string])[]): void {
    const first = Math.max(...rows.map(([name]) => name.length)) + 4;
    for (const [name, text] of rows) {
      const [head = "", ...rest] = wrap(text, Math.max(20, this.#width - first));
      this.output.write(`${`  ${name}`.padEnd(first)}${head}\n`);
      for (const line of rest) this.output.write(`${" ".repeat(first)}${line}\n`);
    }
  }

  get #width(): number {
    // A terminal of unknown width reports 0.
    return Math.max(40, Math.min(this.output.columns || 80, 100) - 1);
  }

  #styled(text: string, code: string): string {
    return this.#isColored ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

/** Breaks lines at spaces; a word that is longer than a line is not broken. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
