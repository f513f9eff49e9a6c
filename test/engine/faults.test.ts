import { expect } from "chai";
import { hosts } from "../../scripts/engine/hosts";
import { scenarios } from "../faults/catalog";
import { explainFailures, matrixData, summary } from "../faults/report";
import { runTask, tasksOf } from "../faults/run-scenario";

describe("the fast part of the fault matrix (npm run faults runs all of it)", () => {
  const fast = scenarios.filter(({ isFast }) => isFast);
  for (const task of tasksOf(fast, hosts)) {
    it(`loses nothing and creates nothing twice: ${task.scenario.id}, with ${task.host.name}`, async () => {
      const results = await runTask(task);
      expect(results).to.have.length(task.scenario.cases.length);
      expect(explainFailures(results), summary(matrixData(results))).to.equal("");
    });
  }
});
