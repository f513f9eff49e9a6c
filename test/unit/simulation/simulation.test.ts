import { expect } from "chai";
import { mutations } from "../../simulation/mutations";
import { regressions } from "../../simulation/regressions";
import { historyOf, runSeeds, violationOf } from "../../simulation/run-seeds";
import { Coverage, Simulation } from "../../simulation/simulation";

describe("the simulation", function () {
  this.timeout(180_000);

  for (const [title, history] of Object.entries(regressions)) {
    it(`holds every invariant where ${title}`, async () => {
      expect(await violationOf(history, new Coverage())).to.equal(undefined);
    });
  }

  it("notices that a protection is turned off", async () => {
    const patches = mutations["id-in-init-error"]?.patches;
    const { failures } = await runSeeds({ first: 1, count: 200, stops: true, patches });
    expect(failures).to.have.length(1);
  });

  it("repeats a history exactly", async () => {
    const trace = () => new Simulation(historyOf(5), { coverage: new Coverage(), isTraced: true }).run();
    expect(await trace()).to.deep.equal(await trace());
  });
});
