/** The colors of the CLI, on a dark terminal. */
const colors: Readonly<Record<string, string>> = {
  "1": "#ff7b72",
  "2": "#7ee787",
  "3": "#e3b341",
  "4": "#79c0ff",
  "5": "#d2a8ff",
  "13": "#d2a8ff",
};
const foreground = "#e6edf3";
const background = "#0d1117";
const cell = { width: 7.83, height: 19 };
const margin = 16;

interface Style {
  color?: string;
  bold?: boolean;
}

/** An SVG picture of a terminal's output, with the colors and the weight that its escape sequences set. */
export function terminalSvg(output: string, { title }: { title: string }): string {
  let style: Style = {};
  const columns = Math.max(...output.split("\n").map((line) => plain(line).length));
  const lines = output.split("\n").map((line, index) => {
    const spans = [...line.matchAll(escapeOrText)].flatMap(([, codes, text = ""]) => {
      if (codes !== undefined) style = next(style, codes.split(";"));
      return text === "" ? [] : [span(text, style)];
    });
    return `<text x="${margin}" y="${margin + (index + 1) * cell.height - 5}">${spans.join("")}</text>`;
  });
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = lines.length * cell.height + 2 * margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="${foreground}">`,
    ...lines.filter((line) => line.includes("<tspan")),
    "</g>",
    "</svg>\n",
  ].join("\n");
}

/** The text without its escape sequences. */
export function plain(output: string): string {
  return output.replaceAll(escapeOrText, "$2");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const escapeOrText = /\x1b\[([\d;]*)m|([^\x1b]+)/g;

function next(style: Style, [first = "0", mode, color]: readonly string[]): Style {
  if (first === "38" && mode === "5") {
    const known = colors[color ?? ""];
    return known === undefined ? style : { ...style, color: known };
  }
  return first === "1" ? { ...style, bold: true } : {};
}

function span(text: string, { color, bold }: Style): string {
  const attributes = [
    ...(color === undefined ? [] : [`fill="${color}"`]),
    ...(bold === true ? ['font-weight="bold"'] : []),
    // The same grid in every font.
    `textLength="${(text.length * cell.width).toFixed(1)}"`,
  ];
  // SVG removes other spaces at the start of a line.
  const spaced = escaped(text).replaceAll(" ", "\u00a0");
  return `<tspan ${attributes.join(" ")}>${spaced}</tspan>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
