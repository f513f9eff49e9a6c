import { expect } from "chai";
import { hosts } from "../../../scripts/engine/hosts";
import { scenarios } from "../../faults/catalog";
import { Findings } from "../../faults/checks";
import { matrixData, pageWith } from "../../faults/report";
import { tasksOf } from "../../faults/run-scenario";
import { placeCases } from "../../faults/scenario";
import { readDocument } from "../../support/documents";

/** The data of a run in which every case passes. */
const expected = matrixData(
  tasksOf(scenarios, hosts).flatMap(({ scenario, host }) =>
    placeCases(scenario).map((each) => ({ scenario, host, case: each, findings: new Findings() })),
  ),
);

describe("the fault matrix", () => {
  it("has scenarios with different ids, and at most 150 cases", () => {
    expect(new Set(scenarios.map(({ id }) => id)).size).to.equal(scenarios.length);
    expect(expected.cases).to.be.at.most(150);
  });

  it("is shown by docs/fault-matrix.json without a case that fails (if not, run `npm run faults`)", () => {
    expect(JSON.parse(readDocument("docs/fault-matrix.json"))).to.deep.equal(expected);
  });

  it("has a page with the results of its data", () => {
    const page = readDocument("docs/fault-matrix.md");
    expect(page).to.equal(pageWith(page, expected));
  });
});
