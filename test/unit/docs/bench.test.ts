import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { svgChart } from "../../../bench/report";
import type { Row } from "../../../bench/row";
import { repositoryRoot } from "../../support/engine";

const read = (name: string) => readFileSync(join(repositoryRoot, "docs", name), "utf8");

describe("docs/bench.svg", () => {
  it("shows the rows of docs/bench.json", () => {
    // Both are written by `npm run bench`.
    const { rows } = JSON.parse(read("bench.json")) as { rows: Row[] };
    expect(rows.map(({ id }) => id)).to.include.members(["yaml-one", "rate-limit", "checkpoints-plugin"]);
    expect(read("bench.svg")).to.equal(svgChart(rows));
  });
});
