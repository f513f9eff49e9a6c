import { expect } from "chai";
import { hostNames } from "../../simulation/history";
import { mutations } from "../../simulation/mutations";
import { regressions } from "../../simulation/regressions";
import { historyOf, runSeeds, violationOf } from "../../simulation/run-seeds";
import { Coverage, Simulation } from "../../simulation/simulation";

const histories = 200;

describe("the simulation", function () {
  this.timeout(180_000);

  for (const host of hostNames) {
    it(`holds every invariant in the first ${histories} histories of the ${host} host`, async () => {
      const { failures, counts } = await runSeeds({ first: 1, count: histories, hosts: [host], stops: false });
      expect(failures).to.deep.equal([]);
      expect(counts.map(([what]) => what)).to.include.members(["end kill", "end cancel", "interference foreign"]);
    });
  }

  for (const [title, history] of Object.entries(regressions)) {
    it(`holds every invariant where ${title}`, async () => {
      expect(await violationOf(history, new Coverage())).to.equal(undefined);
    });
  }

  it("notices that a protection is turned off", async () => {
    const patches = mutations["same-name-again"]?.patches;
    const { failures } = await runSeeds({ first: 1, count: 200, stops: true, patches });
    expect(failures).to.have.length(1);
  });

  it("repeats a history exactly", async () => {
    const trace = () => new Simulation(historyOf(5), { coverage: new Coverage(), isTraced: true }).run();
    expect(await trace()).to.deep.equal(await trace());
  });
});
