import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { hosts as doors } from "../../../scripts/engine/hosts";
import { scenes } from "../../faults/catalog/index";
import { newVerdict } from "../../faults/judge";
import { matrixPage } from "../../faults/pages";
import { tasksOf } from "../../faults/run-matrix";
import { placeCases } from "../../faults/run-scene";
import { repositoryRoot } from "../../support/engine";

/** What a run in which nothing fails comes to. */
const allGood = tasksOf(scenes, doors).flatMap(({ scene, door }) =>
  placeCases(scene, door)
    .filter(({ isBystander }) => !isBystander)
    .map((each) => ({ scene, case: each, door, verdict: newVerdict() })),
);

describe("the fault matrix", () => {
  it("has scenes of different ids", () => {
    const ids = scenes.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).to.deep.equal([]);
  });

  it("is shown by docs/fault-matrix.md as it is, without a case that fails", () => {
    // Written by `npm run faults`, which has to be run again after the catalogue was changed.
    expect(readFileSync(join(repositoryRoot, "docs", "fault-matrix.md"), "utf8")).to.equal(matrixPage(allGood));
  });
});
