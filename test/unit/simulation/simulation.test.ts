import { expect } from "chai";
import { hostNames } from "../../simulation/history";
import { regressionSeeds } from "../../simulation/regressions";
import { historyOf, violationOf } from "../../simulation/run-seeds";
import { Coverage, Simulation } from "../../simulation/simulation";

const histories = { dynamic: 150, plugin: 40 } as const;

describe("the simulation", function () {
  this.timeout(180_000);

  for (const host of hostNames) {
    it(`holds every invariant in the first ${histories[host]} histories, and in those that once failed, on the ${host} host`, async () => {
      const coverage = new Coverage();
      const seeds = [...regressionSeeds[host], ...Array.from({ length: histories[host] }, (_, index) => index + 1)];
      const failed: string[] = [];
      for (const seed of seeds) {
        const violation = await violationOf(historyOf(seed, [host]), coverage);
        if (violation !== undefined) failed.push(`seed ${seed}: ${violation}`);
      }
      expect(failed).to.deep.equal([]);
      expect([...coverage.counts.keys()]).to.include.members(["end kill", "end cancel", "interference foreign"]);
    });
  }

  it("repeats a history exactly", async () => {
    const trace = () => new Simulation(historyOf(5), { coverage: new Coverage(), isTraced: true }).run();
    expect(await trace()).to.deep.equal(await trace());
  });
});
