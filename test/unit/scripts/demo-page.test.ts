import { expect } from "chai";
import { Page, wrap } from "../../../scripts/demo/page";

/** The text that a page writes with that output and environment. */
function written(
  use: (page: Page) => void,
  { isTTY = false, columns, env = {} }: { isTTY?: boolean; columns?: number; env?: NodeJS.ProcessEnv } = {},
): string {
  let text = "";
  const write = (part: string) => {
    text += part;
  };
  use(new Page({ write, isTTY, ...(columns === undefined ? {} : { columns }) }, env));
  return text;
}

const widths = (text: string) => text.split("\n").map((line) => line.length);

describe("the demo's page", () => {
  const long = "this text is longer than one line of any terminal ".repeat(4).trim();

  it("fits 79 columns if the width is unknown, or if a terminal reports 0", () => {
    for (const options of [{}, { isTTY: true, columns: 0, env: { TERM: "dumb" } }]) {
      const text = written((page) => {
        page.heading("A step");
        page.text(long);
        page.table([["name", long]]);
      }, options);
      expect(Math.max(...widths(text))).to.equal(79);
    }
  });

  it("stays narrower than the terminal, and readable on a wide one", () => {
    expect(Math.max(...widths(written((page) => page.heading("A step"), { columns: 60 })))).to.equal(59);
    expect(Math.max(...widths(written((page) => page.heading("A step"), { columns: 250 })))).to.equal(99);
  });

  it("uses colors only if the terminal supports them and the user has not disabled them", () => {
    const heading = (page: Page) => page.heading("A step");
    expect(written(heading, { isTTY: true, env: { TERM: "xterm" } })).to.include("\x1b[1m");
    for (const options of [
      { isTTY: false, env: { TERM: "xterm" } },
      { isTTY: true, env: { TERM: "dumb" } },
      { isTTY: true, env: { TERM: "xterm", NO_COLOR: "1" } },
    ]) {
      expect(written(heading, options)).to.not.include("\x1b");
    }
  });

  it("marks the new lines of a file", () => {
    expect(written((page) => page.file("a.yaml", ["a:", "  b: 1", "  c: 2"], new Set([2])))).to.equal(
      "\n  a.yaml\n    a:\n      b: 1\n  +   c: 2\n",
    );
  });

  it("aligns a table", () => {
    expect(
      written((page) =>
        page.table([
          ["a", "1"],
          ["long", "2"],
        ]),
      ),
    ).to.equal("  a     1\n  long  2\n");
  });
});

describe("wrap", () => {
  it("breaks lines at spaces, and does not break a long word", () => {
    expect(wrap("one two three", 8)).to.deep.equal(["one two", "three"]);
    expect(wrap("a http://127.0.0.1:40000/api b", 10)).to.deep.equal(["a", "http://127.0.0.1:40000/api", "b"]);
    expect(wrap("", 10)).to.deep.equal([""]);
  });
});
