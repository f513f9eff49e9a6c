import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { plain, terminalSvg } from "../../../scripts/picture/terminal-svg";
import { root } from "../../support/documents";

describe("the picture of a terminal", () => {
  it("has the text of each line with its color and weight", () => {
    const svg = terminalSvg("\x1b[1m\x1b[38;5;2m+ \x1b[0m<etl>\n\nnext\x1b[0m", { title: "up" });
    expect(svg.match(/<text .*/g)).to.deep.equal([
      '<text x="16" y="30"><tspan fill="#7ee787" font-weight="bold" textLength="15.7">+ </tspan><tspan textLength="39.1">&lt;etl&gt;</tspan></text>',
      '<text x="16" y="68"><tspan textLength="31.3">next</tspan></text>',
    ]);
    expect(svg).to.include('viewBox="0 0 87 89"');
  });

  it("takes the escape sequences out of plain text", () => {
    expect(plain("\x1b[38;5;13m\x1b[1mOutputs:\x1b[0m")).to.equal("Outputs:");
  });

  it("in the README shows a run that created both deployments", () => {
    const svg = readFileSync(join(root, "docs", "images", "pulumi-up.svg"), "utf8");
    const text = svg.replaceAll(/<[^>]+>/g, "").replaceAll("\u00a0", " ");
    for (const part of [
      "$ pulumi up",
      "etl",
      "dashboards",
      "database provisioning",
      "ready at https://",
      "3 created",
    ]) {
      expect(text).to.include(part);
    }
  });
});
