import { isMet, type Row } from "./row";

/** The rows as a table for the terminal. */
export function textTable(rows: readonly Row[]): string {
  return rows
    .map((row) => {
      const lines = [
        `${isMet(row) ? "met   " : "MISSED"}  ${row.what}`,
        `          measured: ${row.measured}`,
        `          goal:     ${row.goal}`,
      ];
      return [...lines, ...(row.peer === "" ? [] : [`          compared: ${row.peer}`])].join("\n");
    })
    .join("\n\n");
}

const width = 940;
const labelWidth = 560;
const rowHeight = 34;
const scaleTo = 1.5;
const colors = { met: "#2f7d4f", missed: "#b3452c" };

/** The rows as a chart: each figure as a part of its goal, which is the line. */
export function svgChart(rows: readonly Row[]): string {
  const height = 70 + rows.length * rowHeight;
  const barWidth = width - labelWidth - 40;
  const goalX = labelWidth + barWidth / scaleTo;
  const bars = rows.map((row, index) => {
    const y = 56 + index * rowHeight;
    const part = row.ratio / row.goalRatio;
    const length = Math.max(2, (Math.min(part, scaleTo) / scaleTo) * barWidth);
    const color = isMet(row) ? colors.met : colors.missed;
    const label = row.what.length > 80 ? `${row.what.slice(0, 79)}…` : row.what;
    return [
      `<text class="label" x="${labelWidth - 10}" y="${y + 15}" text-anchor="end">${escapeXml(label)}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="20" rx="3" fill="${color}"/>`,
      `<text class="value" x="${labelWidth + 6}" y="${y + 14}">${Math.round(part * 100)} %</text>`,
      `<title>${escapeXml(`${row.what}: ${row.measured}; goal: ${row.goal}`)}</title>`,
    ].join("");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">What each figure takes of what its goal allows</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.value { fill: #fff; font-weight: 600; paint-order: stroke; stroke: #24292f55; stroke-width: 2px }
.head { font-size: 15px; font-weight: 600 }
.ground { fill: #fff }
.goal { stroke: #24292f; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 }
  text { fill: #e6edf3 }
  .goal { stroke: #e6edf3 }
}
</style>
<rect class="ground" width="${width}" height="${height}"/>
<text class="head" x="16" y="26">npm run bench: what each figure takes of what its goal allows (shorter is better)</text>
<text x="${goalX}" y="46" text-anchor="middle">goal</text>
${bars.map((bar) => `<g>${bar}</g>`).join("\n")}
<line class="goal" x1="${goalX}" y1="50" x2="${goalX}" y2="${height - 10}"/>
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
